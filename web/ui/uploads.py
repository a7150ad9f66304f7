"""A file into a django-import-export resource: upload, preview of a dry run, then the real thing.

For small files (stores, staff, products). Members go through the import engine instead.
"""

import secrets
from pathlib import Path
from typing import Any

import tablib
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from import_export.resources import Resource
from import_export.results import Result, RowResult

from . import export, sheets
from .forms import Form
from .pages import Page

SHOWN = 50  # rows of the preview
ENDINGS = (".xlsx", ".csv")


class FileForm(Form):
    """One spreadsheet."""

    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("xlsx or csv, up to 10 MB."))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith(ENDINGS):
            raise forms.ValidationError(_("Choose an xlsx or csv file."))
        if file.size > sheets.MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB. Split it and load the parts."))
        return file


class UploadPage(Page):
    """Upload → preview → confirm. Give ``resource_class``; override ``resource`` to hand over more."""

    template = "ui/upload.html"
    resource_class: type[Resource]
    done_url = "home"
    example_name = "example"

    def resource(self) -> Resource:
        """The resource that reads the rows; its rows call services with ``by`` and ``now``."""
        return self.resource_class(by=self.request.user, now=timezone.now())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("example") in export.FORMATS:
            return export.answer(request.GET["example"], self.example_name, self.heads(), self.examples())
        return self.render(form=FileForm(), heads=self.heads())

    def heads(self) -> list[str]:
        """The column names that the file may have."""
        resource = self.resource()
        return [str(field.column_name) for field in resource.get_import_fields()]

    def examples(self) -> list[list]:
        """Rows of the example file, under ``heads``."""
        return []

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if token := request.POST.get("token", ""):
            return self.confirm(token)
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.shown(form, 422)
        path = keep(request, form.cleaned_data["file"])
        try:
            data = sheets.read(path, self.heads())
        except sheets.CannotRead as reason:
            path.unlink()
            form.add_error("file", str(reason))
            return self.shown(form, 422)
        result = self.resource().import_data(data, dry_run=True, raise_errors=False)
        return self.render(
            form=form, heads=self.heads(), preview=preview(result, data), token="" if broken(result) else path.stem
        )

    def shown(self, form: Form, status: int) -> HttpResponseBase:
        response = self.render(form=form, heads=self.heads())
        response.status_code = status
        return response

    def confirm(self, token: str) -> HttpResponseBase:
        """Load for real what was previewed; the kept file goes away."""
        path = kept(self.request, token)
        if path is None:
            messages.error(self.request, _("The uploaded file is gone. Please upload it again."))
            return redirect(self.request.path)
        try:
            data = sheets.read(path, self.heads())
            result = self.resource().import_data(data, dry_run=False, raise_errors=False)
        finally:
            path.unlink(missing_ok=True)
        if broken(result):
            messages.error(self.request, _("Nothing was loaded: the rows no longer fit. Please check them again."))
            return redirect(self.request.path)
        done = result.totals[RowResult.IMPORT_TYPE_NEW] + result.totals[RowResult.IMPORT_TYPE_UPDATE]
        text = ngettext("%(count)d row loaded.", "%(count)d rows loaded.", done)
        messages.success(self.request, text % {"count": done})
        return redirect(self.done_url)


def broken(result: Result) -> bool:
    """Whether any row or the whole file was refused."""
    return result.has_errors() or result.has_validation_errors()


def folder() -> Path:
    path = Path(settings.MEDIA_ROOT) / "uploads"
    path.mkdir(parents=True, exist_ok=True)
    return path


def keep(request: HttpRequest, file: Any) -> Path:
    """Keep the file for the confirming click, under a name that only this session knows."""
    path = folder() / f"{secrets.token_urlsafe(16)}{Path(file.name).suffix.lower()}"
    with path.open("wb") as copy:
        for block in file.chunks():
            copy.write(block)
    request.session["upload"] = path.name
    return path


def kept(request: HttpRequest, token: str) -> Path | None:
    """The kept file, if this session uploaded it and it is still there."""
    name = request.session.pop("upload", "")
    if not name or Path(name).stem != token:
        return None
    path = folder() / name
    return path if path.is_file() else None


def preview(result: Result, data: tablib.Dataset) -> dict:
    """Counts, the refused rows with reasons, and the first rows as they stand in the file."""
    refused = list(_refused(result))
    return {
        "new": result.totals.get(RowResult.IMPORT_TYPE_NEW, 0),
        "changed": result.totals.get(RowResult.IMPORT_TYPE_UPDATE, 0),
        "same": result.totals.get(RowResult.IMPORT_TYPE_SKIP, 0),
        "refused": len(refused),
        "problems": refused[:SHOWN],
        "heads": data.headers or [],
        "rows": [data[at] for at in range(min(SHOWN, len(data)))],
    }


def _refused(result: Result):
    yield from ({"number": "", "reasons": [str(error.error)]} for error in result.base_errors)
    for number, errors in result.row_errors():
        yield {"number": number + 1, "reasons": [str(error.error) for error in errors]}
    for row in result.invalid_rows:
        reasons = [f"{name}: {', '.join(texts)}" for name, texts in row.field_specific_errors.items()]
        yield {"number": row.number + 1, "reasons": [*reasons, *row.non_field_specific_errors]}
