"""Which members a person may see, and how they are found."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Coalesce, Right

from stores.models import Staff
from stores.queries import stores

from ..models import Identity, Member, Order
from ..rules import searching
from ..rules.searching import Means

Kind = Identity.Kind
SHOWN_KINDS = (Kind.PHONE, Kind.CARD)
SCOPED_KINDS = (Kind.CARD, Kind.OPENID, Kind.BUYER)
NAMED_KINDS = (Kind.CARD, Kind.OPENID, Kind.UNIONID, Kind.EMAIL, Kind.WECOM, Kind.ALIPAY, Kind.BUYER)


def visible_to(staff: Staff) -> QuerySet[Member]:
    """Head office sees every member; a store sees those who belong to it or bought there."""
    if not staff.is_active:
        return Member.objects.none()
    if staff.sees_every_store:
        return Member.objects.all()
    mine = stores.visible_to(staff).values("pk")
    belong = Member.objects.filter(home_store__in=mine).order_by().values("pk")
    bought = Order.objects.filter(store__in=mine, member__isnull=False).order_by().values("member")
    return Member.objects.filter(pk__in=belong.union(bought))  # an OR of the two would read every member


def for_list(staff: Staff) -> QuerySet[Member]:
    """The members on the list page, with store, associate and (prefetched as ``shown_identities``) phone and card."""
    shown = Identity.objects.filter(kind__in=SHOWN_KINDS).order_by("kind", "added_at")
    return (
        visible_to(staff)
        .select_related("home_store__brand", "associate", "joined_channel")
        .prefetch_related(Prefetch("identities", queryset=shown, to_attr="shown_identities"))
    )


def matching(members: QuerySet[Member], text: str) -> QuerySet[Member]:
    """Those of the members whom a searched text names, as ``rules.searching`` reads it.

    Each way reads an index; a bare four digits finds nobody, since it would find too many.
    """
    asked = searching.read(text)
    if asked.means == Means.NOTHING:
        return members
    if asked.means == Means.PHONE:
        return members.filter(pk__in=_owners(Identity.Kind.PHONE, value=asked.text))
    if asked.means == Means.ENDING:  # a card may read like a name with four digits; an OR would read no index
        return members.filter(pk__in=_called(asked.text, ending=asked.ending).union(_numbered(text.strip())))
    if asked.means == Means.NUMBER:
        return members.filter(pk__in=_numbered(asked.text))
    return members.filter(name__startswith=asked.text)


def _owners(kind: int, **given: Any) -> QuerySet:
    return Identity.objects.filter(kind=kind, **given).values("member")


def _called(name: str, *, ending: str) -> QuerySet:
    """Members with this beginning of a name and these last four digits of a phone."""
    phones_ending = Identity.objects.annotate(last_four=Right("value", 4))
    owners = phones_ending.filter(kind=Identity.Kind.PHONE, last_four=ending).values("member")
    return Member.objects.filter(name__startswith=name, pk__in=owners).values("pk")


def _numbered(text: str) -> QuerySet:
    """Members with this member number, card number or platform id, with or without its scope, as typed or in capitals."""
    forms = searching.values(text)
    by_value = Identity.objects.filter(kind__in=NAMED_KINDS, value__in=forms).values("member")
    scoped = Identity.objects.filter(kind__in=SCOPED_KINDS, value__contains=":").alias(bare=Identity.inside())
    by_inside = scoped.filter(bare__in=forms).values("member")
    named = Member.everyone.filter(number__in=forms)
    by_number = named.annotate(person=Coalesce("merged_into", "id")).values("person")  # a merged record leads on
    return by_number.union(by_value, by_inside)


def leads_to(staff: Staff, number: str) -> Member | None:
    """The member into whom the record of this number was merged, if this person may see them."""
    into = Member.everyone.filter(number=number, merged_into__isnull=False).values("merged_into")
    return visible_to(staff).filter(pk__in=into).first()


def find(staff: Staff, text: str) -> QuerySet[Member]:
    """The members a person may see whom the text names; see ``matching``."""
    return matching(for_list(staff), text).order_by("-joined_at", "-pk")
