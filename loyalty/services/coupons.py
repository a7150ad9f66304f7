"""Coupons into wallets and out of them. A coupon is owed like points: issued once for its source, used once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from members.models import Member
from members.services import events
from members.services.arrays import numbers, texts
from members.services.events import NewEvent
from stores.models import Staff
from stores.services import log

from ..models import Coupon, CouponTemplate, Program
from ..rules import coupon_codes
from ..rules.redeeming import Life, life
from .redeeming import CannotRedeem, CannotUndo, Checked, Redeemed, TooManyGuesses, check, is_online, redeem, undo

__all__ = [
    "CannotRedeem", "CannotUndo", "CannotVoid", "Checked", "Redeemed", "SoldOut", "TooManyGuesses", "check", "is_online",
    "issue", "issue_many", "issue_welcome", "make_code", "redeem", "undo", "void",
]  # fmt: skip

# As many as there are, at most as many as are wanted; a second hand waits here and sees what the first left.
TAKE = """
    WITH seen AS (SELECT id, stock FROM loyalty_coupontemplate WHERE id = %s AND is_live FOR NO KEY UPDATE)
    UPDATE loyalty_coupontemplate t SET stock = t.stock - LEAST(t.stock, %s)
    FROM seen WHERE t.id = seen.id
    RETURNING CASE WHEN seen.stock IS NULL THEN %s ELSE LEAST(seen.stock, %s) END
"""
# Without a limit many hands share the template; only an editor waits.
LIVE = "SELECT 1 FROM loyalty_coupontemplate WHERE id = %s AND is_live AND stock IS NULL FOR KEY SHARE"
# In the order of members, so that two hands that issue to the same crowd wait for each other and never in a ring.
ISSUE = """
    INSERT INTO loyalty_coupon (
        template_id, member_id, code, source, issued_at, starts_at, expires_at, order_number, void_reason
    )
    SELECT %s, sent.member_id, sent.code, %s, %s, %s, %s, '', ''
    FROM unnest(%s::int[], %s::text[]) AS sent (member_id, code)
    JOIN members_member m ON m.id = sent.member_id AND m.merged_into_id IS NULL AND m.joined_at IS NOT NULL
    ORDER BY sent.member_id
    ON CONFLICT DO NOTHING
    RETURNING member_id, id
"""
ROUNDS = 5  # a round is lost only to another hand that issued the same, or to a code drawn twice


class SoldOut(Exception):
    """The template's stock is used up, its days are over, or it is not live. The text may be shown."""


class CannotVoid(Exception):
    """The coupon was used or withdrawn already, or no reason was given. The text may be shown."""


def make_code() -> str:
    """A code nobody can guess."""
    return coupon_codes.make()[0]


def issue(template: CouponTemplate, member: Member, *, source: str, now: datetime) -> Coupon:
    """Put one coupon into the member's wallet, once for each (template, member, source). Inner. Raises SoldOut."""
    held = issue_many(template, [member.pk], source=source, now=now)
    if member.pk not in held:
        raise SoldOut(_("This coupon is not given out any more."))
    return Coupon.objects.get(pk=held[member.pk])


def issue_many(template: CouponTemplate, member_ids: Iterable[int], *, source: str, now: datetime) -> dict[int, int]:
    """Put one coupon into each member's wallet: coupon ids by member id. Inner, in a few statements for any number.

    Once for each (template, member, source): who holds one gets that one back. The stock falls by exactly as many as
    were given out and never below zero, whoever else gives out at the same moment; members with the lowest ids come
    first, and those beyond the stock are missing from the answer, as are unknown ids.
    """
    wanted = sorted(set(member_ids))
    held = _held(template, wanted, source)
    span = _life(template, now)
    if span is None:
        return held
    for _round in range(ROUNDS):
        missing = [pk for pk in wanted if pk not in held]
        if not missing:
            break
        taken = _take(template, len(missing))
        made = _insert(template, missing[:taken], source=source, now=now, span=span) if taken else {}
        _give_back(template, taken - len(made))
        _tell(template, made, source=source, now=now)
        if len(made) == taken:
            return held | made
        held = _held(template, wanted, source)
    return held


def _held(template: CouponTemplate, member_ids: list[int], source: str) -> dict[int, int]:
    rows = Coupon.objects.filter(template=template, source=source, member__in=member_ids)
    return dict(rows.values_list("member_id", "pk"))


def _life(template: CouponTemplate, now: datetime) -> Life | None:
    return life(
        now, days=template.valid_days, first_day=template.valid_from, last_day=template.valid_until,
        zone=ZoneInfo(settings.TIME_ZONE),
    )  # fmt: skip


def _take(template: CouponTemplate, count: int) -> int:
    """Take up to ``count`` from the stock in one statement; how many there were. All of them without a limit."""
    with connection.cursor() as cursor:
        if cursor.execute(LIVE, [template.pk]).fetchone():
            return count
        row = cursor.execute(TAKE, [template.pk, count, count, count]).fetchone()
    return row[0] if row else 0


def _give_back(template: CouponTemplate, count: int) -> None:
    """Put back what was taken and not given out."""
    if count:
        CouponTemplate.objects.filter(pk=template.pk, stock__isnull=False).update(stock=F("stock") + count)


def _insert(
    template: CouponTemplate, member_ids: list[int], *, source: str, now: datetime, span: Life
) -> dict[int, int]:
    codes = coupon_codes.make(len(member_ids))
    with connection.cursor() as cursor:
        cursor.execute(ISSUE, [template.pk, source, now, *span, numbers(member_ids), texts(codes)])
        return dict(cursor.fetchall())


def _tell(template: CouponTemplate, made: dict[int, int], *, source: str, now: datetime) -> None:
    about = {"program": template.program_id, "template": template.pk, "source": source}
    events.append_many(
        NewEvent("coupon.issued", member_id, now, data={**about, "coupon": coupon})
        for member_id, coupon in sorted(made.items())
    )


def issue_welcome(member: Member, program: Program, *, now: datetime) -> Coupon | None:
    """The programme's welcome coupon, once for each member; None when there is none or its stock is used up. Inner."""
    template = CouponTemplate.objects.filter(program=program, is_welcome=True, is_live=True).first()
    if template is None:
        return None
    try:
        coupon = issue(template, member, source="welcome", now=now)
    except SoldOut:
        return None
    if member.came_as and coupon.issued_at == now:  # should the two turn out to be two people, it is this one's
        Coupon.objects.filter(pk=coupon.pk).update(came_as=member.came_as)
    return coupon


@transaction.atomic(durable=True)
def void(coupon: Coupon, *, by: Staff, now: datetime, reason: str) -> Coupon:
    """Withdraw a coupon that was not used. It does not go back into the stock. Raises CannotVoid."""
    reason = reason.strip()[:200]
    if not reason:
        raise CannotVoid(_("Withdrawing a coupon needs a reason."))
    live = Coupon.objects.filter(pk=coupon.pk, redeemed_at=None, voided_at=None)
    if not live.update(voided_at=now, void_reason=reason):
        raise CannotVoid(_("This coupon was used or withdrawn already."))
    coupon = Coupon.objects.select_related("template", "member").get(pk=coupon.pk)
    events.append(
        "coupon.voided", member=coupon.member, at=now, program=coupon.template.program_id, coupon=coupon.pk,
        template=coupon.template_id, source=coupon.source,
    )  # fmt: skip
    log.record("coupon.voided", coupon, by=by, now=now, reason=reason)
    return coupon
