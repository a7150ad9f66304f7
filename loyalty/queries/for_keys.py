"""What a channel's key may read of the ledger."""

from __future__ import annotations

from django.db.models import QuerySet

from members.models import Member
from stores.models import ApiKey
from stores.queries import keys

from ..models import Entry


def entries(member: Member, key: ApiKey, *, asset: str = "") -> QuerySet[Entry]:
    """The member's ledger in the brands of the key."""
    rows = Entry.objects.filter(member=member, book__program__brand__in=keys.brands_of(key))
    if asset:
        rows = rows.filter(book__asset=asset)
    return rows.select_related("book__program__brand")
