"""Who did what, to which thing, when: the action log, and whether it is whole."""

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.access import Permission
from stores.filters import LogFilter
from stores.queries import chain, log
from stores.services import chain as sealing
from web.ui.pages import Action, Empty, ListPage, Page

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

    def actions(self):
        return [Action(_("Check the log"), reverse("log-chain"), "shield-check", Permission.LOG_VIEW)]


class LogChain(Page):
    """Whether the log is as it was written. Looked at when asked, since it reads every line."""

    permission = Permission.LOG_VIEW
    template = "portal/log/chain.html"
    title = _("Check the log")

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        return self.render(sealed=chain.head()[0])

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        sealing.seal_all()  # what was done a moment ago is checked, too
        found = chain.verify(now=timezone.now())
        return self.render(sealed=found.lines, found=found, what=BROKEN[found.broken.what] if found.broken else "")

    def crumbs(self):
        return [(_("Action log"), reverse("log-list"))]


BROKEN = {
    "missing": _("It is missing: somebody deleted it."),
    "changed": _("It says something else than when it was written."),
    "moved": _("It does not stand where it was written."),
    "rewritten": _("The chain was written anew: it disagrees with what was noted outside the database."),
    "forged": _("The note outside the database was changed: its signature is wrong."),
}
