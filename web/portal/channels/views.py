"""Channels: a list, a page for each, and what changes them."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.access import Permission as P
from stores.models import Channel
from stores.queries import channels as queries
from stores.queries import keys, notices
from stores.rules.platforms import BY_CODE, SHARED
from stores.services import channels
from web.ui.formats import local_name
from web.ui.pages import Action, DetailPage, EditPage, Empty, ListPage

from .forms import ChannelEditForm, ChannelForm
from .tables import ChannelTable, lag, notice_state, reason_of, state_of

HERE = (_("Channels"), "/channels/")


class ChannelList(ListPage):
    permission = P.CHANNEL_VIEW
    table_class = ChannelTable
    title = _("Channels")
    empty = Empty(
        _("No channels yet"), _("A channel is where facts come from: a till system, a mall, an official account."), "link",
        _("New channel"), "/channels/new/",
    )  # fmt: skip

    def rows(self):
        return queries.for_list(self.request.user)

    def actions(self):
        docs = Action(_("API description"), reverse("api:openapi-view"), "external-link")
        return [docs, Action(_("New channel"), reverse("channel-new"), "plus", P.CHANNEL_EDIT, is_main=True)]


class ChannelNew(EditPage):
    permission = P.CHANNEL_EDIT
    title = _("New channel")
    submit = _("Create")
    refusals = (channels.ChannelProblem,)

    def form(self, data=None, files=None):
        return ChannelForm(data, staff=self.request.user)

    def save(self, form):
        channel = channels.create_channel(**form.cleaned_data, by=self.request.user, now=self.now)
        return reverse("channel-detail", args=[channel.pk])

    def back(self):
        return reverse("channel-list")

    def crumbs(self):
        return [HERE]


class ChannelPage(DetailPage):
    permission = P.CHANNEL_VIEW
    template = "portal/channels/detail.html"

    def rows(self):
        return queries.visible_to(self.request.user).select_related("brand")

    def context(self):
        may_edit = queries.editable_by(self.request.user).filter(pk=self.object.pk).exists()
        now = timezone.now()
        account = account_of(self.object, self.request, now=now) if self.object.platform in BY_CODE else {}
        health = notices.health_of([self.object], now=now)[self.object.pk]
        return {
            "keys": keys.of_channel(self.object), "now": now, "may_edit": may_edit, "health": health,
            "lag": lag(health), "state": state_of(self.object, health), "shares": shared_by(self.object), **account,
        }  # fmt: skip

    def crumbs(self):
        return [HERE]


def shared_by(channel: Channel) -> list[Any]:
    """The labels of the fields that may leave through it."""
    return [label for name, label in SHARED.items() if name in channel.shares]


def account_of(channel: Channel, request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """What the page says about the account at the platform; of a secret only since when it is there."""
    platform = BY_CODE[channel.platform]
    held = notices.secrets_of(channel, now=now)
    return {
        "platform": platform, "refusals": notices.refusals_of(channel, now=now),
        "secrets": [(part, held.get(part.name, [])) for part in platform.secrets],
        "given": [(part.label, channel.settings[part.name]) for part in platform.settings if part.name in channel.settings],
        "address": request.build_absolute_uri(reverse("notice", args=[channel.code])) if platform.hears else "",
        "latest": [(row, notice_state(row), reason_of(row)) for row in notices.log_of(channel)[:8]],
    }  # fmt: skip


class OneChannel(EditPage):
    """What the pages that change one channel share."""

    permission = P.CHANNEL_EDIT
    refusals = (channels.ChannelProblem,)

    def rows(self):
        return queries.editable_by(self.request.user)

    def back(self):
        return reverse("channel-detail", args=[self.object.pk])

    def crumbs(self):
        return [HERE, (local_name(self.object), self.back())]


class ChannelEdit(OneChannel):
    title = _("Edit channel")
    form_class = ChannelEditForm

    def initial(self):
        return {"name": self.object.name, "name_en": self.object.name_en, "is_active": self.object.is_active}

    def save(self, form):
        channels.edit_channel(self.object, **form.cleaned_data, by=self.request.user, now=self.now)
