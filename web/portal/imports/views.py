"""The import wizard: file → columns → check of every row → import in the background → result."""

from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError

from loyalty.services import importing
from loyalty.tasks import run_imports
from members.imports import kinds, words
from members.imports.safety import Refused
from members.models import ImportRun
from members.queries import imports
from stores.access import Permission as P
from stores.services import log
from web.ui.access import requires
from web.ui.pages import Action, DetailPage, EditPage, Empty, ListPage

from . import files, steps
from .forms import LookForm, MappingForm, UploadForm
from .tables import ImportTable

Status = ImportRun.Status
AGAIN = {Status.PLANNED, Status.FAILED}  # the columns may still be chosen anew


def poke() -> None:
    """Wake a worker now. Without a broker the clock does it within seconds."""
    with suppress(OperationalError):
        run_imports.delay()


def find(request: HttpRequest, pk: int) -> ImportRun:
    return get_object_or_404(imports.visible_to(request.user), pk=pk)


class ImportList(ListPage):
    permission = P.MEMBER_IMPORT
    table_class = ImportTable
    title = gettext_lazy("Imports")
    empty = Empty(
        gettext_lazy("No imports yet"),
        gettext_lazy("Bring the members of an old system in from Excel or CSV. Nothing is saved before you say yes."),
        "file-spreadsheet", gettext_lazy("Import a file"), "/imports/new/",
    )  # fmt: skip

    def rows(self):
        return imports.visible_to(self.request.user)

    def actions(self):
        return [Action(_("Import a file"), reverse("import-new"), "upload", P.MEMBER_IMPORT, is_main=True)]


class ImportNew(EditPage):
    permission = P.MEMBER_IMPORT
    template = "portal/imports/new.html"
    title = gettext_lazy("Import a file")
    submit = gettext_lazy("Look at the file")
    done = None
    refusals = (importing.CannotImport,)

    def crumbs(self):
        return [(_("Imports"), reverse("import-list"))]

    def back(self):
        return reverse("import-list")

    def form(self, data=None, files=None):
        return UploadForm(data, files, staff=self.request.user)

    def context(self):
        return {"steps": [(label, "here" if n == 0 else "ahead") for n, label in enumerate(steps.STEPS)]}

    def save(self, form):
        given = dict(form.cleaned_data)
        file = given.pop("file")
        try:
            run = self.start(file, **given)
        except Refused as refused:
            raise importing.CannotImport(words.refusal(refused.code, refused.detail)) from refused
        if run.created_at != self.now:
            messages.info(self.request, _("This very file was uploaded before. Here is its import."))
        return reverse("import-detail", args=[run.pk])

    def start(self, file, **given):
        """Hand the upload over as a path, whether Django kept it in memory or on disk."""
        words_ = given | {"by": self.request.user, "now": self.now, "name": Path(file.name).name}
        if not kinds.find(given["kind"]).needs_brand:
            words_["brand"] = None
        if isinstance(file, TemporaryUploadedFile):
            return importing.start(file.temporary_file_path(), **words_)
        with NamedTemporaryFile() as copy:
            for block in file.chunks():
                copy.write(block)
            copy.flush()
            return importing.start(copy.name, **words_)


class ImportPage(DetailPage):
    """One run, whatever step it is at; while a worker has it the page asks again every second."""

    permission = P.MEMBER_IMPORT
    template = "portal/imports/run.html"

    def rows(self):
        return imports.visible_to(self.request.user)

    def crumbs(self):
        return [(_("Imports"), reverse("import-list"))]

    def context(self):
        run, now = self.object, timezone.now()
        found = {"run": run, "steps": steps.trail(run), "step": f"portal/imports/step_{run.status}.html"}
        if run.status == Status.UPLOADED or (run.status in AGAIN and "columns" in self.request.GET):
            found["step"] = "portal/imports/step_uploaded.html"
            found |= {"form": MappingForm(run=run), "look": LookForm(run=run)}
        elif run.is_busy:
            found["pace"] = steps.pace(run, now)
        else:
            found |= {"reasons": steps.reasons(run), "rejected": steps.rejected(run), "took": steps.took(run)}
        if run.failure:
            found["failure"] = words.refusal(run.failure, run.failure_detail)
        return found


@require_POST
@requires(P.MEMBER_IMPORT)
def choose_columns(request, pk):
    run = find(request, pk)
    form = MappingForm(request.POST, run=run)
    if not form.is_valid():
        return _shown_again(request, pk, form)
    consents = {name: form.cleaned_data.get(name, "") for name in ("consent_source", "consent_evidence")}
    try:
        importing.choose(run, columns=form.columns, by=request.user, now=timezone.now(), **consents)
    except importing.CannotImport as reason:
        form.add_error(None, str(reason))
        return _shown_again(request, pk, form)
    poke()
    return redirect("import-detail", pk=pk)


def _shown_again(request: HttpRequest, pk: int, form: MappingForm) -> HttpResponseBase:
    """The columns page with what was chosen and what is wrong with it."""
    page = ImportPage()
    page.setup(request, pk=pk)
    response = page.get(request, pk=pk)
    response.context_data |= {"form": form, "step": "portal/imports/step_uploaded.html"}
    response.status_code = 422
    return response


@require_POST
@requires(P.MEMBER_IMPORT)
def look_again(request, pk):
    run = find(request, pk)
    form = LookForm(request.POST, run=run)
    if form.is_valid():
        try:
            importing.look_again(run, **form.cleaned_data, by=request.user, now=timezone.now())
        except Refused as refused:
            messages.error(request, words.refusal(refused.code, refused.detail))
        except importing.CannotImport as reason:
            messages.error(request, str(reason))
    return redirect("import-detail", pk=pk)


@require_POST
@requires(P.MEMBER_IMPORT)
def confirm(request, pk):
    try:
        importing.confirm(find(request, pk), by=request.user, now=timezone.now())
        poke()
    except importing.CannotImport as reason:
        messages.error(request, str(reason))
    return redirect("import-detail", pk=pk)


@require_POST
@requires(P.MEMBER_IMPORT)
def cancel(request, pk):
    try:
        importing.cancel(find(request, pk), by=request.user, now=timezone.now())
        messages.success(request, _("The import is cancelled."))
    except importing.CannotImport as reason:
        messages.error(request, str(reason))
    return redirect("import-detail", pk=pk)


@require_GET
@requires(P.MEMBER_IMPORT)
def errors(request, pk):
    run = find(request, pk)
    if not run.bad:
        raise Http404
    log.record("import.errors_downloaded", run, by=request.user, now=timezone.now(), after={"rows": run.bad})
    return files.errors(run)


@require_GET
@requires(P.MEMBER_IMPORT)
def template_file(request, kind):
    if kind not in kinds.every():
        raise Http404
    language = request.GET.get("language", get_language() or "zh-hans")
    return files.template(kind, "en" if language == "en" else "zh-hans")
