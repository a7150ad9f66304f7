"""Whom the demo chain tells its stories about: picked by what they are, always the same for the same data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet

from stores.models import Brand

from ..models import Consent, Event, Identity, MatchCase, Member, Merge, Order
from ..models.consent import Purpose

Kind = Identity.Kind
LOOKED_AT = 200  # pairs, to choose from


def named_in(kind: int, scope: str = "") -> QuerySet[Identity]:
    """Identities of one kind, those inside a scope only when one is given."""
    rows = Identity.objects.filter(kind=kind).select_related("member").order_by("value")
    return rows.filter(value__startswith=f"{scope}:") if scope else rows


def owners(names: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Member]:
    """Who owns these (kind, value), as far as somebody does."""
    wanted = list(names)
    rows = Identity.objects.filter(
        kind__in={kind for kind, _value in wanted}, value__in=[value for _kind, value in wanted]
    )
    return {(row.kind, row.value): row.member for row in rows.select_related("member")}


def silent(brand: Brand, *, since: datetime, most: int) -> list[Member]:
    """Members of a brand of whom nothing was heard since then, the oldest first."""
    heard = Event.objects.filter(member=OuterRef("pk"), at__gt=since)
    rows = Member.objects.filter(~Exists(heard), joined_at__lt=since, home_store__brand=brand)
    return list(rows.exclude(name="").order_by("pk")[:most])


def cards_of(brand: Brand, *, most: int) -> list[Identity]:
    """Cards of the brand's members whose name is known."""
    rows = named_in(Kind.CARD).filter(member__home_store__brand=brand, member__merged_into=None)
    return list(rows.exclude(member__name="")[:most])


def phone_of(member: Member) -> str:
    """The first phone; raises IndexError for a member without one."""
    return member.identities.filter(kind=Kind.PHONE).order_by("value").values_list("value", flat=True)[0]


def twins(*, most: int) -> list[tuple[int, int]]:
    """Pairs of members with one name and birthday, where there are just two of them; where both have bought, last."""
    rows = Member.objects.exclude(birthday=None).order_by().values("name", "birthday")
    both = rows.annotate(n=Count("pk"), low=Min("pk"), high=Max("pk")).filter(n=2).order_by("low")
    pairs = list(both.values_list("low", "high")[:LOOKED_AT])
    bought = set(
        Order.objects.filter(member__in=[pk for pair in pairs for pk in pair]).values_list("member_id", flat=True)
    )
    return sorted(pairs, key=lambda pair: len(bought.intersection(pair)))[-most:]


def standing_merge(case: MatchCase) -> Merge:
    """The merge that stands between the two of a decided case."""
    return Merge.objects.get(winner__in=(case.one_id, case.other_id), undone_at=None)


def willing(brand: Brand, *, since: datetime, most: int) -> list[Member]:
    """Members of a brand who agreed to offers before that moment."""
    said = Consent.objects.filter(member=OuterRef("pk"), purpose=Purpose.MARKETING, is_given=True, at__lt=since)
    return list(Member.objects.filter(Exists(said), home_store__brand=brand).order_by("pk")[:most])


def how_many() -> dict[str, int]:
    """Members, prospects, and pairs that wait for a decision."""
    return {
        "members": Member.objects.count(),
        "prospects": Member.people.filter(joined_at=None).count(),
        "pairs": MatchCase.objects.filter(state=MatchCase.State.OPEN).count(),
    }
