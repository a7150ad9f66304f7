"""Coupons at tills: looked at, used up, given back. ``coupons`` is the door; only it and ``holding`` import this."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from members.services import events
from stores.models import Channel, Staff, Store
from stores.services import limits, log

from ..models import Coupon
from ..queries import coupons as queries
from ..rules import coupon_codes, redeeming
from ..rules.redeeming import TEXTS, UNDO_WITHIN, Refusal, State, Terms, Where

ONLINE = {Channel.Kind.APP, Channel.Kind.MALL, Channel.Kind.MINI_PROGRAM, Channel.Kind.MARKETPLACE}


def is_online(channel: Channel) -> bool:
    """Whether what comes through it is bought online."""
    return channel.kind in ONLINE


class CannotRedeem(Exception):
    """The coupon is not taken. ``reason`` is for programs, the text for people; ``coupon`` when it is known."""

    def __init__(self, reason: Refusal, text: str, coupon: Coupon | None = None):
        super().__init__(text)
        self.reason, self.coupon = reason, coupon


class TooManyGuesses(Exception):
    """Too many unknown codes from one channel or person; ``wait`` seconds until the next try. The text may be shown."""

    def __init__(self, wait: int):
        super().__init__(_("Too many unknown codes. Wait a minute, then go on."))
        self.wait = wait


class CannotUndo(Exception):
    """The two minutes are over, or somebody else redeemed it. The text may be shown."""


class Checked(NamedTuple):
    """A coupon that counts here and now. ``discount`` in yuan; None while the order amount must be known for it."""

    coupon: Coupon
    discount: Decimal | None
    needs_amount: bool


class Redeemed(NamedTuple):
    """A coupon that was used up, now or, with the same key, before."""

    coupon: Coupon
    is_new: bool


class Till(NamedTuple):
    """Who asks and where: a colleague on the store phone, or a channel; ``key`` is the till's own number of the act."""

    store: Store | None
    channel: Channel | None
    by: Staff | None
    key: str = ""

    @property
    def where(self) -> Where:
        online = self.channel is not None and is_online(self.channel)
        if self.store is not None:
            return Where(self.store.brand_id, self.store.pk, online)
        return Where(self.channel.brand_id if self.channel else None, None, online)

    @property
    def guesser(self) -> str:
        return f"channel:{self.channel.pk}" if self.channel else f"staff:{self.by.pk}" if self.by else ""

    def holds(self, coupon: Coupon) -> bool:
        """Whether this till holds the coupon; one that only looks speaks for its whole channel."""
        is_ours = self.channel is not None and coupon.held_channel_id == self.channel.pk
        return is_ours and (not self.key or coupon.held_key == self.key)

    def is_same_act(self, coupon: Coupon) -> bool:
        """Whether this very act redeemed the coupon."""
        if not self.key or coupon.redeemed_key != self.key:
            return False
        if self.channel is not None:
            return coupon.redeemed_channel_id == self.channel.pk
        return self.by is not None and coupon.redeemed_channel_id is None and coupon.redeemed_by_id == self.by.pk


def check(
    code: str,
    *,
    store: Store | None,
    amount: Decimal | None = None,
    now: datetime,
    channel: Channel | None = None,
    by: Staff | None = None,
    key: str = "",
) -> Checked:
    """What the coupon is worth here and now, for an order of ``amount`` yuan. Changes nothing.

    Raises CannotRedeem with the reason, and TooManyGuesses after too many unknown codes.
    """
    till = Till(store, channel, by, key)
    coupon = _known(code, till, now)
    terms = queries.terms_of(coupon.template)
    _demand(coupon, terms, till, now)
    short = redeeming.short(terms, amount)
    if short and short is not Refusal.AMOUNT_NEEDED:
        raise refused(short, coupon, till)
    return Checked(coupon, redeeming.quote(terms, amount), redeeming.needs_amount(terms))


def redeem(
    code: str,
    *,
    store: Store | None,
    channel: Channel | None = None,
    key: str = "",
    amount: Decimal | None = None,
    order_number: str = "",
    by: Staff | None = None,
    now: datetime,
) -> Redeemed:
    """Use a coupon up. Two tills that race get one winner; the same till asking again with its key gets its answer.

    Opens its own transaction. Raises CannotRedeem with the reason, and TooManyGuesses.
    """
    till = Till(store, channel, by, key)
    coupon = _known(code, till, now)
    return _redeem(coupon.pk, till, amount=amount, order_number=order_number, now=now)


def _known(typed: str, till: Till, now: datetime) -> Coupon:
    """The coupon with this code. A code that can be none costs no look-up; one that nobody gave out is counted."""
    code = coupon_codes.read(typed)
    if code is None:
        raise refused(Refusal.UNKNOWN, None, till)
    if till.guesser and (wait := limits.guess_wait(till.guesser, now=now)):
        raise TooManyGuesses(wait)
    coupon = queries.by_code(code)
    if coupon is None:
        if till.guesser:
            limits.count_guess(till.guesser, now=now)
        raise refused(Refusal.UNKNOWN, None, till)
    return coupon


@transaction.atomic(durable=True)
def _redeem(pk: int, till: Till, *, amount: Decimal | None, order_number: str, now: datetime) -> Redeemed:
    coupon = queries.with_terms().get(pk=pk)
    if done := _done_before(coupon, till):
        return done
    terms = queries.terms_of(coupon.template)
    _demand(coupon, terms, till, now)
    if short := redeeming.short(terms, amount):
        raise refused(short, coupon, till)
    discount = redeeming.quote(terms, amount) or Decimal(0)
    won = _use_up(
        coupon, till, now, held_until=None, held_channel=None, held_key=None, redeemed_at=now,
        redeemed_store=till.store, redeemed_channel=till.channel, redeemed_by=till.by,
        redeemed_key=till.key or None, order_number=order_number, order_amount=amount, discount=discount,
    )  # fmt: skip
    coupon = queries.with_terms().get(pk=pk)
    if not won:
        if done := _done_before(coupon, till):
            return done
        _demand(coupon, terms, till, now)  # whoever was quicker
        raise refused(Refusal.KEY_USED, coupon, till)
    _note("redeemed", coupon, till, now)
    return Redeemed(coupon, is_new=True)


