"""Channels: a list, a page for each, and what changes them."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.access import Permission as P
from stores.queries import channels as queries
from stores.queries import keys
from stores.services import channels
from web.ui.pages import Action, DetailPage, EditPage, Empty, ListPage

from .forms import ChannelEditForm, ChannelForm
from .tables import ChannelTable

HERE = (_("Channels"), "/channels/")


class ChannelList(ListPage):
    permission = P.CHANNEL_VIEW
    table_class = ChannelTable
    title = _("Channels")
    empty = Empty(
        _("No channels yet"), _("A channel is where orders come from: a till system, a mall, a mini-program."), "link",
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
        return {"keys": keys.of_channel(self.object), "now": timezone.now(), "may_edit": may_edit}

    def crumbs(self):
        return [HERE]


class OneChannel(EditPage):
    """What the pages that change one channel share."""

    permission = P.CHANNEL_EDIT
    refusals = (channels.ChannelProblem,)

    def rows(self):
        return queries.editable_by(self.request.user)

    def back(self):
        return reverse("channel-detail", args=[self.object.pk])

    def crumbs(self):
        return [HERE, (self.object.name, self.back())]


class ChannelEdit(OneChannel):
    title = _("Edit channel")
    form_class = ChannelEditForm

    def initial(self):
        return {"name": self.object.name, "is_active": self.object.is_active}

    def save(self, form):
        channels.edit_channel(self.object, **form.cleaned_data, by=self.request.user, now=self.now)
