"""The first page of the day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.queries import coupon_days
from loyalty.queries import days as book_days
from loyalty.queries import reports as loyalty_reports
from members.queries import buyers, reports
from members.queries.buyers import Buyers
from members.queries.days import calendar, total
from members.queries.reports import Daily, Span
from stores.access import Permission, may
from stores.models import Staff
from stores.queries import board
from stores.queries import stores as places
from web.ui import charts, formats
from web.ui.menu import address
from web.ui.pages import Page

from . import outcome, setup

SPARK_DAYS = 30
PERIODS = [(1, gettext_lazy("Today")), (7, gettext_lazy("7 days")), (30, gettext_lazy("30 days"))]


@dataclass(frozen=True)
class Tile:
    """One figure: what, how much, how it compares, how it moved, where its people are, and how it is counted."""

    label: str
    figure: str
    change: float | None = None  # share of the figure before: 0.12 is 12 % more
    is_points: bool = False  # the change is in percentage points
    spark: SafeString | str = ""
    url: str = ""
    hint: str = ""
    how: str = ""

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
             spark=spark({day: one.joins for day, one in days.items()}), url=f"/members/?joined_min={span.start:%Y-%m-%d}",
             how=_("Members by the day they joined, in the store they belong to now.")),
        Tile(_("Active members"), formats.compact(people.now), change(people.now, people.before),
             spark=spark({day: people.daily.get(day, 0) for day in days}), hint=counted,
             how=_("Members with at least one order in the period, each counted once.")),
        Tile(_("Sales"), formats.compact_money(now.sales), change(now.sales, before.sales),
             spark=spark({day: one.sales for day, one in days.items()}), url=f"/orders/?paid_min={span.start:%Y-%m-%d}",
             hint=_("refunds taken off"),
             how=_("All orders by the day they were paid. A refund lowers the day of its order.")),
        Tile(_("Member share of sales"), formats.percent(share), moved, is_points=True,
             spark=spark({day: one.member_sales for day, one in days.items()}),
             how=_("Sales to members, divided by all sales.")),
    ]  # fmt: skip


def points_tiles(staff: Staff, span: Span, month: Span) -> list[Tile]:
    """Points given and held, for whoever sees whole brands."""
    if staff.scope not in {Staff.Scope.CHAIN, Staff.Scope.BRAND}:
        return []
    books = book_days.points_books(places.brands_visible_to(staff))
    daily, held = book_days.points(books, month.before.days[0], span.days[-1])
    earned = sum(daily.get(day, 0) for day in span.days)
    before = sum(daily.get(day, 0) for day in span.before.days[:-1])
    before += loyalty_reports.earned_until(books, span.before.end)
    return [
        Tile(_("Points issued"), formats.compact(earned), change(earned, before),
             spark=spark({day: daily.get(day, 0) for day in month.days}),
             how=_("Points that came in, by the day of the order or reason, before refunds took any back.")),
        Tile(_("Points balance"), formats.compact(held), hint=_("held by members now"),
             how=_("All points that ever came in, without all that were used, taken back or ran out.")),
    ]  # fmt: skip


def coupon_tiles(staff: Staff, span: Span, month: Span) -> list[Tile]:
    """Coupons issued, used, and what they took off."""
    daily = coupon_days.by_day(staff, month.before.days[0], span.days[-1])
    now = coupon_days.total(one for day, one in daily.items() if day in set(span.days))
    before = coupon_days.total(one for day, one in daily.items() if day in set(span.before.days[:-1]))
    before = coupon_days.total([before, *coupon_days.until(staff, span.before.end).values()])
    sees_issued = staff.scope in {Staff.Scope.CHAIN, Staff.Scope.BRAND}
    hint = _("%(count)s issued") % {"count": formats.compact(now.issued)} if sees_issued else ""
    return [
        Tile(_("Coupons redeemed"), formats.compact(now.redeemed), change(now.redeemed, before.redeemed), hint=hint,
             spark=spark({day: daily.get(day, coupon_days.NONE).redeemed for day in month.days}),
             url=address("coupon-list") if may(staff, Permission.COUPON_VIEW) else "",
             how=_("Coupons used, by the day and the store of their use; those taken back do not count. "
                   "Issued: put into wallets in the period, used or not.")),
        Tile(_("Discount given"), formats.compact_money(now.discount), change(now.discount, before.discount),
             spark=spark({day: daily.get(day, coupon_days.NONE).discount for day in month.days}),
             hint=_("by redeemed coupons"), how=_("What redeemed coupons took off the price.")),
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


def join_chart(staff: Staff, span: Span) -> charts.Bars:
    """New members by channel."""
    rows = [
        (formats.local_name(channel) if channel else _("Unknown"), count)
        for channel, count in reports.joined_by_channel(staff, span)
    ]
    return charts.Bars(_("New members by channel"), rows)


def opening(staff: Staff) -> dict:
    """How many open stores passed each step."""
    whole, _brands = board.of(places.visible_to(staff))
    labels = {"invited": _("Manager invited"), "printed": _("Code printed"), "scanned": _("First scan"),
              "joined": _("First member"), "promoted": _("First promotion")}  # fmt: skip
    rows = [{"label": label, "count": getattr(whole, step)} for step, label in labels.items()]
    return {"opening": rows, "opening_total": whole.total, "board_url": address("store-board")}


def chosen_days(asked: str) -> int:
    """1, 7 or 30; 7 when something else was asked for."""
    return int(asked) if asked in {"1", "7", "30"} else 7


class Home(Page):
    """What happened today, in seven and in thirty days; who did most; what comes next and what is still to set up."""

    permission = Permission.HOME_VIEW
    template = "portal/home/home.html"
    title = gettext_lazy("Home")

    def get(self, request, *args, **kwargs):
        given = request.GET
        days, by = chosen_days(given.get("days", "")), outcome.chosen_measure(given.get("by", ""))
        return self.render(**figures(request.user, days, by, now=timezone.now()))


def figures(staff: Staff, days: int, by: str, *, now: datetime) -> dict:
    """All words of the home page. Its days are those of the chain's calendar, whoever looks."""
    span, month = (Span.of_days(each, now=now, zone=calendar()) for each in (days, SPARK_DAYS))
    shown = charted(span, month)
    daily = reports.daily(staff, span, shown, alone=month)
    tiles = member_tiles(span, month, daily, buyers.of(staff, span, month))
    tiles += points_tiles(staff, span, month) + coupon_tiles(staff, span, month)
    scans = total(daily.of(span).values()).scans
    return {
        "days": days, "periods": PERIODS, "weeks": span.weeks, "now": now, "tiles": tiles,
        "sales": sales_chart(shown, daily), "by_channel": join_chart(staff, span), "steps": setup.steps(staff),
        "funnel": outcome.funnel_of(staff, span, scans), "by": by, "measures": outcome.MEASURES,
        "board": outcome.board(staff, span, daily, by), "ahead": outcome.ahead(staff, now=now),
        "campaigns_url": outcome.campaigns_url(staff),
    } | opening(staff)  # fmt: skip
