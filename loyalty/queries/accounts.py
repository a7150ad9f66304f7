"""What a member holds, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from members.models import Member
from stores.models import Brand

from ..models import Account, Book, Entry, Program, Standing, Tier
from ..rules import tiers as rules


@dataclass(frozen=True)
class Holding:
    """A member's place in one brand's programme: points, growth value, debt (whole numbers) and tier."""

    program: Program
    brand: Brand
    tier: Tier
    points: int
    growth: int
    debt: int
    to_next: int | None  # growth value missing to the next tier; None at the top


def holdings(member: Member) -> list[Holding]:
    """Everything that the member holds, one row for each programme taken part in."""
    standings = Standing.objects.filter(member=member).select_related("program__brand", "tier").order_by("program")
    accounts = {
        (account.book.program_id, account.book.asset): account
        for account in Account.objects.filter(member=member).select_related("book")
    }
    ladders: dict[int, list[rules.Rung]] = {}
    for tier in Tier.objects.filter(program__in=[standing.program_id for standing in standings]):
        rung = rules.Rung(tier.rank, tier.name, tier.name_en, tier.threshold)
        ladders.setdefault(tier.program_id, []).append(rung)
    return [_holding(standing, accounts, ladders[standing.program_id]) for standing in standings]


def _holding(standing: Standing, accounts: dict[tuple[int, str], Account], ladder: list[rules.Rung]) -> Holding:
    points = accounts.get((standing.program_id, Book.Asset.POINTS))
    growth = accounts.get((standing.program_id, Book.Asset.GROWTH))
    value = growth.balance if growth else 0
    return Holding(
        standing.program, standing.program.brand, standing.tier, points.balance if points else 0, value,
        points.debt if points else 0, rules.missing(ladder, value),
    )  # fmt: skip


def holding(member: Member, brand: Brand) -> Holding | None:
    """The member's place in one brand's programme; None for somebody who takes no part."""
    return next((each for each in holdings(member) if each.brand.pk == brand.pk), None)


def statement(member: Member, *, asset: str | None = None) -> QuerySet[Entry]:
    """The member's ledger entries, latest first, with book and brand; of one asset or of all."""
    entries = Entry.objects.filter(member=member).select_related("book__program__brand")
    if asset:
        entries = entries.filter(book__asset=asset)
    return entries.order_by("-posted_at", "-occurred_at", "-id")
