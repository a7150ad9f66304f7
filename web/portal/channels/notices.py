"""What a platform told a channel: the log, one notice, and dealing with it again. Content is never shown."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from stores.access import Permission as P
from stores.filters.notices import NoticeFilter
from stores.queries import channels
from stores.queries import notices as queries
from stores.services import notices
from web.ui.formats import local_name
from web.ui.forms import Form
from web.ui.pages import DetailPage, EditPage, Empty, ListPage

from .tables import NoticeTable, notice_state, reason_of
from .views import HERE


class NoticeLog(ListPage):
    permission = P.CHANNEL_VIEW
    filter_class = NoticeFilter
    table_class = NoticeTable
    title = _("Notices")
    empty = Empty(
        _("Nothing was told yet"), _("What the platform tells appears here, and whether it was dealt with."), "bell"
    )

    @cached_property
    def channel(self):
        return get_object_or_404(channels.visible_to(self.request.user), pk=self.kwargs["pk"])

    def rows(self):
        return queries.log_of(self.channel)

    def crumbs(self):
        return [HERE, (local_name(self.channel), reverse("channel-detail", args=[self.channel.pk]))]


class NoticePage(DetailPage):
    permission = P.CHANNEL_VIEW
    template = "portal/channels/notice.html"

    def rows(self):
        return queries.visible_to(self.request.user)

    def context(self):
        may_edit = queries.editable_by(self.request.user).filter(pk=self.object.pk).exists()
        return {
            "may_edit": may_edit, "state": notice_state(self.object), "reason": reason_of(self.object),
            "has_content": bool(self.object.body),
        }  # fmt: skip

    def crumbs(self):
        channel = self.object.channel
        return [
            HERE, (local_name(channel), reverse("channel-detail", args=[channel.pk])),
            (_("Notices"), reverse("channel-notices", args=[channel.pk])),
        ]  # fmt: skip


class Gone(Exception):
    """There is nothing left to deal with."""


class NoticeReplay(EditPage):
    permission = P.CHANNEL_EDIT
    title = _("Deal with it again")
    submit = _("Deal with it again")
    done = _("It waits now and is dealt with in a few seconds.")
    form_class = Form
    template = "portal/channels/replay.html"
    refusals = (Gone,)

    def rows(self):
        return queries.editable_by(self.request.user)

    def save(self, form):
        if not notices.replay(self.object, by=self.request.user, now=self.now):
            raise Gone(_("The content of this notice is not kept any more."))

    def back(self):
        return reverse("channel-notice", args=[self.kwargs["pk"]])

    def crumbs(self):
        return [HERE]
