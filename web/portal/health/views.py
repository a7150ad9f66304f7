"""The data health board: sources that fell silent, and how much is known of orders and members."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.filters import OrderFilter
from members.queries import data_health, members, orders
from members.rules import completeness
from segments.queries import audiences, scoped
from segments.rules.tree import RuleError
from stores.access import Permission
from stores.models import Channel, Staff
from stores.queries import channels, notices
from stores.queries.notices import Health
from web.ui import htmx
from web.ui.pages import Page

DAYS = 30
KEPT = 300  # seconds that figures are kept: they read every member
MEDIA = {"sms": _("Text message"), "email": _("E-mail"), "wechat": _("Official account")}


@dataclass(frozen=True)
class Share:
    """One figure: how many of how many, and where those are that are missing."""

    label: Any
    count: int
    total: int
    url: str = ""

    @property
    def missing(self) -> int:
        return self.total - self.count

    @property
    def percent(self) -> int:
        return self.count * 100 // self.total if self.total else 0


@dataclass(frozen=True)
class Source:
    """One channel with its health."""

    channel: Channel
    health: Health


@dataclass(frozen=True)
class Figures:
    """What is known of orders and members at one moment; ``reach`` is empty while counting takes too long."""

    at: datetime
    identified: list[Share]
    complete: list[Share]
    reach: list[Share]
    total: int


class Board(Page):
    """Sources at once; the figures, which read every member, arrive a moment later."""

    permission = Permission.CHANNEL_VIEW
    template = "portal/health/board.html"
    title = _("Data health")

    def get(self, request, *args, **kwargs):
        if request.GET.get("part") != "figures":
            return self.render(sources=sources(request.user, now=timezone.now()))
        template = f"{self.template}#figures" if htmx.is_partial(request) else self.template
        now = timezone.now()
        return self.render(
            template=template, figures=figures(request.user, now=now), sources=sources(request.user, now=now)
        )


def sources(staff: Staff, *, now: datetime) -> list[Source]:
    """The running channels that this person sees: those that fell silent first."""
    rows = list(channels.visible_to(staff).filter(is_active=True).order_by("code"))
    health = notices.health_of(rows, now=now)
    found = [Source(row, health[row.pk]) for row in rows]
    return sorted(found, key=lambda each: (not each.health.is_stale, each.health.is_stale is None, each.channel.code))


def figures(staff: Staff, *, now: datetime) -> Figures:
    """The figures of this person's scope, at most five minutes old."""
    key = f"data-health:{'chain' if staff.sees_every_store else staff.pk}"
    found = cache.get(key)
    if found is None:
        found = count(staff, now=now)
        cache.set(key, found, KEPT)
    return found


def count(staff: Staff, *, now: datetime) -> Figures:
    """Count anew."""
    known = data_health.known(members.visible_to(staff))
    total = known["total"]
    labels = {part.name: part.label for part in completeness.PARTS} | {"phone": _("Phone")}
    url = reverse("member-list")
    complete = [Share(labels[name], known[name], total, f"{url}?lacks={name}") for name in data_health.PARTS]
    return Figures(now, identified(staff, now=now), complete, reachable(staff, total, now=now), total)


def identified(staff: Staff, *, now: datetime) -> list[Share]:
    """Orders of the last thirty days whose buyer is known, by channel; the list of orders finds the same rows."""
    words = {"paid_min": f"{timezone.localtime(now - timedelta(days=DAYS)):%Y-%m-%d}"}
    rows = OrderFilter(words, orders.visible_to(staff)).qs
    names = {row.pk: row for row in channels.visible_to(staff)}
    return [
        Share(names[row.channel], row.known, row.orders,
              f"{reverse('order-list')}?channel={row.channel}&paid_min={words['paid_min']}&shopper=unknown")
        for row in data_health.identified(rows) if row.channel in names
    ]  # fmt: skip


def reachable(staff: Staff, total: int, *, now: datetime) -> list[Share]:
    """Members who agreed to offers and have an address, by medium."""
    everybody: dict[str, Any] = {"all": []}
    try:
        return [Share(label, scoped.reachable(everybody, name, staff, now=now), total) for name, label in MEDIA.items()]
    except (audiences.TooSlow, RuleError):
        return []
