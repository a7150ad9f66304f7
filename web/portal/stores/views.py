"""The list of stores, one store, and the opening board."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from members.queries import at_store
from stores import access
from stores.access import Permission as P
from stores.filters import StoreFilter
from stores.queries import board, codes
from stores.queries import log as log_queries
from stores.queries import stores as queries
from web.ui.pages import Action, DetailPage, Empty, ListPage, Page
from web.ui.templatetags.stores_ui import STEPS

from ..log.words import lines as words_of
from .tables import StoreTable


class StoreList(ListPage):
    permission = P.STORE_VIEW
    template = "portal/stores/list.html"
    filter_class = StoreFilter
    table_class = StoreTable
    title = _("Stores")
    export_permission = P.STORE_VIEW
    export_name = "store"
    empty = Empty(
        _("No stores yet"), _("Load your stores from Excel: 2,000 rows take seconds."), "building-store",
        _("Import stores"), "/stores/import/",
    )  # fmt: skip

    def rows(self):
        return queries.visible_to(self.request.user).select_related("brand", "region", "dealer")

    def actions(self):
        return [
            Action(_("Opening board"), reverse("store-board"), "list-check"),
            Action(_("Import"), reverse("store-import"), "upload", P.STORE_IMPORT),
            Action(_("New store"), reverse("store-new"), "plus", P.STORE_EDIT, is_main=True),
        ]


class StorePage(DetailPage):
    """One store: who and what it is, its codes, its people, its figures, its neighbours."""

    permission = P.STORE_VIEW
    template = "portal/stores/page.html"

    def rows(self):
        return queries.visible_to(self.request.user).select_related("brand", "region", "dealer")

    def crumbs(self):
        return [(_("Stores"), reverse("store-list"))]

    def actions(self):
        store = self.object
        return [
            Action(_("Edit"), reverse("store-edit", args=[store.pk]), "pencil", P.STORE_EDIT),
            Action(_("New code"), reverse("code-new", args=[store.pk]), "qrcode", P.CODE_ISSUE, is_main=True),
        ]

    def context(self):
        store, staff, now = self.object, self.request.user, timezone.now()
        return {
            "figures": at_store.figures(store, now=now),
            "codes": list(codes.of_store(store)[:30]),
            "people": list(queries.people_at(store)[:30]),
            "near": queries.neighbours(store, queries.visible_to(staff).select_related("brand"), day=now.date()),
            "steps": [(label, getattr(store, field)) for field, label in STEPS],
            "lines": words_of(log_queries.of(store, limit=8)) if access.may(staff, P.LOG_VIEW) else [],
        }


class OpeningBoard(Page):
    """Invited → code printed → first scan → first member → first promotion, for each brand and region."""

    permission = P.STORE_VIEW
    template = "portal/stores/board.html"
    title = _("Opening board")

    def get(self, request):
        return self.render()

    def crumbs(self):
        return [(_("Stores"), reverse("store-list"))]

    def context(self):
        shops = queries.visible_to(self.request.user)
        whole, brands = board.of(shops, english=(get_language() or "").startswith("en"))
        labels = [(name, label) for name, (_field, label) in zip(board.STEPS, STEPS, strict=True)]
        return {
            "whole": whole, "brands": brands, "labels": labels,
            "tiles": [(label, name, getattr(whole, name)) for name, label in labels],
            "waiting": list(board.longest_waiting(shops)), "empty": StoreList.empty,
        }  # fmt: skip
