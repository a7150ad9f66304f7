"""What receipts refer to: stores, members, associates and products, looked up in one question."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from stores.models import Store

from ..rules.receipts import MemberRef, NewOrder
from . import hot
from .arrays import numbers, texts

STORES = "SELECT 's', s.code, s.id, s.brand_id, 0, true FROM stores_store s WHERE s.code = ANY(%s::text[])"
MEMBERS = """
    SELECT 'm', i.value, i.member_id::bigint, i.kind::bigint, i.came_as, m.joined_at IS NOT NULL
    FROM unnest(%s::smallint[], %s::text[]) AS asked (kind, value)
    JOIN members_identity i ON i.kind = asked.kind AND i.value = asked.value
    JOIN members_member m ON m.id = i.member_id
"""
STAFF = "SELECT 'a', username, id, 0, 0, true FROM stores_staff WHERE username = ANY(%s::text[])"
PRODUCTS = "SELECT 'p', sku, id, 0, 0, true FROM members_product WHERE sku = ANY(%s::text[])"


class Known(NamedTuple):
    """Everything that a set of receipts refers to: stores as (id, brand id), the others by their id.

    ``came_as`` holds the members who brought an identity and were merged into its owner. ``prospects`` are owners who
    have not joined; nobody else stands there.
    """

    stores: dict[str, tuple[int, int]]
    members: dict[MemberRef, int]
    staff: dict[str, int]
    products: dict[str, int]
    came_as: dict[MemberRef, int]
    prospects: dict[MemberRef, int]

    def people(self) -> set[MemberRef]:
        """Whoever is known, joined or not."""
        return {*self.members, *self.prospects}


def look_up(news: Iterable[NewOrder], within: QuerySet[Store] | None) -> Known:
    """The stores (of those ``within``), members, associates and products that these receipts name."""
    codes, refs, names, skus = set(), set(), set(), set()
    for new in news:
        codes.add(new.store)
        if new.member and new.member.value:
            refs.add(new.member)
        if new.associate:
            names.add(new.associate)
        skus |= {line[0] for line in new.lines}
    known = Known({}, {}, {}, {}, {}, {})
    if not codes:
        return known
    allowed, given = _inside(within)
    asked: list[tuple[str, list[Any]]] = [(STORES + allowed, [texts(_storable(codes)), *given])]
    if refs:
        asked.append((MEMBERS, [numbers([ref.kind for ref in refs]), texts([ref.value for ref in refs])]))
    asked += [(text, [texts(_storable(words))]) for text, words in ((STAFF, names), (PRODUCTS, skus)) if words]
    with hot.cursor(len(codes) + len(refs) + len(skus)) as cursor:
        cursor.execute(
            " UNION ALL ".join(text for text, _ in asked), [value for _, values in asked for value in values]
        )
        for what, key, number, more, came_as, has_joined in cursor.fetchall():
            if what == "s":
                known.stores[key] = (number, more)
            elif what == "m":
                (known.members if has_joined else known.prospects)[MemberRef(more, key)] = number
                if came_as:
                    known.came_as[MemberRef(more, key)] = came_as
            else:
                (known.staff if what == "a" else known.products)[key] = number
    return known


def _inside(within: QuerySet[Store] | None) -> tuple[str, tuple[Any, ...]]:
    if within is None:
        return "", ()
    try:
        text, given = within.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return " AND false", ()
    return f" AND s.id IN ({text})", given


def _storable(words: Iterable[str]) -> list[str]:
    return [word for word in words if word.isprintable()]
