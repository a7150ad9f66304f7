"""The mouth: claim a batch, look a last time, speak, write down what was answered. Nothing is open while others talk.

A message is marked as in flight before it leaves. If its worker dies, a sender that takes the same key once gets it
again with the same key; with any other, and for offers, it is of unknown fate and stays so until a receipt comes.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from members.models import Purpose
from members.services.arrays import numbers, texts
from stores.connectors import Outgoing, Receipt, SendFailed, connect
from stores.models import Sender
from stores.services import senders

from ..models import Batch, Campaign, Delivery
from ..rules import content, links, outcomes
from ..rules.exclusions import Limits, Reason
from ..rules.outcomes import Fate, Outcome
from . import campaigns, leases, preparing
from .leases import Held, LeaseLost
from .preparing import Row
from .speaking import Heard, Mouth, Saying

log = structlog.get_logger(__name__)
Status = Delivery.Status
Clock = Callable[[], datetime]

GROUP = 250  # messages that are marked, said and written down together
LEAST = 10
TROUBLE = timedelta(seconds=30)  # a sender that cannot be opened is tried again after this

SLOT = """
    UPDATE stores_sender SET free_at = GREATEST(COALESCE(free_at, clock_timestamp()), clock_timestamp())
        + %(count)s::float8 / %(rate)s * interval '1 second'
    WHERE id = %(sender)s
    RETURNING EXTRACT(EPOCH FROM free_at - clock_timestamp()) - %(count)s::float8 / %(rate)s
"""
WRITE = """
    UPDATE campaigns_delivery d SET status = g.status, reason = g.reason, provider_id = g.reference,
        problem = g.problem, sent_at = g.at, attempts = d.attempts - g.untried
    FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::int[])
        AS g (id, status, reason, reference, problem, at, untried)
    WHERE d.id = g.id AND d.status IN (2, 6)
    RETURNING d.status
