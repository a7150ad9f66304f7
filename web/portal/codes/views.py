"""The list of store codes, one code with its poster, and the downloads."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from stores.access import Permission as P
from stores.filters import CodeFilter
from stores.queries import codes as queries
from stores.rules import codes as shape
from stores.services import codes, posters
from web.ui.access import requires
from web.ui.charts import Line, Series
from web.ui.pages import Action, DetailPage, Empty, ListPage

from .forms import PosterForm
from .tables import CodeTable

TYPES = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


class CodeList(ListPage):
    permission = P.CODE_VIEW
    template = "portal/stores/list.html"
    filter_class = CodeFilter
    table_class = CodeTable
    title = _("Store codes")
    export_permission = P.CODE_VIEW
    export_name = "code"
    empty = Empty(
        _("No codes yet"), _("Give each store its code. Whoever scans it joins, and belongs to that store."), "qrcode",
        _("Issue codes"), "/codes/issue/",
    )  # fmt: skip

    def rows(self):
        return queries.for_list(self.request.user)

    def actions(self):
        return [
            Action(_("Poster archives"), reverse("code-archives"), "file-text", P.CODE_ISSUE),
            Action(_("Print many"), reverse("code-archive-new"), "printer", P.CODE_ISSUE),
            Action(_("Issue codes"), reverse("code-issue"), "plus", P.CODE_ISSUE, is_main=True),
        ]


class CodePage(DetailPage):
    """One code: its poster, its downloads, who scanned it."""

    permission = P.CODE_VIEW
    template = "portal/codes/page.html"

    def rows(self):
        return queries.for_list(self.request.user).select_related(
            "store__brand", "store__region", "associate", "issued_by"
        )

    def crumbs(self):
        store = self.object.store
        return [(_("Store codes"), reverse("code-list")), (store.name, reverse("store-detail", args=[store.pk]))]

    def context(self):
        code = self.object
        days = queries.scans_by_day(code, now=timezone.now())
        lines = [Series(_("Scans"), days.scans), Series(_("Joined"), days.joins)]
        return {
            "title": shape.readable(code.public), "address": queries.address(code),
            "chart": Line(_("Scans in 30 days"), days.days, lines),
            "form": PosterForm(initial={"language": get_language(), "form": "a4", "kind": "pdf"}),
        }  # fmt: skip


@requires(P.CODE_VIEW)
def poster(request, pk):
    """The poster as a picture on the page; nothing is noted."""
    code = get_object_or_404(queries.for_list(request.user), pk=pk)
    form = request.GET.get("form", "a4")
    try:
        content = posters.render(code, form=form, kind="svg", language=request.GET.get("language", "zh-hans"))
    except posters.NotPossible:
        return HttpResponse(status=404)
    return HttpResponse(content, content_type=TYPES["svg"])


@require_POST
@requires(P.CODE_VIEW)
def download(request, pk):
    """One poster as a file; the code counts as printed."""
    code = get_object_or_404(queries.for_list(request.user), pk=pk)
    form = PosterForm(request.POST)
    try:
        asked = form.cleaned_data if form.is_valid() else {"form": "", "kind": "", "language": ""}
        name, content = posters.download(code, now=timezone.now(), **asked)
    except (posters.NotPossible, codes.CodeRetired) as problem:
        messages.error(request, str(problem))
        return redirect("code-detail", pk=pk)
    answer = HttpResponse(content, content_type=TYPES[asked["kind"]])
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer
