"""Who did what, to which thing, when: the action log."""

from django.utils.translation import gettext_lazy as _

from stores.access import Permission
from stores.filters import LogFilter
from stores.queries import log
from web.ui.pages import Empty, ListPage

from .tables import LogTable


class LogList(ListPage):
    permission = Permission.LOG_VIEW
    filter_class = LogFilter
    table_class = LogTable
    title = _("Action log")
    template = "portal/log/list.html"
    export_permission = Permission.LOG_VIEW
    export_name = "log"
    empty = Empty(_("Nothing has been done yet"), _("Every change leaves a line here."), "history")

    def rows(self):
        return log.visible_to(self.request.user)