"""
WRITTEN = {
    Fate.SENT: Status.SENT, Fate.FAILED: Status.FAILED, Fate.UNKNOWN: Status.UNKNOWN, Fate.AGAIN: Status.PENDING,
    Fate.SAME_AGAIN: Status.IN_FLIGHT,
}  # fmt: skip


def work(
    *, clock: Clock, worker: str = "", seconds: float = 20, lease: float = leases.SECONDS, group: int = GROUP
) -> int:
    """Work off batches for about so many seconds, or until none is left; how many deliveries were looked at.

    Called outside of any transaction. ``clock`` gives the time of the moment whenever it is asked.
    """
    worker = f"{worker or os.uname().nodename}:{os.getpid()}:{secrets.token_hex(3)}"[-60:]
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        held = leases.claim(worker=worker, now=clock(), seconds=lease)
        if held is None:
            break
        done += _work_off(held, clock=clock, group=group)
    close_finished(now=clock())
    return done


def _work_off(held: Held, *, clock: Clock, group: int) -> int:
    """Everything in one lease; a failure of ours puts the batch back and is told in the log."""
    try:
        if held.campaign.status == Campaign.Status.CANCELLED:
            return _drop(held, now=clock())
        if not _may_repeat(held.campaign):
            _give_up_in_flight(held)
        return _converse(held, clock=clock, group=group)
    except LeaseLost:
        log.warning("lease_lost", campaign=held.campaign.number, batches=held.ids[:3])
    except SendFailed as failure:  # the line does not open: the account is wrong
        _rest(held, str(failure), now=clock())
    except senders.SenderProblem as problem:
        _rest(held, str(problem), now=clock())
    except Exception:
        log.exception("batch_failed", campaign=held.campaign.number, batches=held.ids[:3])
        with transaction.atomic(durable=True):
            leases.release(held, not_before=leases.after_trouble(held, clock()))
    return 0


def _converse(held: Held, *, clock: Clock, group: int) -> int:
    """Groups of messages until the lease holds nothing more, or the other side wants a rest."""
    sender = held.campaign.launched_sender
    connector = connect(sender.kind, senders.account_of(sender))
    most = size = max(1, min(group, sender.rate))
    looked = 0
    with Mouth(connector, errors_in_row=sender.errors_in_row, clock=clock) as mouth:
        while True:
            prepared = preparing.prepare(held, most=size, is_local=connector.is_local, now=clock())
            if prepared is None:
                return looked
            looked += prepared.looked
            if not prepared.ready:
                continue
            sayings = _sayings(held.campaign, prepared, connector.is_local)
            delay = _slot(sender, len(sayings))
            heard, left = mouth.say(sayings, rate=sender.rate, delay=delay)
            if not _write(held, prepared, heard, left, mouth, now=clock()):
                return looked
            size = max(len(heard), LEAST) if left else min(size * 2, most)


def _may_repeat(campaign: Campaign) -> bool:
    """Whether a message of unknown fate is said again: the other side knows its key, or it is no offer."""
    return campaign.launched_sender.is_idempotent or campaign.purpose != Purpose.MARKETING


def _slot(sender: Sender, count: int) -> float:
    """Book the next free moment for so many messages among all workers; seconds until then."""
    with connection.cursor() as cursor:
        given = {"count": count, "rate": max(sender.rate, 1), "sender": sender.pk}
        row = cursor.execute(SLOT, given).fetchone()
    return max(float(row[0]), 0.0) if row else 0.0


# --- what is said --------------------------------------------------------------------------------------
def _sayings(campaign: Campaign, prepared: preparing.Prepared, is_local: bool) -> list[Saying]:
    limits = preparing.limits_of(campaign, is_local=is_local)
    return [
        Saying(row.id, outgoing(campaign, row, prepared.codes.get(row.id, "")), partial(_is_quiet, limits, row))
        for row in prepared.ready
    ]


def _is_quiet(limits: Limits, row: Row, at: datetime) -> bool:
    return limits.quiet.holds(at, row.local_zone)


def outgoing(campaign: Campaign, row: Row, code: str) -> Outgoing:
    """The message to one member, in their language, with their facts."""
    language = content.language_of(row.language or "", text=campaign.text, text_en=campaign.text_en)
    is_english = language == "en"
    is_marketing = campaign.purpose == Purpose.MARKETING
    text = content.complete(campaign.text_en if is_english else campaign.text, language, is_marketing=is_marketing)
    unsubscribe = link_of(row.id, links.UNSUBSCRIBE)
    template = campaign.coupon_template
    facts = {
        "name": row.name or "",
        "store": (is_english and row.store_en) or row.store or "",
        "coupon": ((is_english and template.name_en) or template.name) if template else "",
        "code": code,
        "points": str(row.points),
        "link": link_of(row.id, links.OPEN) if "{link}" in text else "",
        "unsubscribe": unsubscribe,
        "feedback": link_of(row.id, links.FEEDBACK) if "{feedback}" in text else "",
    }
    brand = campaign.brand
    subject = (campaign.subject_en if is_english else campaign.subject) or (is_english and brand.name_en) or brand.name
    return Outgoing(
        address=row.address or "", text=content.render(text, facts, language), key=key_of(row.id),
        subject=content.render(subject, facts, language), unsubscribe=unsubscribe if is_marketing else "",
    )  # fmt: skip


def link_of(delivery_id: int, purpose: str) -> str:
    """The whole address of a delivery's link."""
    return f"{settings.SITE_URL}{links.PATHS[purpose]}{links.token(delivery_id, purpose, settings.LINK_KEY)}"


def key_of(delivery_id: int) -> str:
    """Under which the other side is asked to take the message, once."""
    return f"d{delivery_id}"


