"""Coupons into wallets. A coupon is owed like points: issued once for its source, never beyond its stock."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from members.models import Member
from members.services import events

from ..models import Coupon, CouponTemplate, Program

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ" + "0"  # 32 letters without O, 1, I and L: 12 of them are 60 bits
LENGTH = 12


class SoldOut(Exception):
    """The template's stock is used up, or it is not live. The text may be shown."""


def make_code() -> str:
    """A code nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def issue(template: CouponTemplate, member: Member, *, source: str, now: datetime) -> Coupon:
    """Put one coupon into the member's wallet, once for each (template, member, source). Inner.

    The stock falls by compare-and-set, so that racing hands cannot give out more than there is. Raises SoldOut.
    """
    held = Coupon.objects.filter(template=template, member=member, source=source).first()
    if held:
        return held
    if not take_one(template):
        raise SoldOut(_("This coupon is not given out any more."))
    coupon = Coupon.objects.create(
        template=template, member=member, code=make_code(), source=source, issued_at=now,
        expires_at=now + timedelta(days=template.valid_days),
    )  # fmt: skip
    told: dict[str, Any] = {
        "program": template.program_id,
        "coupon": coupon.pk,
        "template": template.pk,
        "source": source,
    }
    events.append("coupon.issued", member=member, at=now, **told)
    return coupon


def take_one(template: CouponTemplate) -> bool:
    """Take one from the stock if there is any, in one statement."""
    live = CouponTemplate.objects.filter(pk=template.pk, is_live=True)
    if template.stock is None:
        return live.exists()
    return bool(live.filter(stock__gt=0).update(stock=F("stock") - 1))


def issue_welcome(member: Member, program: Program, *, now: datetime) -> Coupon | None:
    """The programme's welcome coupon, once for each member; None when there is none or its stock is used up. Inner."""
    template = CouponTemplate.objects.filter(program=program, is_welcome=True, is_live=True).first()
    if template is None:
        return None
    try:
        return issue(template, member, source="welcome", now=now)
    except SoldOut:
        return None
