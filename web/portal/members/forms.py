"""What staff type on a member's page."""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty.models import Book, Program
from members.models import Member
from web.ui.forms import DateInput, Form

FAR = 10_000_000  # points that one correction may move


class MemberForm(Form):
    """The profile, without phones and cards: those belong to identities."""

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    gender = forms.ChoiceField(label=_("Gender"), choices=Member.Gender.choices, required=False)
    birthday = forms.DateField(label=_("Birthday"), widget=DateInput, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    note = forms.CharField(
        label=_("Note"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Colleagues see it. No health, faith or other sensitive facts."),
    )  # fmt: skip

    def clean_birthday(self) -> Any:
        day = self.cleaned_data["birthday"]
        if day and not 1900 <= day.year <= timezone.localdate().year:
            raise forms.ValidationError(_("This birthday cannot be right."))
        return day


class AdjustForm(Form):
    """Whole points up or down, with the reason that stands in the ledger."""

    program = forms.ModelChoiceField(queryset=Program._default_manager.none(), label=_("Programme"), empty_label=None)
    asset = forms.ChoiceField(label=_("What"), choices=Book.Asset.choices)
    amount = forms.IntegerField(
        label=_("Change"), min_value=-FAR, max_value=FAR, help_text=_("A minus takes away: -100.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, min_length=2)
    form_id = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, programs: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["program"].queryset = programs
        self.initial.setdefault("form_id", secrets.token_hex(8))

    def clean_amount(self) -> int:
        amount = self.cleaned_data["amount"]
        if amount == 0:
            raise forms.ValidationError(_("Zero changes nothing."))
        return amount


class RevealForm(Form):
    """Why the phone must be seen."""

    reason = forms.CharField(label=_("Reason"), max_length=200, min_length=2)


class TagForm(Form):
    """One word."""

    name = forms.CharField(label=_("Tag"), max_length=40)