def _done_before(coupon: Coupon, till: Till) -> Redeemed | None:
    """The answer of the same act, if it came through already."""
    if till.is_same_act(coupon):
        if coupon.redeemed_at is None:
            raise refused(Refusal.UNDONE, coupon, till)
        return Redeemed(coupon, is_new=False)
    if till.key and till.channel and queries.has_key(till.channel, till.key):
        raise refused(Refusal.KEY_USED, coupon, till)
    return None


def free_for(till: Till, now: datetime) -> Q:
    """Coupons that no other till holds."""
    mine = Q(held_channel=till.channel, held_key=till.key) if till.channel and till.key else Q(pk__in=[])
    return Q(held_until=None) | Q(held_until__lte=now) | mine


def _use_up(coupon: Coupon, till: Till, now: datetime, **how: Any) -> bool:
    """Compare and set: of all hands one gets True."""
    live = Coupon.objects.filter(pk=coupon.pk, redeemed_at=None, voided_at=None, expires_at__gt=now)
    free = live.filter(free_for(till, now))
    try:
        with transaction.atomic():  # the same key for two coupons at once: the index decides, the rest must stand
            return bool(free.update(**how))
    except IntegrityError:
        return False


def _demand(coupon: Coupon, terms: Terms, till: Till, now: datetime) -> None:
    state = State(coupon.starts_at, coupon.expires_at, coupon.redeemed_at, coupon.voided_at)
    if reason := redeeming.refusal(terms, state, till.where, now=now):
        raise refused(reason, coupon, till, now)
    if coupon.held_until is not None and now < coupon.held_until and not till.holds(coupon):
        raise refused(Refusal.HELD, coupon, till, now)


def _note(word: str, coupon: Coupon, till: Till, now: datetime, **extra: Any) -> None:
    """Tell the readers above, and the action log."""
    told = {
        "program": coupon.template.program_id, "coupon": coupon.pk, "template": coupon.template_id,
        "source": coupon.source,
    }  # fmt: skip
    shown = {name: str(value) for name in ("discount", "order_amount", "order_number")
             if (value := getattr(coupon, name)) not in (None, "")}  # fmt: skip
    events.append(
        f"coupon.{word}", member=coupon.member, at=now, store=till.store, channel=till.channel, **told, **shown
    )
    log.record(
        f"coupon.{word}", coupon, by=till.by, now=now, store_id=till.store.pk if till.store else None, after=shown,
        **extra,
    )  # fmt: skip


# --- giving back ---------------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def undo(coupon: Coupon, *, by: Staff | None = None, channel: Channel | None = None, now: datetime) -> Coupon:
    """Give a coupon back within two minutes: only by the colleague or the channel that redeemed it.

    The till's key stays with it, so that a late repeat does not redeem it again. Raises CannotUndo.
    """
    used = Coupon.objects.filter(pk=coupon.pk, redeemed_at__gte=now - UNDO_WITHIN, redeemed_channel=channel)
    if channel is None:
        used = used.filter(redeemed_by=by) if by else used.none()
    used = used.select_related("redeemed_store", "redeemed_channel").select_for_update(of=("self",))
    before = used.first()
    if before is None:
        raise CannotUndo(_("Only who redeemed it can take it back, and only within two minutes."))
    Coupon.objects.filter(pk=coupon.pk).update(
        redeemed_at=None, redeemed_store=None, order_number="", order_amount=None, discount=None
    )
    found = queries.with_terms().get(pk=coupon.pk)
    _note("restored", found, Till(before.redeemed_store, before.redeemed_channel, by), now)
    return found


# --- words ---------------------------------------------------------------------------------------------
def refused(reason: Refusal, coupon: Coupon | None, till: Till, now: datetime | None = None) -> CannotRedeem:
    """The refusal in words."""
    text = str(TEXTS[reason])
    if coupon is not None:
        text %= _words(reason, coupon, till, now)
    return CannotRedeem(reason, text, coupon if reason is not Refusal.OTHER_BRAND else None)


def _words(reason: Refusal, coupon: Coupon, till: Till, now: datetime | None) -> dict[str, str]:
    moment = {
        Refusal.USED: coupon.redeemed_at, Refusal.EXPIRED: coupon.expires_at, Refusal.NOT_YET: coupon.starts_at
    }.get(reason)  # fmt: skip
    zone = ZoneInfo(till.store.time_zone if till.store else settings.TIME_ZONE)
    place = coupon.redeemed_store or coupon.redeemed_channel
    return {
        "when": _when(moment, now, zone) if moment and now else "",
        "place": _name(place) if place else _("another place"),
        "threshold": number_format(coupon.template.threshold.normalize(), force_grouping=True),
    }


def _when(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """today 14:02, or with its date."""
    there = timezone.localtime(moment, zone)
    if there.date() == timezone.localtime(now, zone).date():
        return _("today %(time)s") % {"time": f"{there:%H:%M}"}
    return f"{there:%Y-%m-%d %H:%M}"


def _name(thing: Store | Channel) -> str:
    is_chinese = (get_language() or "").startswith("zh")
    return thing.name if is_chinese else getattr(thing, "name_en", "") or thing.name