# --- what was answered ---------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def _write(
    held: Held, prepared: preparing.Prepared, heard: list[Heard], left: list[int], mouth: Mouth, *, now: datetime
) -> bool:  # fmt: skip
    """Write the answers down in one statement; whether this lease goes on."""
    by_id = {row.id: row for row in prepared.ready}
    repeat = _may_repeat(held.campaign)
    judged = [(by_id[each.id], each, _judge(each, by_id[each.id], repeat)) for each in heard]
    not_begun = [by_id[pk] for pk in left if not by_id[pk].is_again]  # those stay as they were found
    sent = _flush(judged)
    _put_back(not_begun)
    lost = [row for row, _heard, outcome in judged if outcome.fate in (Fate.FAILED, Fate.AGAIN)]
    preparing.free(
        held.campaign,
        [((row.taken_at if row.is_again else None) or prepared.at, row.member_id) for row in lost + not_begun],
    )
    _defer_tries(held, judged, mouth.mood.wait, now)
    rest = _note_sender(held.campaign.launched_sender, heard, mouth, now)
    if rest:
        leases.release(held, not_before=rest)
    _watch(held.campaign, judged, now)
    if sent:  # last, since workers of one campaign share this row
        Campaign.objects.filter(pk=held.campaign.pk).update(sent=F("sent") + sent)
    return rest is None


def _judge(heard: Heard, row: Row, repeat: bool) -> Outcome:
    if isinstance(heard.answer, Receipt):
        return Outcome(Fate.SENT)
    failure = heard.answer
    return outcomes.fate_of_failure(
        permanent=failure.permanent, is_unknown=failure.is_unknown, is_garbled=failure.is_garbled, may_repeat=repeat,
        tries=row.attempts + (0 if failure.wait else 1),
    )  # fmt: skip


def _flush(judged: list[tuple[Row, Heard, Outcome]]) -> int:
    """Write the states; how many are sent by it."""
    if not judged:
        return 0
    columns: list[list] = [[], [], [], [], [], [], []]
    for row, heard, outcome in judged:
        answer = heard.answer
        is_sent = isinstance(answer, Receipt)
        values = (
            row.id, WRITTEN[outcome.fate].value, outcome.reason.value if outcome.reason else "",
            answer.reference if isinstance(answer, Receipt) else "", "" if is_sent else str(answer)[:120],
            heard.at if is_sent else None, int(isinstance(answer, SendFailed) and bool(answer.wait)),
        )  # fmt: skip
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    ids, states, reasons, references, problems, times, untried = columns
    with connection.cursor() as cursor:
        written = cursor.execute(
            WRITE,
            [numbers(ids), numbers(states), texts(reasons), texts(references), texts(problems), texts(times),
             numbers(untried)],
        )  # fmt: skip
        return sum(status == Status.SENT for (status,) in written)


def _put_back(rows: list[Row]) -> None:
    """They were marked and not begun: as if nobody had looked at them."""
    if rows:
        Delivery.objects.filter(pk__in=[row.id for row in rows], status=Status.IN_FLIGHT).update(
            status=Status.PENDING, attempts=F("attempts") - 1
        )


def _defer_tries(held: Held, judged: list[tuple[Row, Heard, Outcome]], wait: float, now: datetime) -> None:
    """Those that are tried again wait in a batch of their own, by how often they were tried."""
    waits: dict[datetime, list[int]] = {}
    for row, _heard, outcome in judged:
        if outcome.fate in (Fate.AGAIN, Fate.SAME_AGAIN):
            pause = max(outcomes.pause_before_try(row.attempts + 1), timedelta(seconds=wait))
            waits.setdefault(now + pause, []).append(row.id)
    for moment, ids in waits.items():
        leases.defer(held, ids, not_before=moment)


def _note_sender(sender: Sender, heard: list[Heard], mouth: Mouth, now: datetime) -> datetime | None:
    """Remember how the other side does; until when nobody should speak to it, if so."""
    mood = mouth.mood
    failures = [each.answer for each in heard if isinstance(each.answer, SendFailed)]
    rest = None
    if mood.wait:
        rest = now + timedelta(seconds=mood.wait)
    elif not mood.is_open:
        rest = now + outcomes.REST
    changes: dict = {"errors_in_row": mood.errors_in_row}
    if failures:
        changes["last_error"] = str(failures[-1])[:200]
    if len(failures) < len(heard):
        changes["last_success_at"] = now
    if rest:
        changes["closed_until"] = rest
    if failures or rest or sender.errors_in_row or not _is_recent(sender.last_success_at, now):
        Sender.objects.filter(pk=sender.pk).update(**changes)
        sender.errors_in_row, sender.last_success_at = mood.errors_in_row, changes.get("last_success_at")
    return rest


