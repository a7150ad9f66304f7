"""What a shopper types: a phone, six digits, two boxes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from members.rules import phones


class PhoneForm(forms.Form):
    """``phone`` comes out canonical."""

    phone = forms.CharField(
        label=_("Phone number"), max_length=40,
        error_messages={"required": _("Please enter your phone number.")},
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "class": "weui-input"}),
    )  # fmt: skip

    def clean_phone(self) -> str:
        phone = phones.normalise(self.cleaned_data["phone"])
        if phone is None:
            raise forms.ValidationError(
                _("This is not a phone number. Please check it; outside the mainland begin with + and the country.")
            )
        return phone


class CodeForm(forms.Form):
    """Six digits; pasted ones with gaps are fine."""

    code = forms.CharField(
        label=_("Code"), max_length=20,
        error_messages={"required": _("Please enter the code.")},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "weui-input m-digits",
                   "autofocus": True}
        ),
    )  # fmt: skip


class TermsForm(forms.Form):
    """Two boxes, both empty at first; the second may stay empty."""

    agrees = forms.BooleanField(required=False)
    offers = forms.BooleanField(required=False)
    name = forms.CharField(
        label=_("What may we call you? (optional)"), max_length=30, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "class": "weui-input"}),
    )  # fmt: skip
