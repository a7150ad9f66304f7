"""The timeline of one member: six kinds of fact in the order of time, filtered, page after page by the last one's key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import Event
from members.queries import events
from members.rules import event_schemas, facts
from stores.filters.days import FromDay, UntilDay
from stores.models import Channel
from stores.queries import channels
from web.ui import formats
from web.ui.templatetags.signs import sign

from . import timeline
from .card import Head
from .timeline import Moment

MEMBERSHIP = "membership"


@dataclass(frozen=True)
class Line:
    """One fact: in words, of which of the six kinds, and where we know it from."""

    moment: Moment
    fact: Any
    source: str


def channels_of(request: Any) -> QuerySet[Channel]:
    return channels.visible_to(request.user).order_by("code") if request else Channel._default_manager.none()


class TimelineFilter(django_filters.FilterSet):
    """Which kind of fact, through which channel, when."""

    fact = django_filters.ChoiceFilter(
        method="of_fact", label=_("Kind of fact"), empty_label=_("All"),
        choices=[*event_schemas.Fact.choices, (MEMBERSHIP, _("Membership"))],
    )  # fmt: skip
    channel = django_filters.ModelChoiceFilter(queryset=channels_of, label=_("Channel"), empty_label=_("All"))
    day_min = FromDay(field_name="at", label=_("From"))
    day_max = UntilDay(field_name="at", label=_("Until"))

    @property
    def is_asked(self) -> bool:
        """Whether any question is asked."""
        return any(self.form.cleaned_data.values()) if self.form.is_valid() else True

    class Meta:
        model = Event
        fields: list[str] = []

    def of_fact(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == MEMBERSHIP:
            return rows.exclude(kind__in=list(facts.BY_KIND))
        return rows.filter(kind__in=facts.kinds_of(value))


def rows(request: HttpRequest, head: Head) -> tuple[TimelineFilter, QuerySet[Event]]:
    """The filter and the events that it leaves, latest first."""
    found = events.timeline(head.member, request.user, programs=head.mine)
    chosen = TimelineFilter(request.GET, found, request=request)
    return chosen, chosen.qs


def lines(found: list[Event], head: Head) -> list[Line]:
    """The events in words."""
    return [Line(timeline.moment(event, head.names), fact_of(event.kind), source(event)) for event in found]


def fact_of(kind: str) -> Any:
    """Which of the six kinds, else the membership itself."""
    fact = facts.of(kind)
    return fact.label if fact else _("Membership")


def source(event: Event) -> str:
    """Where we know it from, beside store and channel: a file's row, a merged record, and when we were told."""
    words = []
    if "run" in event.data:
        words.append(_("file no. %(run)s, row %(row)s") % {"run": event.data["run"], "row": event.data.get("row", "–")})
    if event.came_as:
        words.append(_("with a merged record"))
    if _late(event.at, event.recorded_at):
        words.append(_("told %(when)s") % {"when": formats.moment(event.recorded_at)})
    if "rule" in event.data:
        words.append(sign(event.data["rule"]))
    return " · ".join(str(word) for word in words)


def _late(at: datetime, told: datetime) -> bool:
    return abs((told - at).total_seconds()) > 86_400
