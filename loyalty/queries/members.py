"""What loyalty adds to lists of members."""

from __future__ import annotations

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from members.models import Member

from ..models import Account, Book, Program, Standing


def with_balance(members: QuerySet[Member], program: Program | None = None) -> QuerySet[Member]:
    """Members with ``points`` and ``growth`` (whole numbers; of one programme, or summed over all)
    and ``tier_name``, ``tier_name_en``: the highest-ranked tier held (None without a standing)."""
    standings = Standing.objects.filter(member=OuterRef("pk"))
    if program:
        standings = standings.filter(program=program)
    standings = standings.order_by("-tier__rank", "program")
    return members.annotate(
        points=_held(Book.Asset.POINTS, program),
        growth=_held(Book.Asset.GROWTH, program),
        tier_name=Subquery(standings.values("tier__name")[:1]),
        tier_name_en=Subquery(standings.values("tier__name_en")[:1]),
    )


def _held(asset: str, program: Program | None) -> Coalesce:
    books = Book.objects.filter(asset=asset)
    if program:
        books = books.filter(program=program)
    accounts = Account.objects.filter(member=OuterRef("pk"), book__in=books.values("pk")).order_by()
    total = accounts.values("member").annotate(total=Sum(F("balance"))).values("total")
    return Coalesce(Subquery(total, output_field=IntegerField()), 0)
