"""Merges in words and figures: what each side was worth, what both are worth together, and what that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from loyalty.queries import programs
from members.models import Member, Merge
from members.queries import merges
from members.queries import worth as worth_queries
from members.rules import worth
from stores.models import Staff
from web.ui import formats


@dataclass(frozen=True)
class Line:
    """One figure: of the record that stayed, of the one that was merged into it, and of both."""

    label: str
    winner: str
    loser: str
    after: str
    changed: bool


@dataclass(frozen=True)
class Verdict:
    """One merge as the page shows it. ``lines`` are the facts; those that ``changed`` moved the verdict."""

    merge: Merge
    other: Member
    lines: Sequence[Line]
    can_undo: bool


def of(member: Member, staff: Staff) -> list[Verdict]:
    """The member's merges with their figures, in the programmes that this person sees."""
    rows = list(merges.of(member))
    if not rows:
        return []
    names = {each.pk: each for each in programs.visible_to(staff)}
    tiers = {
        tier.pk: tier.name if formats.is_chinese() else tier.name_en or tier.name for tier in programs.ladders(staff)
    }
    last = next((each.pk for each in rows if each.winner_id == member.pk and each.undone_at is None), None)
    return [
        Verdict(each, each.loser if each.winner_id == member.pk else each.winner, lines(each.figures, names, tiers, at=each.at),
                each.pk == last)
        for each in rows
    ]  # fmt: skip


def lines(figures: dict[str, Any], names: dict[int, Any], tiers: dict[int, str], *, at: datetime) -> list[Line]:
    """Value and stage and what they look at, orders and their sum, then tier, points and growth value by programme."""
    if not figures:
        return []
    sides = [figures[side] for side in ("winner", "loser", "after")]
    found = [*_worth(sides, at)] if "bought" in sides[0] else []
    found += [
        _line(_("Orders"), [formats.number(side["orders"]) for side in sides]),
        _line(_("Spent, refunds taken off"), [formats.money(Decimal(side["spent"])) for side in sides]),
    ]
    for pk, program in names.items():
        held = [next((row for row in side["programs"] if row["program"] == pk), None) for side in sides]
        if not any(held):
            continue
        brand = formats.local_name(program.brand)
        shown = {
            _("Tier"): [tiers.get(row["tier"], "–") if row else "–" for row in held],
            _("Points"): [formats.number(row["points"]) if row else "–" for row in held],
            _("Growth value"): [formats.number(row["growth"]) if row else "–" for row in held],
        }
        found += [_line(f"{label} · {brand}", values) for label, values in shown.items()]
    return found


def _worth(sides: list[dict[str, Any]], at: datetime) -> list[Line]:
    """The verdict of each side at the moment of the merge, then the facts that it looks at."""
    bought = [worth_queries.read(side["bought"]) for side in sides]
    verdicts = [worth.judge(each, now=at) for each in bought]
    return [
        _line(_("Member value"), [str(each.value.label) for each in verdicts]),
        _line(_("Stage of the member"), [str(each.stage.label) for each in verdicts]),
        _line(_("Spent in the last 365 days"), [formats.money(each.year_spent) for each in bought]),
        _line(_("Orders in the last 365 days"), [formats.number(each.year_orders) for each in bought]),
        _line(_("Latest order"), [formats.day(each.last_paid_at) if each.last_paid_at else "–" for each in bought]),
    ]


def _line(label: str, values: list[str]) -> Line:
    return Line(label, *values, changed=values[2] != values[0])
