"""What loyalty adds to lists of members."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import BigIntegerField, Case, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from members.models import Member

from ..models import Account, Book, Program, Standing


def with_balance(members: QuerySet[Member], programs: Iterable[Program]) -> QuerySet[Member]:
    """Members with ``points``, ``growth`` (whole numbers), ``tier_name``, ``tier_name_en`` (None without a standing).

    All are of one programme for each member, since points of two brands make no sum: of those given, the home
    store's brand's, else the lowest one taken part in.
    """
    at_home = Case(When(program__brand=OuterRef("home_store__brand"), then=Value(0)), default=Value(1))
    standings = Standing.objects.filter(member=OuterRef("pk"), program__in=[program.pk for program in programs])
    standings = standings.annotate(at_home=at_home).order_by("at_home", "program")
    return members.annotate(
        shown_program=Subquery(standings.values("program")[:1]),
        points=_held(Book.Asset.POINTS),
        growth=_held(Book.Asset.GROWTH),
        tier_name=Subquery(standings.values("tier__name")[:1]),
        tier_name_en=Subquery(standings.values("tier__name_en")[:1]),
    )


def _held(asset: str) -> Coalesce:
    books = Book.objects.filter(asset=asset, program=OuterRef(OuterRef("shown_program")))
    accounts = Account.objects.filter(member=OuterRef("pk"), book__in=books.values("pk"))
    return Coalesce(Subquery(accounts.values("balance")[:1], output_field=BigIntegerField()), 0)
