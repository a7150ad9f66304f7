"""Locked audiences: who was in an audience at one moment, never changed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from segments.queries import scoped
from segments.queries import snapshots as queries
from segments.queries.audiences import TooSlow
from segments.rules.tree import RuleError
from segments.services import snapshots as services
from stores.access import Permission as P
from web.ui import htmx
from web.ui.access import requires
from web.ui.pages import DetailPage, EditPage, Empty, ListPage
from web.ui.paging import Page

from .forms import LockForm
from .live import no_store
from .tables import SnapshotTable
from .views import OneSegment, said

PAGE = 50


class SnapshotList(ListPage):
    """All locked audiences, the newest first."""

    permission = P.SEGMENT_VIEW
    template = "portal/segments/list.html"
    table_class = SnapshotTable
    title = gettext_lazy("Locked audiences")

    @property
    def empty(self) -> Empty:
        text = _(
            "Locking keeps who is in an audience now, with a number and a hash, for a campaign or for comparing later."
        )
        return Empty(_("Nothing is locked yet"), text, "lock", _("To the audiences"), reverse("segment-list"))

    def rows(self):
        return queries.visible_to(self.request.user)


class SegmentLock(OneSegment, EditPage):
    """Keep who is in the audience now."""

    permission = P.SEGMENT_EDIT
    template = "portal/segments/lock.html"
    form_class = LockForm
    title = gettext_lazy("Lock audience")
    submit = gettext_lazy("Lock now")
    done = gettext_lazy("Audience locked.")
    refusals = (RuleError, TooSlow)

    def initial(self) -> dict:
        return {"name": f"{self.object.name} {timezone.localtime(self.now):%Y-%m-%d}"[:80]}

    def save(self, form: LockForm) -> str:
        made = services.lock(segment=self.object, name=form.cleaned_data["name"], by=self.request.user, now=self.now)
        return reverse("snapshot-detail", args=[made.pk])


class SnapshotPage(DetailPage):
    """One locked audience and its members."""

    permission = P.SEGMENT_VIEW
    template = "portal/segments/snapshot.html"

    def rows(self):
        return queries.visible_to(self.request.user)

    def crumbs(self):
        return [(_("Audiences"), reverse("segment-list")), (_("Locked audiences"), reverse("snapshot-list"))]

    def context(self) -> dict[str, Any]:
        staff, snapshot = self.request.user, self.object
        return {"title": snapshot.name, "sentence": said(snapshot.rule, staff), "page": self.members()}

    def members(self) -> Page:
        """One page of the members whom this person may see, by number."""
        asked = self.request.GET.get("page", "")
        number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
        ids = scoped.seen(queries.ids_of(self.object), self.request.user)
        number = max(1, min(number, -(-len(ids) // PAGE)))
        rows = scoped.rows(ids, self.request.user, start=(number - 1) * PAGE, size=PAGE)
        return Page(rows, number, PAGE, len(ids), is_capped=False)


@require_GET
@requires(P.SEGMENT_VIEW)
def drift(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the audience has moved since it was locked."""
    snapshot = get_object_or_404(queries.visible_to(request.user), pk=pk)
    if not htmx.is_partial(request):
        return redirect("snapshot-detail", pk=pk)
    try:
        told = {"drift": queries.drift(snapshot, timezone.now()), "object": snapshot}
    except (RuleError, TooSlow) as error:
        told = {"trouble": getattr(error, "message", str(error))}
    return no_store(TemplateResponse(request, "portal/segments/drift.html", told))
