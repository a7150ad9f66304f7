"""Large files of personal data: ask with a reason, a second person releases, who asked takes it once."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from stores.access import Permission
from stores.models import ExportRequest
from stores.queries import exports as reading
from stores.services import exports
from web.portal.members.listing import MemberList
from web.ui.access import requires
from web.ui.export import FORMATS
from web.ui.forms import Form
from web.ui.pages import DetailPage, EditPage, Empty, ListPage
from web.ui.tables import Column, Table
from web.ui.templatetags.ui import badge

LISTS: dict[str, type[ListPage]] = {"member": MemberList}
State = ExportRequest.State
TONES = {State.OPEN: ("info", "clock"), State.RELEASED: ("good", "check"), State.REFUSED: ("plain", "x")}


def state_of(row: ExportRequest) -> tuple[str, str, str]:
    """(word, tone, icon)."""
    if row.state == State.RELEASED and row.until and timezone.now() >= row.until:
        return _("Its day is over"), "plain", "clock"
    return (str(row.get_state_display()), *TONES.get(State(row.state), ("plain", "download")))


class ReasonForm(Form):
    reason = forms.CharField(label=gettext_lazy("What the file is for"), max_length=200, min_length=2)


class RequestTable(Table):
    caption = gettext_lazy("Large files")
    columns = [
        Column("asked", gettext_lazy("Asked"), value="asked_at", kind="time"),
        Column("by", gettext_lazy("By"), value="asked_by"),
        Column("rows", gettext_lazy("Rows"), value="rows", kind="number"),
        Column("reason", gettext_lazy("What the file is for"), value="reason"),
        Column("second", gettext_lazy("Second person"), value=lambda row: row.decided_by or "–"),
        Column("state", gettext_lazy("State"), cell=lambda row: badge(*state_of(row))),
    ]

    def row_url(self, row: ExportRequest) -> str:
        return reverse("export-detail", args=[row.pk])


class Requests(ListPage):
    """One's own requests, and those that wait for a second person."""

    permission = Permission.MEMBER_EXPORT
    table_class = RequestTable
    title = gettext_lazy("Large files")
    empty = Empty(
        gettext_lazy("No large files yet"),
        gettext_lazy("Export a list of members: beyond 500 rows a second person releases the file."), "download",
    )  # fmt: skip

    def rows(self):
        return reading.visible_to(self.request.user)


class Ask(EditPage):
    """The reason for a large file. The list's filters stand in the address."""

    permission = Permission.MEMBER_EXPORT
    form_class = ReasonForm
    template = "portal/exports/ask.html"
    title = gettext_lazy("Ask for a large file")
    submit = gettext_lazy("Ask for it")
    done = gettext_lazy("Asked. As soon as a second person has released it, you can take the file here.")
    refusals = (exports.CannotExport,)

    @cached_property
    def words(self) -> QueryDict:
        words = self.request.GET.copy()
        for name in ("list", "export", "page", "s", "q"):
            words.pop(name, None)
        return words

    @cached_property
    def count(self) -> int:
        page = list_of(self.request, self.request.GET.get("list", ""), self.words.urlencode())
        return page.filtered().count()

    def context(self) -> dict[str, Any]:
        return {"count": self.count, "alone": exports.ALONE}

    def save(self, form):
        kind = self.request.GET.get("export", "")
        made = exports.ask(
            self.request.GET["list"], words=self.words.urlencode(), form=kind if kind in FORMATS else "csv",
            rows=self.count, **form.cleaned_data, by=self.request.user, now=self.now,
        )  # fmt: skip
        return reverse("export-detail", args=[made.pk])

    def back(self):
        return reverse("member-list")


def list_of(request: HttpRequest, name: str, words: str) -> Any:
    """The list page of this name under these filters, as this person sees it."""
    if name not in LISTS:
        raise Http404
    page: Any = LISTS[name]()
    page.setup(request)
    request.GET = QueryDict(words)
    return page


class RequestPage(DetailPage):
    """One request: release or refuse it, or take the file."""

    permission = Permission.MEMBER_EXPORT
    template = "portal/exports/page.html"

    def rows(self):
        return reading.visible_to(self.request.user)

    def context(self):
        asked, me = self.object, self.request.user
        return {
            "title": _("Large file"), "state": state_of(asked),
            "may_decide": asked.state == State.OPEN and asked.asked_by_id != me.pk,
            "may_take": asked.state == State.RELEASED and asked.asked_by_id == me.pk and timezone.now() < asked.until,
        }  # fmt: skip

    def crumbs(self):
        return [(_("Large files"), reverse("export-list"))]


@require_POST
@requires(Permission.EXPORT_RELEASE)
def decide(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A second person says yes or no."""
    asked = get_object_or_404(reading.visible_to(request.user), pk=pk)
    try:
        exports.decide(asked, is_yes=request.POST.get("answer") == "yes", by=request.user, now=timezone.now())
    except exports.CannotExport as refusal:
        messages.error(request, str(refusal))
    return redirect("export-detail", pk=pk)


@require_POST
@requires(Permission.MEMBER_EXPORT)
def take(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, once, with what this person may see at this moment."""
    asked = get_object_or_404(reading.visible_to(request.user), pk=pk)
    try:
        held = exports.take(asked, by=request.user, now=timezone.now())
    except exports.CannotExport as refusal:
        messages.error(request, str(refusal))
        return redirect("export-detail", pk=pk)
    page = list_of(request, held.name, f"{held.words}&export={held.form}")
    page.is_released = True
    return page.get(request)