def _is_recent(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now - moment < timedelta(seconds=10)


def _watch(campaign: Campaign, judged: list[tuple[Row, Heard, Outcome]], now: datetime) -> None:
    """Pause the campaign by itself when too much goes wrong. The window lets go of its older half when it is full."""
    waits = sum(isinstance(heard.answer, SendFailed) and bool(heard.answer.wait) for _row, heard, _outcome in judged)
    sends = len(judged) - waits
    errors = sum(outcome.fate != Fate.SENT for _row, _heard, outcome in judged) - waits
    if not sends:
        return
    campaign.recent_sends += sends
    campaign.recent_errors += errors
    if outcomes.is_too_bad(campaign.recent_sends, campaign.recent_errors):
        reason = _("More than a fifth of the last messages went wrong.")
        campaigns.pause_inner(campaign, by=None, now=now, reason=reason)
    if campaign.recent_sends >= outcomes.WINDOW:
        campaign.recent_sends, campaign.recent_errors = campaign.recent_sends // 2, campaign.recent_errors // 2
    if errors or campaign.recent_errors:
        Campaign.objects.filter(pk=campaign.pk).update(
            recent_sends=campaign.recent_sends, recent_errors=campaign.recent_errors
        )


# --- ends ----------------------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def _rest(held: Held, problem: str, *, now: datetime) -> None:
    """The sender cannot be used: nobody tries for a while, and its page says why."""
    Sender.objects.filter(pk=held.campaign.launched_sender.pk).update(
        closed_until=now + TROUBLE, last_error=problem[:200], errors_in_row=F("errors_in_row") + 1
    )
    leases.release(held, not_before=now + TROUBLE)


@transaction.atomic(durable=True)
def _give_up_in_flight(held: Held) -> None:
    """What a dead worker had in flight is of unknown fate, and is not sent a second time."""
    leases.renew(held)
    _of(held).filter(status=Status.IN_FLIGHT).update(status=Status.UNKNOWN, reason=Reason.INTERRUPTED)


@transaction.atomic(durable=True)
def _drop(held: Held, *, now: datetime) -> int:
    """The campaign was stopped: what waits is not sent, what was in flight is of unknown fate."""
    leases.renew(held)
    _of(held).filter(status=Status.IN_FLIGHT).update(status=Status.UNKNOWN, reason=Reason.INTERRUPTED)
    dropped = _of(held).filter(status=Status.PENDING).update(status=Status.SUPPRESSED, reason=Reason.CANCELLED)
    leases.finish(held, now=now)
    return dropped


def _of(held: Held) -> QuerySet[Delivery]:
    return Delivery.objects.filter(campaign=held.campaign, step=held.step, batch_no__in=held.numbers)


@transaction.atomic(durable=True)
def close_finished(*, now: datetime) -> int:
    """Finish the campaigns that have said everything; how many. Those with an end run until then."""
    running = Campaign.objects.filter(status=Campaign.Status.RUNNING).exclude(
        kind=Campaign.Kind.TRIGGERED, ends_at=None
    )
    done = running.filter(Q(fanned_out_at__isnull=False) | Q(kind=Campaign.Kind.TRIGGERED)).filter(
        Q(ends_at=None) | Q(ends_at__lte=now)
    )
    open_batches = Batch.objects.exclude(status=Batch.Status.DONE).values("campaign")
    return done.exclude(pk__in=open_batches).update(status=Campaign.Status.FINISHED, finished_at=now, updated_at=now)
