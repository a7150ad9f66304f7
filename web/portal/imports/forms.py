"""The two questions of an import: which file, and which column is which."""

from __future__ import annotations

from string import ascii_uppercase

from django import forms
from django.utils.translation import gettext_lazy as _

from members.imports import kinds, runs, words
from members.imports.safety import MB
from members.models import ImportRun
from stores import access
from stores.access import Permission as P
from stores.models import Staff
from stores.queries import stores
from web.ui.forms import Form

NEEDS = {"members": P.MEMBER_IMPORT, "products": P.PRODUCT_IMPORT}


class UploadForm(Form):
    kind = forms.ChoiceField(label=_("What is in the file"))
    brand = forms.ModelChoiceField(label=_("Brand"), queryset=None, required=False)
    source = forms.CharField(
        label=_("Where it comes from"), max_length=40, required=False,
        help_text=_("Name the old system, always the same way: each source gives a member an opening balance once."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("File"), help_text=_("xlsx or csv, up to 50 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.tsv,.txt"}),
    )  # fmt: skip

    def __init__(self, *args, staff: Staff, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [
            (name, resource.title) for name, resource in kinds.every().items()
            if name in NEEDS and access.may(staff, NEEDS[name])
        ]  # fmt: skip
        brand = self.fields["brand"]
        brand.queryset = stores.brands_visible_to(staff)
        brand.help_text = _("Members join this brand's programme. Products need no brand.")
        if brand.queryset.count() == 1:
            brand.initial = brand.queryset.first()

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > runs.UPLOAD_LIMIT:
            limits = {"size": file.size // MB, "limit": runs.UPLOAD_LIMIT // MB}
            raise forms.ValidationError(words.refusal("too_large", limits))
        return file

    def clean(self):
        given = super().clean()
        if given.get("kind") in kinds.every() and kinds.find(given["kind"]).needs_brand and not given.get("brand"):
            self.add_error("brand", _("Choose the brand whose members these are."))
        return given


def letters(index: int) -> str:
    """0 → A, 26 → AA, as a spreadsheet names its columns."""
    return (ascii_uppercase[index // 26 - 1] if index >= 26 else "") + ascii_uppercase[index % 26]


class MappingForm(Form):
    """One choice for each declared column; ``columns`` is field → place."""

    def __init__(self, data=None, *, run: ImportRun):
        super().__init__(data)
        self.run, self.resource = run, kinds.find(run.kind)
        self.declared = self.resource.columns()
        choices = [("", _("Not in this file"))]
        choices += [(str(n), f"{letters(n)} · {name or '–'}") for n, name in enumerate(run.mapping["headers"])]
        for name, field in self.declared.items():
            place = run.mapping["columns"].get(name)
            self.fields[name] = forms.ChoiceField(
                label=field.label, choices=choices, required=False, help_text=field.hint,
                initial="" if place is None else str(place),
            )  # fmt: skip
        if "marketing" in self.declared:
            self.fields["consent_source"] = forms.CharField(
                label=_("Where the consent was given"), max_length=120, required=False, initial=run.consent_source,
                help_text=_("For example: application form of the card, signed in the store."),
            )  # fmt: skip
            self.fields["consent_evidence"] = forms.CharField(
                label=_("What proves it"), max_length=200, required=False, initial=run.consent_evidence,
                help_text=_("For example: scans in the archive, folder 2021-06."),
            )  # fmt: skip

    def lines(self):
        """Each declared column with its choice, how sure the guess is, and what stands there."""
        samples = self.run.mapping.get("samples", [])
        for name, field in self.declared.items():
            place = self[name].value()
            cells = [row[int(place)] for row in samples if str(place).isdecimal() and int(place) < len(row)]
            yield {
                "bound": self[name], "is_needed": field.required or name in self.resource.one_of,
                "confidence": self.run.mapping["confidence"].get(name, 0),
                "samples": [cell for cell in cells if cell][:2],
            }  # fmt: skip

    def consents(self):
        return [self[name] for name in ("consent_source", "consent_evidence") if name in self.fields]

    @property
    def columns(self) -> dict[str, int | None]:
        return {name: int(self.cleaned_data[name]) if self.cleaned_data[name] else None for name in self.declared}


class LookForm(Form):
    """Another sheet, or another row for the header."""

    sheet = forms.TypedChoiceField(label=_("Sheet"), coerce=int)
    header_row = forms.IntegerField(label=_("Row of the header"), min_value=1, max_value=30, required=False)

    def __init__(self, data=None, *, run: ImportRun):
        first = {"sheet": run.mapping["sheet"], "header_row": run.mapping["header_row"] or None}
        super().__init__(data, initial=first)
        self.fields["sheet"].choices = [(n, name or _("The file")) for n, name in enumerate(run.mapping["sheets"])]
