"""Below the figures of the first page: how far new members came, which stores did most, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.queries import ahead as next_campaigns
from loyalty.queries import leaderboard
from members.queries import funnel
from members.queries.funnel import Cohort
from members.queries.reports import Daily, Span
from stores.access import Permission, may
from stores.models import Staff
from web.ui import formats
from web.ui.menu import address

SHOWN = 5  # campaigns on the first page
MEASURES = [
    ("joins", gettext_lazy("New members")),
    ("sales", gettext_lazy("Member sales")),
    ("coupons", gettext_lazy("Coupons redeemed")),
]


@dataclass(frozen=True)
class Step:
    """One step of the funnel: how many, their share of the step before (0..1), and that share in the time before."""

    label: str
    count: int
    whole: int  # of the largest step, for the bar
    share: float | None = None
    share_before: float | None = None


@dataclass(frozen=True)
class Place:
    """One line of the leaderboard."""

    rank: int
    name: str
    url: str
    figure: str
    part: float  # 0..100 of the first
    change: float | None

    @property
    def change_text(self) -> str:
        return f"{abs(self.change or 0) * 100:.0f}%"


def chosen_measure(asked: str) -> str:
    """By what stores are ranked: joins when something else was asked for."""
    return asked if asked in leaderboard.MEASURES else "joins"


def _share(part: int, of: int) -> float | None:
    return float(part / of) if of else None


def funnel_of(staff: Staff, span: Span, scans: int) -> dict[str, Any]:
    """The steps from a scan to a second order, and when they were counted, if not just now."""
    found = funnel.of(staff, span)
    now, before = found.now, found.before
    whole = max(scans, now.joined, 1)

    def step(label: str, name: str, earlier: str) -> Step:
        return Step(label, getattr(now, name), whole, _share(getattr(now, name), getattr(now, earlier)),
                    _share(getattr(before, name), getattr(before, earlier)))  # fmt: skip

    steps = [
        Step(_("Store code scanned"), scans, whole),
        Step(_("Joined by the code"), now.joined, whole, _share(now.joined, scans)),
        step(_("First order"), "first", "joined"),
        step(_("Bought again"), "repeat", "first"),
    ]
    return {"steps": steps, "at": found.at if found.at < span.end else None, "is_empty": not scans and now == Cohort()}


def board(staff: Staff, span: Span, daily: Daily, by: str) -> Sequence[Place]:
    """The leading stores by one measure."""
    rows = leaderboard.of(staff, span, daily, by=by)
    most = max((row.figure for row in rows), default=0) or 1
    show = formats.money if by == "sales" else formats.number
    return [
        Place(
            row.rank, formats.local_name(row.store), f"/stores/{row.store.pk}/", show(row.figure),
            round(float(row.figure) / float(most) * 100, 1), _grown(row.figure, row.before),
        )
        for row in rows
    ]  # fmt: skip


def _grown(now: int | Decimal, before: int | Decimal) -> float | None:
    return float(now) / float(before) - 1 if before > 0 else None


def campaigns_url(staff: Staff) -> str:
    """The list of campaigns, for whoever may open it."""
    return address("campaign-list") if may(staff, Permission.CAMPAIGN_VIEW) else ""


def ahead(staff: Staff, *, now: datetime) -> list[Campaign]:
    """What runs and what starts within a week."""
    return list(next_campaigns.of(staff, now=now)[:SHOWN])
