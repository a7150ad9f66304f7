"""The month of campaigns by day, and a campaign's move to another time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.queries import calendar
from campaigns.queries import campaigns as queries
from campaigns.services import campaigns, recalls
from stores.access import Permission as P
from stores.models import Brand
from stores.queries import stores
from web.ui import formats
from web.ui.pages import Action, EditPage, Page
from web.ui.templatetags.campaigns_ui import TONES

from .editor import HERE
from .forms import MoveForm

WEEK = timedelta(days=7)
SHOWN = 4  # campaigns of a day that stand there openly
YEARS = range(2000, 2100)


@dataclass(frozen=True)
class Entry:
    """A campaign on one of its days. ``begins``: it starts on this day."""

    campaign: Campaign
    begins: bool

    @property
    def tone(self) -> str:
        return TONES[self.campaign.status][0]

    @property
    def picture(self) -> str:
        return TONES[self.campaign.status][1]

    @property
    def may_move(self) -> bool:
        return self.begins and self.campaign.status == Campaign.Status.SCHEDULED


@dataclass
class Day:
    """One day of the month or of the weeks at its ends."""

    date: date
    start: datetime
    end: datetime
    is_today: bool
    is_outside: bool
    is_in_week: bool
    entries: list[Entry] = field(default_factory=list)
    promotions: int = 0

    @property
    def weekday(self) -> str:
        return formats.weekday(self.date)

    @property
    def first(self) -> list[Entry]:
        return self.entries[:SHOWN]

    @property
    def rest(self) -> list[Entry]:
        return self.entries[SHOWN:]


def days_of(chosen: date, today: date) -> list[Day]:
    """The whole weeks of the chosen day's month, from Monday, in the reader's time zone."""
    first = chosen.replace(day=1)
    monday = first - timedelta(days=first.weekday())
    week = chosen - timedelta(days=chosen.weekday())
    last = _month_after(chosen) - timedelta(days=1)
    count = ((last - monday).days // 7 + 1) * 7
    return [_day(monday + timedelta(days=n), chosen, week, today) for n in range(count)]


def _day(one: date, chosen: date, week: date, today: date) -> Day:
    return Day(
        one, _midnight(one), _midnight(one + timedelta(days=1)), one == today, one.month != chosen.month,
        week <= one < week + WEEK,
    )  # fmt: skip


def _midnight(one: date) -> datetime:
    return datetime.combine(one, time(), timezone.get_current_timezone())


def _month_after(one: date) -> date:
    return (one.replace(day=1) + timedelta(days=32)).replace(day=1)


def _month_before(one: date) -> date:
    return (one.replace(day=1) - timedelta(days=1)).replace(day=1)


def asked_day(text: str, today: date) -> date:
    """The day that the address names; today when it names none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today
    return found if found.year in YEARS else today


def fill(days: Sequence[Day], found: Sequence[Campaign]) -> None:
    """Put each campaign on its days: what begins on a day before what goes on."""
    for day in days:
        for one in found:
            begins = day.start <= one.starts_at < day.end
            if begins or (one.starts_at < day.start < one.until):
                day.entries.append(Entry(one, begins))
        day.entries.sort(key=lambda each: not each.begins)


class Calendar(Page):
    """Campaigns by day: the month on a desk, the week on a phone; promotions of stores as one line a day."""

    permission = P.CAMPAIGN_VIEW
    template = "portal/campaigns/calendar.html"
    title = _("Campaign calendar")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.render(**self.month(timezone.now()))

    def month(self, now: datetime) -> dict[str, Any]:
        staff, today = self.request.user, timezone.localdate(now)
        chosen = asked_day(self.request.GET.get("day", ""), today)
        brands = list(stores.brands_visible_to(staff))
        brand = self.brand_of(brands)
        days = days_of(chosen, today)
        fill(days, list(calendar.between(staff, days[0].start, days[-1].end, now=now, brand=brand)))
        counts = calendar.promotions(staff, [(day.start, day.end) for day in days], now=now, brand=brand)
        for day, count in zip(days, counts, strict=True):
            day.promotions = count
        return words_of(days, chosen, today) | {
            "brands": brands if len(brands) > 1 else [], "brand": brand,
            "listening": list(calendar.listening(staff, brand=brand)),
        }  # fmt: skip

    def brand_of(self, brands: Sequence[Brand]) -> Brand | None:
        """The brand that the address names, if this person sees it."""
        return next((one for one in brands if str(one.pk) == self.request.GET.get("brand")), None)

    def actions(self) -> Iterator[Action]:
        yield Action(_("List"), reverse("campaign-list"), "list", P.CAMPAIGN_VIEW)
        yield Action(_("New campaign"), reverse("campaign-new"), "plus", P.CAMPAIGN_EDIT, is_main=True)

    def crumbs(self):
        return [HERE]


def words_of(days: Sequence[Day], chosen: date, today: date) -> dict[str, Any]:
    """The grid with the ways to other months and weeks, as days in the address."""
    week = [day for day in days if day.is_in_week]
    return {
        "days": days, "weekdays": [day.weekday for day in days[:7]], "month": date_format(chosen, "YEAR_MONTH_FORMAT"),
        "week": f"{formats.day(week[0].date)} – {week[-1].date:%m-%d}", "today": today,
        "month_before": _month_before(chosen), "month_after": _month_after(chosen),
        "week_before": chosen - WEEK, "week_after": chosen + WEEK,
        "is_empty": not any(day.entries or day.promotions for day in days),
    }  # fmt: skip


class Move(EditPage):
    """A campaign that waits for its start gets another one."""

    permission = P.CAMPAIGN_LAUNCH
    form_class = MoveForm
    refusals = (campaigns.CampaignProblem,)
    template = "portal/campaigns/move.html"
    title = _("Move to another time")
    submit = _("Move")
    done = _("Moved. It starts at its new time.")

    def rows(self):
        return queries.for_list(self.request.user).exclude(kind=Campaign.Kind.LOCAL)

    def initial(self) -> dict:
        return {"starts_at": self.object.starts_at}

    def save(self, form: MoveForm) -> None:
        recalls.move(self.object, starts_at=form.cleaned_data["starts_at"], by=self.request.user, now=self.now)

    def back(self) -> str:
        return reverse("campaign-detail", args=[self.kwargs["pk"]])

    def crumbs(self):
        return [HERE, (self.object.name, self.back())]
