"""Channels in a list with how they are doing, and their notices."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from stores.models import Channel, Notice
from stores.queries import notices
from stores.queries.notices import Health
from stores.rules.platforms import BY_CODE
from web.ui.formats import local_name
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge

BAD_SHARE = 0.05  # of what came in a day


def state_of(channel: Channel, health: Health) -> tuple[Any, str, str]:
    """(word, tone, icon): stopped, silent for too long, in trouble, or fine."""
    if not channel.is_active:
        return _("Stopped"), "plain", "player-pause"
    if health.is_stale:
        return _("Nothing came for too long"), "bad", "alert-triangle"
    if health.failed or health.share_bad > BAD_SHARE:
        return _("Errors lately"), "warn", "alert-circle"
    return _("Active"), "good", "circle-check"


def name(row: Channel):
    return format_html('{}<span class="q-sub q-below q-code">{}</span>', local_name(row), row.code)


def platform_of(row: Channel) -> Any:
    return BY_CODE[row.platform].label if row.platform in BY_CODE else _("Our API and files")


class ChannelTable(Table):
    """Each row carries ``health``."""

    columns = [
        Column("code", _("Channel"), cell=name, sort="code"),
        Column("kind", _("Kind"), value=lambda row: row.get_kind_display()),
        Column("platform", _("Platform"), value=platform_of),
        Column("brand", _("Brand"), value=lambda row: row.brand or _("Whole chain")),
        Column("keys", _("Live keys"), value="live_keys", kind="number"),
        Column("used", _("Last success"), value="health.last_success_at", kind="ago"),
        Column("bad", _("Errors"), value="health.share_bad", kind="percent"),
        Column("waiting", _("Waiting"), value="health.waiting", kind="number"),
        Column("lag", _("Lag"), value=lambda row: lag(row.health), hidden=True),
        Column("state", _("State"), cell=lambda row: badge(*state_of(row, row.health))),
    ]
    order = "code"

    def row_url(self, row: Channel) -> str:
        return reverse("channel-detail", args=[row.pk])

    def row_class(self, row: Channel) -> str:
        return "" if row.is_active else "is-faded"

    def lines(self, rows: Sequence[Channel]) -> Iterator[dict]:
        found = notices.health_of(list(rows), now=timezone.now())
        for row in rows:
            row.health = found[row.pk]
        return super().lines(rows)


def lag(health: Health) -> Any:
    """From the event to its arrival, in words."""
    if health.lag is None:
        return "–"
    seconds = max(int(health.lag.total_seconds()), 0)
    if seconds < 120:
        return _("%(count)d s") % {"count": seconds}
    return _("%(count)d min") % {"count": seconds // 60}


NOTICE_STATES = {
    Notice.State.NEW: ("plain", "clock"),
    Notice.State.DONE: ("good", "circle-check"),
    Notice.State.REFUSED: ("warn", "circle-x"),
    Notice.State.FAILED: ("bad", "alert-triangle"),
}


def notice_state(row: Notice):
    return badge(row.get_state_display(), *NOTICE_STATES[Notice.State(row.state)])


class NoticeTable(Table):
    columns = [
        Column("kind", _("Kind"), kind="code"),
        Column("received_at", _("Received"), kind="time"),
        Column("happened_at", _("Happened"), kind="time"),
        Column("repeats", _("Repeats"), kind="number"),
        Column("tries", _("Failures"), kind="number"),
        Column("reason", _("Reason"), value=lambda row: reason_of(row)),
        Column("state", _("State"), cell=notice_state),
    ]
    order = "-received_at"

    def row_url(self, row: Notice) -> str:
        return reverse("channel-notice", args=[row.pk])


def reason_of(row: Notice) -> str:
    """Why, in the reader's language when the words are ours."""
    return str(_(row.reason)) if row.reason else ""
