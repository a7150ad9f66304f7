"""Store codes: finding one from what was scanned, and the tables of them."""

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext as _

from ..models import CodeScan, PosterArchive, Staff, Store, StoreCode
from ..rules import codes as shape
from . import stores


class UnknownCode(Exception):
    """Nothing hangs under this code: mistyped, invented or tampered with. The text may be shown."""

    def __str__(self):
        return _("This code is not one of ours. Please scan the code in the store again.")


def find(public: str) -> StoreCode:
    """The code behind twelve characters, live or revoked (look at ``is_live``), with store, brand and associate.

    Raises UnknownCode; a text of the wrong length or with foreign signs never reaches the database.
    """
    parts = shape.parse(public)
    if parts is None:
        raise UnknownCode
    token, check = parts
    code = StoreCode.objects.select_related("store__brand", "associate", "replaced_by").filter(token=token).first()
    if code is None or not hmac.compare_digest(code.check_chars, check):
        raise UnknownCode
    return code


def link(code: StoreCode) -> str:
    """The path that a scan opens."""
    return f"/c/{code.public}"


def address(code: StoreCode) -> str:
    """The whole address that is printed."""
    return f"{settings.SITE_URL}{link(code)}"


def visible_to(staff: Staff) -> QuerySet[StoreCode]:
    """The codes of the stores inside this person's scope."""
    return StoreCode.objects.filter(store__in=stores.visible_to(staff))


def for_list(staff: Staff) -> QuerySet[StoreCode]:
    """The codes on the list page with ``scan_count`` and ``join_count``, newest first."""
    rows = visible_to(staff).select_related("store__brand", "store__region", "associate", "issued_by", "replaced_by")
    return _counted(rows).order_by("-issued_at", "-pk")


def _counted(rows: QuerySet[StoreCode]) -> QuerySet[StoreCode]:
    """With ``scan_count`` and ``join_count``, each by the index of the code."""
    scans = CodeScan.objects.filter(code=OuterRef("pk")).order_by().values("code")
    number = scans.annotate(number=Count("pk")).values("number")
    joined = scans.filter(joined_at__isnull=False).annotate(number=Count("pk")).values("number")
    return rows.annotate(scan_count=Coalesce(Subquery(number), 0), join_count=Coalesce(Subquery(joined), 0))


def of_store(store: Store) -> QuerySet[StoreCode]:
    """A store's codes, live ones first, with ``scan_count`` and ``join_count``."""
    rows = StoreCode.objects.filter(store=store).select_related("store__brand", "associate", "replaced_by")
    return _counted(rows).order_by("-revoked_at", "kind", "-issued_at", "-pk")


def live_of(store: Store, *, kind: str, associate: Staff | None = None, label: str = "") -> StoreCode | None:
    """The one live code of a store, an associate at a store, or a poster; None before it is issued."""
    return (
        StoreCode.objects.select_related("store__brand", "associate")
        .filter(store=store, kind=kind, associate=associate, label=label, revoked_at=None)
        .first()
    )


def without_code(shops: QuerySet[Store]) -> QuerySet[Store]:
    """Of these stores, those that have no live store code."""
    live = StoreCode.objects.filter(store=OuterRef("pk"), kind=StoreCode.Kind.STORE, revoked_at=None)
    return shops.filter(~Exists(live))


def archives_of(staff: Staff) -> QuerySet[PosterArchive]:
    """The archives this person asked for, newest first: nobody else sees or fetches them."""
    return PosterArchive.objects.filter(asked_by=staff).order_by("-pk")


@dataclass(frozen=True)
class Days:
    """Figures for each day, oldest first."""

    days: list[date]
    scans: list[int]
    joins: list[int]


def scans_by_day(code: StoreCode, *, now: datetime, count: int = 30) -> Days:
    """Scans and joins of a code on each of the last days, by the store's calendar."""
    zone = ZoneInfo(code.store.time_zone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
    rows = (
        CodeScan.objects.filter(code=code, at__gte=now - timedelta(days=count + 1))
        .annotate(day=TruncDate("at", tzinfo=zone))
        .values("day")
        .annotate(scans=Count("pk"), joins=Count("pk", filter=Q(joined_at__isnull=False)))
        .order_by("day")
    )
    found = {row["day"]: row for row in rows}
    none = {"scans": 0, "joins": 0}
    return Days(days, [found.get(day, none)["scans"] for day in days], [found.get(day, none)["joins"] for day in days])
