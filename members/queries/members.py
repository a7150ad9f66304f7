"""Which members a person may see, and how they are found."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Coalesce, Right

from stores.models import Staff
from stores.queries import stores

from ..models import Identity, Member, Order
from ..rules import phones

LAST_FOUR = re.compile(r"^(?P<digits>\d{4})\s*(?P<name>\D.*)$|^(?P<name2>\D.*?)\s*(?P<digits2>\d{4})$")
SHOWN_KINDS = (Identity.Kind.PHONE, Identity.Kind.CARD)


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
    """Those of the members whom a searched text names.

    A whole phone, a card number, a member number, last four digits with a name (``1234王`` or ``王 1234``), or the
    beginning of a name. Each way reads an index; a bare four digits finds nobody, since it would find too many.
    """
    text = text.strip()[:128]
    if not text:
        return members
    if phone := phones.normalise(text):
        return members.filter(pk__in=_owners(Identity.Kind.PHONE, value=phone))
    if found := LAST_FOUR.match(text):
        name = (found["name"] or found["name2"]).strip().rstrip("*")
        if not any(letter.isdigit() for letter in name):
            ending = _called(name, ending=found["digits"] or found["digits2"])
            return members.filter(pk__in=ending.union(_numbered(text)))  # an OR of the two would read no index
    if any(letter.isdigit() for letter in text):
        return members.filter(pk__in=_numbered(text))
    return members.filter(name__startswith=text)


def _owners(kind: int, **given: Any) -> QuerySet:
    return Identity.objects.filter(kind=kind, **given).values("member")


def _called(name: str, *, ending: str) -> QuerySet:
    """Members with this beginning of a name and these last four digits of a phone."""
    phones_ending = Identity.objects.annotate(last_four=Right("value", 4))
    owners = phones_ending.filter(kind=Identity.Kind.PHONE, last_four=ending).values("member")
    return Member.objects.filter(name__startswith=name, pk__in=owners).values("pk")


def _numbered(text: str) -> QuerySet:
    """Members with this member number or card number, as typed or in capitals."""
    by_card = _owners(Identity.Kind.CARD, value__in={text, text.upper()})
    named = Member.everyone.filter(number__in={text, text.upper()})
    by_number = named.annotate(person=Coalesce("merged_into", "id")).values("person")  # a merged record leads on
    return by_number.union(by_card)


def leads_to(staff: Staff, number: str) -> Member | None:
    """The member into whom the record of this number was merged, if this person may see them."""
    into = Member.everyone.filter(number=number, merged_into__isnull=False).values("merged_into")
    return visible_to(staff).filter(pk__in=into).first()


def find(staff: Staff, text: str) -> QuerySet[Member]:
    """The members a person may see whom the text names; see ``matching``."""
    return matching(for_list(staff), text).order_by("-joined_at", "-pk")
