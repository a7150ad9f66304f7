"""A campaign's life: written, launched, paused, resumed, stopped. Every step is a compare-and-set on its status."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Member, Purpose
from segments.models import AudienceSnapshot
from segments.queries.audiences import TooSlow
from segments.rules.tree import RuleError
from segments.services import snapshots
from stores.models import Staff
from stores.services import log, senders

from ..models import Campaign
from ..rules import content

Kind, Status = Campaign.Kind, Campaign.Status
TRIGGERS = ("member.joined", "coupon.redeemed", "tier.changed")
FIELDS = frozenset({
    "name", "kind", "brand", "store", "template", "template_version", "trigger", "segment", "snapshot", "sender",
    "purpose", "subject", "subject_en", "text", "text_en", "link", "coupon_template", "starts_at", "ends_at",
    "quiet_from", "quiet_until", "drop_stale_after", "cap_count", "cap_days", "window_days", "budget",
})  # fmt: skip
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class CampaignProblem(Exception):
    """The campaign cannot be as wished. The text may be shown."""


class CannotLaunch(CampaignProblem):
    """Something is missing, wrong, or it was launched already. The text may be shown."""


@transaction.atomic(durable=True)
def save_draft(campaign: Campaign | None, *, by: Staff | None, now: datetime, **fields: Any) -> Campaign:
    """Make a draft, or change one. Raises CampaignProblem when it is no draft any more or a text cannot be sent."""
    return save_draft_inner(campaign, by=by, now=now, **fields)


def save_draft_inner(campaign: Campaign | None, *, by: Staff | None, now: datetime, **fields: Any) -> Campaign:
    """The same inside a transaction."""
    if strange := set(fields) - FIELDS:
        raise TypeError(f"unknown fields: {sorted(strange)}")
    _check_texts(fields)
    if campaign is None:
        number = f"C{now:%y%m%d}-" + "".join(secrets.choice(ALPHABET) for _ in range(5))
        made = Campaign.objects.create(number=number, created_by=by, created_at=now, updated_at=now, **fields)
        log.record("campaign.created", made, by=by, now=now, store_id=made.store_id)
        return made
    held = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if held.status != Status.DRAFT:
        raise CampaignProblem(_("This campaign was launched and can no longer be changed. Copy it instead."))
    before = {name: str(getattr(held, name)) for name in fields}
    for name, value in fields.items():
        setattr(held, name, value)
    held.updated_at = now
    held.save(update_fields=[*fields, "updated_at"])
    after = {name: str(getattr(held, name)) for name in fields}
    changed = [name for name in fields if before[name] != after[name]]
    log.record(
        "campaign.edited", held, by=by, now=now, store_id=held.store_id,
        before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
    )  # fmt: skip
    return held


@transaction.atomic(durable=True)
def launch(campaign: Campaign, *, by: Staff | None, now: datetime, undo: timedelta = timedelta()) -> Campaign:
    """Send it on its way, once: of two who press at the same moment one is told. Raises CannotLaunch.

    It begins no sooner than ``undo`` from now, so that whoever pressed may take it back (``recalls.take_back``).
    """
    return launch_inner(campaign, by=by, now=now, undo=undo)


def launch_inner(campaign: Campaign, *, by: Staff | None, now: datetime, undo: timedelta = timedelta()) -> Campaign:
    """The same inside a transaction: locks the audience, and from then on the table says when it begins."""
    if not _take(campaign):
        raise CannotLaunch(_("This campaign is launched already."))
    held = Campaign.objects.select_related("sender", "segment", "coupon_template").get(pk=campaign.pk)
    if problems := problems_of(held, now=now, undo=undo):
        raise CannotLaunch(" ".join(problems))
    if held.kind == Kind.TRIGGERED:
        held.status = Status.RUNNING
    elif held.snapshot_id is None:
        held.snapshot = _locked_audience(held, by=by, now=now)
    held.starts_at = max(held.starts_at or now, now + undo)
    held.launched_by, held.launched_at, held.updated_at = by, now, now
    held.save(update_fields=["status", "snapshot", "starts_at", "launched_by", "launched_at", "updated_at"])
    after = {"status": held.status, "starts_at": held.starts_at.isoformat()}
    log.record("campaign.launched", held, by=by, now=now, store_id=held.store_id, after=after)
    return held


def _take(campaign: Campaign) -> bool:
    """Whether this hand is the one that launches it: the others find no draft any more."""
    return bool(Campaign.objects.filter(pk=campaign.pk, status=Status.DRAFT).update(status=Status.SCHEDULED))


def problems_of(campaign: Campaign, *, now: datetime, undo: timedelta = timedelta()) -> list[str]:
    """What stands in the way of launching, in sentences; empty when nothing does."""
    found = []
    if campaign.sender is None or not campaign.sender.is_active:
        found.append(_("Choose an active sender."))
    if not campaign.text and not campaign.text_en:
        found.append(_("Write a message."))
    try:
        used = content.check(campaign.text) | content.check(campaign.text_en)
    except content.ContentProblem as problem:
        used = set()
        found.append(str(problem))
    if used & {"coupon", "code"} and campaign.coupon_template is None:
        found.append(_("The message names a coupon, but none is chosen."))
    if campaign.coupon_template is not None and not campaign.coupon_template.is_live:
        found.append(_("The coupon is not given out any more. Choose another."))
    if campaign.starts_at is not None and campaign.starts_at < now:
        found.append(_("The start lies in the past. Choose a later time, or leave it empty to send now."))
    if campaign.ends_at is not None and campaign.ends_at <= max(campaign.starts_at or now, now + undo):
        found.append(_("The end lies before the start or in the past. Choose a later end."))
    if campaign.kind == Kind.TRIGGERED:
        if campaign.trigger not in TRIGGERS:
            found.append(_("Choose the event that starts it."))
    elif campaign.segment is None and campaign.snapshot is None:
        found.append(_("Choose an audience."))
    return found


def _locked_audience(campaign: Campaign, *, by: Staff | None, now: datetime) -> AudienceSnapshot:
    """The audience as it is now, for planning, sending and review alike. Raises CannotLaunch."""
    try:
        snapshot = snapshots.make_snapshot(segment=campaign.segment, name=campaign.name, by=by, now=now)
    except (RuleError, TooSlow) as problem:
        raise CannotLaunch(str(problem)) from problem
    if not snapshot.size:
        raise CannotLaunch(_("Nobody is in this audience."))
    return snapshot


@transaction.atomic(durable=True)
def pause(campaign: Campaign, *, by: Staff | None, now: datetime, reason: str = "") -> Campaign:
    """Hold a campaign; what is on its way goes on. Raises CampaignProblem."""
    if not pause_inner(campaign, by=by, now=now, reason=reason):
        raise CampaignProblem(_("Only a running campaign can be paused."))
    return campaign


def pause_inner(campaign: Campaign, *, by: Staff | None, now: datetime, reason: str) -> bool:
    """The same inside a transaction; whether there was anything to pause."""
    going = Campaign.objects.filter(pk=campaign.pk, status__in=(Status.RUNNING, Status.SCHEDULED))
    if not going.update(status=Status.PAUSED, stop_reason=reason[:200], updated_at=now):
        return False
    campaign.status, campaign.stop_reason = Status.PAUSED, reason[:200]
    log.record("campaign.paused", campaign, by=by, now=now, store_id=campaign.store_id, reason=reason)
    return True


@transaction.atomic(durable=True)
def resume(campaign: Campaign, *, by: Staff | None, now: datetime, reason: str = "") -> Campaign:
    """Go on where it was paused. Raises CampaignProblem."""
    held = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if held.status != Status.PAUSED:
        raise CampaignProblem(_("This campaign is not paused."))
    has_begun = held.kind == Kind.TRIGGERED or held.fanned_out_to or held.fanned_out_at
    held.status = Status.RUNNING if has_begun else Status.SCHEDULED
    held.stop_reason, held.recent_sends, held.recent_errors, held.updated_at = "", 0, 0, now
    held.save(update_fields=["status", "stop_reason", "recent_sends", "recent_errors", "updated_at"])
    log.record("campaign.resumed", held, by=by, now=now, store_id=held.store_id, reason=reason)
    return held


@transaction.atomic(durable=True)
def cancel(campaign: Campaign, *, by: Staff | None, now: datetime, reason: str = "") -> Campaign:
    """Stop for good; what is not sent yet never is, and says so. Raises CampaignProblem."""
    return cancel_inner(campaign, by=by, now=now, reason=reason)


def cancel_inner(campaign: Campaign, *, by: Staff | None, now: datetime, reason: str) -> Campaign:
    """The same inside a transaction."""
    going = Campaign.objects.filter(pk=campaign.pk).exclude(status__in=(Status.FINISHED, Status.CANCELLED))
    if not going.update(status=Status.CANCELLED, stop_reason=reason[:200], finished_at=now, updated_at=now):
        raise CampaignProblem(_("This campaign is over already."))
    log.record("campaign.cancelled", campaign, by=by, now=now, store_id=campaign.store_id, reason=reason)
    return Campaign.objects.get(pk=campaign.pk)


def test_send(campaign: Campaign, address: str, *, language: str, by: Staff | None, now: datetime) -> senders.Receipt:
    """The message as a member without a past would get it, to one address. Called outside of any transaction.

    Raises SendFailed, ContentProblem, CampaignProblem.
    """
    if campaign.sender is None:
        raise CampaignProblem(_("Choose an active sender."))
    shown = preview(campaign, None, language=language)
    return senders.try_sender(
        campaign.sender, address, shown, subject=campaign.subject or campaign.name, by=by, now=now
    )  # fmt: skip


def preview(campaign: Campaign, member: Member | None, *, language: str = "") -> str:
    """The text as this member would read it, links and code as examples. Raises ContentProblem."""
    wanted = language or (member.language if member else "zh-hans")
    chosen = content.language_of(wanted, text=campaign.text, text_en=campaign.text_en)
    text = campaign.text_en if chosen == "en" else campaign.text
    content.check(text)
    template, store = campaign.coupon_template, member.home_store if member else campaign.store
    facts = {
        "name": member.name if member else "",
        "store": ((chosen == "en" and store.name_en) or store.name) if store else "",
        "coupon": ((chosen == "en" and template.name_en) or template.name) if template else "",
        "code": "K7QM 2XPA 9RTW", "link": f"{settings.SITE_URL}/l/…", "unsubscribe": f"{settings.SITE_URL}/u/…",
        "feedback": f"{settings.SITE_URL}/f/…",
    }  # fmt: skip
    is_marketing = campaign.purpose == Purpose.MARKETING
    return content.render(content.complete(text, chosen, is_marketing=is_marketing), facts, chosen)


def _check_texts(fields: dict[str, Any]) -> None:
    """Raises CampaignProblem for what could never be sent, so that no draft holds it."""
    try:
        for name in ("subject", "subject_en", "text", "text_en"):
            content.check(fields.get(name) or "")
    except content.ContentProblem as problem:
        raise CampaignProblem(str(problem)) from problem
    link = fields.get("link") or ""
    if link and not link.startswith("https://") and not (link.startswith("/") and not link.startswith("//")):
        raise CampaignProblem(_("A link begins with https://, or with / for a page of ours."))
    if fields.get("trigger") and fields["trigger"] not in TRIGGERS:
        raise CampaignProblem(_("Choose the event that starts it."))
