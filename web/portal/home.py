"""The first page of the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.queries import days as book_days
from loyalty.queries import reports as loyalty_reports
from members.queries import buyers, reports
from members.queries.buyers import Buyers
from members.queries.days import calendar, total
from members.queries.reports import Daily, Span
from stores.access import Permission
from stores.models import Staff
from stores.queries import board
from stores.queries import stores as places
from web.ui import charts, formats
from web.ui.menu import address
from web.ui.pages import Page

from . import setup

SPARK_DAYS = 30
PERIODS = [(1, gettext_lazy("Today")), (7, gettext_lazy("7 days")), (30, gettext_lazy("30 days"))]


@dataclass(frozen=True)
class Tile:
    """One figure: what, how much, how it compares, how it moved, and where its people are."""

    label: str
    figure: str
    change: float | None = None  # share of the figure before: 0.12 is 12 % more
    is_points: bool = False  # the change is in percentage points
    spark: SafeString | str = ""
    url: str = ""
    hint: str = ""

    @property
    def change_text(self) -> str:
        """12.0 %, or 1.5 points for a share of percent."""
        size = abs(self.change or 0) * 100
        return _("%(points)s pt") % {"points": f"{size:.1f}"} if self.is_points else f"{size:.1f}%"


def change(now: Any, before: Any) -> float | None:
    """By which share a figure grew; None when there was nothing to compare with."""
    return float(now) / float(before) - 1 if before else None


def spark(values: dict[date, Any]) -> SafeString:
    """A sparkline of daily figures, without today, which is not over."""
    return charts.sparkline(list(values.values())[:-1])


def member_tiles(span: Span, month: Span, daily: Daily, people: Buyers) -> list[Tile]:
    """Joins, active members, sales and the members' share."""
    now, before, days = total(daily.of(span).values()), total(daily.before(span).values()), daily.of(month)
    share, share_before = now.member_share, before.member_share
    moved = float(share - share_before) if share is not None and share_before is not None else None
    counted = _("members who bought")
    if people.at < span.end:
        counted = _("members who bought, counted %(ago)s") % {"ago": formats.ago(people.at, span.end)}
    return [
        Tile(_("New members"), formats.compact(now.joins), change(now.joins, before.joins),
             spark=spark({day: one.joins for day, one in days.items()}), url=f"/members/?joined_min={span.start:%Y-%m-%d}"),
        Tile(_("Active members"), formats.compact(people.now), change(people.now, people.before),
             spark=spark({day: people.daily.get(day, 0) for day in days}), hint=counted),
        Tile(_("Sales"), formats.compact_money(now.sales), change(now.sales, before.sales),
             spark=spark({day: one.sales for day, one in days.items()}), url=f"/orders/?paid_min={span.start:%Y-%m-%d}",
             hint=_("refunds taken off")),
        Tile(_("Member share of sales"), formats.percent(share), moved, is_points=True,
             spark=spark({day: one.member_sales for day, one in days.items()})),
    ]  # fmt: skip


def points_tiles(staff: Staff, span: Span, month: Span) -> list[Tile]:
    """Points given and held, for whoever sees whole brands."""
    if staff.scope not in {Staff.Scope.CHAIN, Staff.Scope.BRAND}:
        return []
    books = book_days.points_books(places.brands_visible_to(staff))
    daily = book_days.earned_by_day(books, month.before.days[0], span.days[-1])
    earned = sum(daily.get(day, 0) for day in span.days)
    before = sum(daily.get(day, 0) for day in span.before.days[:-1])
    before += loyalty_reports.earned_until(books, span.before.end)
    return [
        Tile(_("Points issued"), formats.compact(earned), change(earned, before),
             spark=spark({day: daily.get(day, 0) for day in month.days})),
        Tile(_("Points balance"), formats.compact(book_days.held(books)), hint=_("held by members now")),
    ]  # fmt: skip


def charted(span: Span, month: Span) -> Span:
    """The days of the chart: at least fourteen, so that there is a line."""
    if len(span.days) == 1 or len(span.days) > 7:
        return month
    return Span.of_days(14, now=span.end, zone=calendar())


def sales_chart(shown: Span, daily: Daily) -> charts.Line:
    """Sales by day, this time and the weeks before."""
    rows = [charts.Series(_("Sales"), [one.sales for one in daily.of(shown).values()])]
    before = [one.sales for one in daily.before(shown).values()]
    rows.append(charts.Series(_("%(weeks)d weeks earlier") % {"weeks": shown.weeks}, before))
    return charts.Line(_("Sales by day"), shown.days, rows, "money")


def join_charts(staff: Staff, span: Span) -> Sequence[charts.Bars]:
    """New members by channel and by store."""
    by_store = [(formats.local_name(store), count) for store, count in reports.joined_by_store(staff, span)]
    by_channel = [(name or _("Unknown"), count) for name, count in reports.joined_by_channel(staff, span)]
    return charts.Bars(_("New members by store"), by_store), charts.Bars(_("New members by channel"), by_channel)


def opening(staff: Staff) -> dict:
    """How many open stores passed each step."""
    whole, _brands = board.of(places.visible_to(staff))
    labels = {"invited": _("Manager invited"), "printed": _("Code printed"), "scanned": _("First scan"),
              "joined": _("First member")}  # fmt: skip
    rows = [{"label": label, "count": getattr(whole, step)} for step, label in labels.items()]
    return {"opening": rows, "opening_total": whole.total, "board_url": address("store-board")}


def chosen_days(asked: str) -> int:
    """1, 7 or 30; 7 when something else was asked for."""
    return int(asked) if asked in {"1", "7", "30"} else 7


class Home(Page):
    """What happened today, in seven and in thirty days; what is still to set up."""

    permission = Permission.HOME_VIEW
    template = "portal/home/home.html"
    title = gettext_lazy("Home")

    def get(self, request, *args, **kwargs):
        return self.render(**figures(request.user, chosen_days(request.GET.get("days", "")), now=timezone.now()))


def figures(staff: Staff, days: int, *, now: datetime) -> dict:
    """All words of the home page. Its days are those of the chain's calendar, whoever looks."""
    span, month = (Span.of_days(each, now=now, zone=calendar()) for each in (days, SPARK_DAYS))
    shown = charted(span, month)
    daily = reports.daily(staff, span, shown, month)
    by_store, by_channel = join_charts(staff, span)
    return {
        "days": days, "periods": PERIODS, "weeks": span.weeks, "now": now,
        "tiles": member_tiles(span, month, daily, buyers.of(staff, span, month)) + points_tiles(staff, span, month),
        "sales": sales_chart(shown, daily), "by_store": by_store, "by_channel": by_channel,
        "steps": setup.steps(staff),
    } | opening(staff)  # fmt: skip
