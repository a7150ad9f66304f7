"""What the ledger of a brand holds in all: for the replay and for checks."""

from __future__ import annotations

from django.db.models import Count, Sum

from members.models import Identity

from ..models import Account, Entry, Lot, Program, Standing


def ledger(program: Program) -> dict[str, dict[str, int]]:
    """For each asset: the sum of entries, of balances, and of what lots still hold (points only)."""
    found = {}
    for book in program.books.order_by("asset"):
        found[book.asset] = {
            "entries": Entry.objects.filter(book=book).aggregate(total=Sum("amount"))["total"] or 0,
            "balances": Account.objects.filter(book=book).aggregate(total=Sum("balance"))["total"] or 0,
            "lots": Lot.objects.filter(book=book).aggregate(total=Sum("remaining"))["total"] or 0,
        }
    return found


def by_tier(program: Program) -> dict[int, int]:
    """Members by rank of their tier; ranks without members are left out."""
    rows = Standing.objects.filter(program=program).values("tier__rank").annotate(count=Count("*"))
    return {row["tier__rank"]: row["count"] for row in rows}


def balances_by_card(program: Program, asset: str) -> dict[str, int]:
    """What each card holds in one of the programme's books."""
    held = dict(Account.objects.filter(book__program=program, book__asset=asset).values_list("member_id", "balance"))
    cards = Identity.objects.filter(kind=Identity.Kind.CARD).values_list("value", "member_id")
    return {card: held[member_id] for card, member_id in cards if member_id in held}
