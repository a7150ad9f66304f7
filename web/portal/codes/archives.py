"""Posters of many stores in one file: ask, watch, fetch."""

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from stores import tasks
from stores.access import Permission as P
from stores.queries import codes as queries
from stores.services import posters
from web.ui.access import requires
from web.ui.htmx import is_partial
from web.ui.pages import Action, DetailPage, EditPage, Empty, ListPage

from .forms import FORM_NAMES, ArchiveForm
from .tables import ArchiveTable


class ArchiveList(ListPage):
    """The archives one asked for oneself."""

    permission = P.CODE_ISSUE
    table_class = ArchiveTable
    title = _("Poster archives")
    empty = Empty(
        _("No archives yet"), _("Print the codes of a brand or a region in one go."), "printer",
        _("Print many"), "/codes/archives/new/",
    )  # fmt: skip

    def rows(self):
        return queries.archives_of(self.request.user)

    def actions(self):
        return [Action(_("Print many"), reverse("code-archive-new"), "printer", is_main=True)]

    def crumbs(self):
        return [(_("Store codes"), reverse("code-list"))]


class ArchiveNew(EditPage):
    permission = P.CODE_ISSUE
    template = "portal/codes/archive_new.html"
    title = _("Print many")
    submit = _("Make the archive")
    done = ""
    refusals = (posters.NotPossible,)

    def form(self, data=None, files=None):
        return ArchiveForm(data, initial={"language": get_language()}, staff=self.request.user)

    def save(self, form):
        archive = posters.request_archive(
            form.shops(), form=form.cleaned_data["form"], language=form.cleaned_data["language"],
            by=self.request.user, now=self.now,
        )  # fmt: skip
        wake()
        return reverse("code-archive", args=[archive.pk])

    def back(self):
        return reverse("code-list")

    def crumbs(self):
        return [(_("Store codes"), reverse("code-list"))]


def wake() -> None:
    """Poke a worker; if nobody hears it, the clock finds the row a little later."""
    try:
        tasks.make_posters.delay()
    except OperationalError:
        return


class ArchivePage(DetailPage):
    """How far an archive has come; asks again every second until it is done."""

    permission = P.CODE_ISSUE
    title = _("Poster archive")

    @property
    def template(self):
        return "portal/codes/archive.html" + ("#progress" if is_partial(self.request) else "")

    def rows(self):
        return queries.archives_of(self.request.user)

    def context(self):
        return {"form_name": FORM_NAMES[self.object.form], "is_open": self.object.status in {"queued", "running"}}

    def crumbs(self):
        return [(_("Store codes"), reverse("code-list")), (_("Poster archives"), reverse("code-archives"))]


@requires(P.CODE_ISSUE)
def fetch(request, pk):
    """The finished file, for the one who asked for it."""
    archive = get_object_or_404(queries.archives_of(request.user), pk=pk, status="done")
    path = posters.path_of(archive)
    if not archive.file or not path.is_file():
        messages.error(request, _("The file was deleted after a week. Please make it again."))
        return redirect("code-archive", pk=pk)
    name = f"posters-{archive.form}-{archive.language}-{archive.total}.zip"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
