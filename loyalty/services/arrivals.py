"""What platforms tell about people: whom it is about is found, or made a prospect, before it goes on their timeline.

Where a channel says so, who follows a store's code or pays with the brand's card becomes a member. Nothing here infers a
consent to offers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from members.models import Identity, Member
from members.rules import identities
from members.services import binding, signals
from members.services.prospects import Seen
from stores.models import Store, StoreCode
from stores.services.notices import Handler, NotTaken, Opened

from . import admitting, matching, orders
from .admitting import Where, Yes
from .matching import Newcomer, Shown
from .orders import MemberRef, NewOrder, Status

# Somebody did something of their own will. What machines notice in passing names nobody new.
MAKES = {
    "wechat.subscribe", "wechat.scan", "wechat_pay.transaction.success", "alipay.trade_status_sync",
    "wecom.add_external_contact", "douyin.join", "vending.sold", "payment.made", "scan.joined", "community.joined",
    "livestream.watched", "group.joined", "campaign.joined",
}  # fmt: skip
FOLLOWS = {"wechat.subscribe", "wechat.scan"}
PAID = "wechat_pay.transaction.success"


def hear(opened: Opened, *, now: datetime) -> None:
    """Deal with one notice: who, what on the timeline, and what it makes of them. Inner; a replay changes nothing more."""
    person = _person(opened, now)
    if signals.note(opened, person=person, now=now) and person:
        place = signals.place_of(opened.content)
        if opened.kind in FOLLOWS and place.code:
            _follow(opened, person, place.code, now)
    if opened.kind == PAID:
        _pay(opened, now)


def _person(opened: Opened, now: datetime) -> Member | None:
    shown = shown_in(opened)
    if not shown:
        return None
    if opened.kind in signals.SILENT:
        return signals.member_of(opened)
    seen = Seen(opened.happened_at, opened.channel, signals.place_of(opened.content).store)
    met = matching.meet_in(Newcomer(shown), now=now, seen=seen if opened.kind in MAKES else None)
    return met.member


def shown_in(opened: Opened) -> list[Shown]:
    """The identities that a notice names, surest first. A platform vouches for its own names; the rest is said only."""
    kept = signals.known_names(opened)
    return [Shown(kind, value, kind in matching.VOUCHED) for kind, value in kept]


def _follow(opened: Opened, person: Member, code: StoreCode, now: datetime) -> None:
    """Bind who scanned a store's code; where the channel says so, following it is joining."""
    if not code.is_live or code.store.closed_on is not None:
        return
    if person.is_prospect and opened.channel.settings.get("joins") == "yes":
        where = Where(opened.channel, code.store, code)
        admitting.admit(Newcomer(shown_in(opened)), where, Yes("follow"), now=now)
    else:
        binding.bind(person, store=code.store, associate=code.associate, code=code, now=now)


# --- paying ----------------------------------------------------------------------------------------------
def _pay(opened: Opened, now: datetime) -> None:
    """A payment at a store is an order; with the brand's card in hand it makes the payer a member first."""
    paid = signals.payment_of(opened)
    if paid is None:
        return
    store = Store.objects.select_related("brand").filter(code=paid.store).first()
    if store is None or (opened.channel.brand_id and store.brand_id != opened.channel.brand_id):
        raise NotTaken(f"unknown_store: {paid.store[:40]}")
    shown = [each for each in shown_in(opened) if each.kind in matching.VOUCHED]
    if paid.card and shown and store.closed_on is None:
        shown.append(Shown(Identity.Kind.CARD, identities.canonical("card", paid.card[:32], scope=store.brand.code)))
        code = paid.code if paid.code and paid.code.store_id == store.pk else None
        admitting.admit(Newcomer(shown), Where(opened.channel, store, code), Yes("pay"), now=now)
    ref = MemberRef(shown[0].kind, shown[0].value) if shown else None
    new = NewOrder(opened.channel, store.code, paid.number, ref, Decimal(paid.cents) / 100, paid.at)
    [settled] = orders.settle_in([new], now=now)
    if settled.status == Status.REJECTED:
        raise NotTaken(str(settled.refusal))


HANDLERS: Mapping[str, Handler] = dict.fromkeys(signals.ALL, hear)
