"""What a member holds, and how it came about."""

from typing import Literal

from ninja import Router, Schema

from loyalty.models import Entry
from loyalty.queries import accounts, for_keys
from stores.queries import keys
from stores.rules.scopes import Scope

from . import sharing
from .auth import KeyRequest
from .doors import reads
from .member_schemas import EntriesOut, EntryOut
from .members import holding_out, member_of
from .paging import Page, cut, whole
from .schemas import HoldingOut

router = Router(tags=["Points"])


class HoldingsOut(Schema):
    items: list[HoldingOut]


@reads(router, "/members/{number}/points", Scope.POINTS_READ, HoldingsOut)
def balances(request: KeyRequest, number: str):
    """Points, growth value and tier in each brand of this key that the member takes part in."""
    sharing.demand(request.auth, "points")
    brands = set(keys.brands_of(request.auth).values_list("pk", flat=True))
    held = accounts.holdings(member_of(request.auth, number))
    return {"items": [holding_out(each, request.auth) for each in held if each.brand.pk in brands]}


@reads(router, "/members/{number}/ledger", Scope.POINTS_READ, EntriesOut)
def ledger(request: KeyRequest, number: str, page: Page, asset: Literal["points", "growth"] | None = None):
    """Every movement in the brands of this key, latest first, page by page."""
    sharing.demand(request.auth, "points")
    rows = for_keys.entries(member_of(request.auth, number), request.auth, asset=asset or "")
    found, after = cut(rows, page, "id", read=[whole], backwards=True)
    return {"items": [_entry_out(each) for each in found], "next": after}


def _entry_out(entry: Entry) -> EntryOut:
    return EntryOut(
        id=entry.id, brand=entry.book.program.brand.code, asset=entry.book.asset, kind=entry.kind, amount=entry.amount,
        owed=entry.owed, balance_after=entry.balance_after, occurred_at=entry.occurred_at, reason=entry.reason,
    )  # fmt: skip
