"""How good the data are: whose orders are known, and what is known of members. Every figure is a count of rows."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from ..models import Identity, Member, Order

Kind = Identity.Kind
FIELDS = ("name", "birthday", "gender", "home_store")
IDENTITIES = {"phone": (Kind.PHONE,), "email": (Kind.EMAIL,), "wechat": (Kind.OPENID, Kind.UNIONID)}
PARTS = (*IDENTITIES, *FIELDS)
EMPTY = {"name": Q(name=""), "gender": Q(gender=""), "birthday": Q(birthday=None), "home_store": Q(home_store=None)}


class Identified(NamedTuple):
    """Orders of one channel, and those of them whose buyer is known."""

    channel: int
    orders: int
    known: int


def identified(orders: QuerySet[Order]) -> list[Identified]:
    """By channel (its id), the most orders first."""
    found = orders.order_by().values("channel").annotate(n=Count("pk"), known=Count("member")).order_by("-n", "channel")
    return [Identified(row["channel"], row["n"], row["known"]) for row in found]


def known(members: QuerySet[Member]) -> dict[str, int]:
    """How many of these members each part of the profile is known of, and ``total``; in two questions."""
    counts = {name: Count("pk", filter=~empty) for name, empty in EMPTY.items()}
    found = members.order_by().aggregate(total=Count("pk"), **counts)
    kinds = {name: Count("member", distinct=True, filter=Q(kind__in=each)) for name, each in IDENTITIES.items()}
    wanted = [kind for each in IDENTITIES.values() for kind in each]
    rows = Identity.objects.filter(kind__in=wanted, member__in=members.order_by().values("pk"))
    return found | rows.aggregate(**kinds)


def lacking(members: QuerySet[Member], part: str) -> QuerySet[Member]:
    """Those of the members of whom this part is not known."""
    if part in EMPTY:
        return members.filter(EMPTY[part])
    owners = Identity.objects.filter(kind__in=IDENTITIES[part]).values("member")
    return members.exclude(pk__in=owners)
