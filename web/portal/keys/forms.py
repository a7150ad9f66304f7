"""What a key may do, where and from where; how long an old secret lives on."""

import re
from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores.models import ApiKey, Staff
from stores.queries import stores
from stores.rules import networks, scopes
from stores.services import keys
from web.ui.forms import DateInput, Form


class KeyForm(Form):
    """``stores`` are codes; the cleaned value is a queryset of stores."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Who will use it, like “Till supplier, test”."))
    scopes = forms.MultipleChoiceField(
        label=_("May do"), choices=scopes.Scope.choices, widget=forms.CheckboxSelectMultiple, initial=scopes.usual
    )
    stores = forms.CharField(
        label=_("Stores"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Store codes, separated by spaces or commas. Empty: all stores of the channel."),
    )  # fmt: skip
    addresses = forms.CharField(
        label=_("Allowed addresses"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Network addresses or ranges like 203.0.113.0/24, separated by spaces. Empty: from everywhere."),
    )  # fmt: skip
    must_sign = forms.BooleanField(
        label=_("Signed calls only"), required=False,
        help_text=_("The secret then never travels: each call carries a signature made with it."),
    )  # fmt: skip
    calls_per_minute = forms.IntegerField(label=_("Calls a minute"), min_value=1, max_value=1_000_000, initial=6_000)
    expires_on = forms.DateField(
        label=_("Last day"), required=False, widget=DateInput(), help_text=_("Empty: it does not expire.")
    )

    def __init__(self, *args, staff: Staff, **kwargs):
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean_stores(self):
        codes = set(re.split(r"[\s,，、;；]+", self.cleaned_data["stores"])) - {""}
        found = stores.visible_to(self.staff).filter(code__in=codes)
        missing = codes - set(found.values_list("code", flat=True))
        if missing:
            words = {"codes": ", ".join(sorted(missing)[:5])}
            raise forms.ValidationError(_("There is no such store: %(codes)s") % words)
        return found

    def clean_addresses(self):
        try:
            return networks.read(self.cleaned_data["addresses"])
        except networks.NoNetwork as word:
            raise forms.ValidationError(_("This is no network address: %(word)s") % {"word": word}) from None

    def given(self) -> dict:
        """The cleaned values as the service takes them; the last day counts whole."""
        words = dict(self.cleaned_data)
        last = words.pop("expires_on")
        midnight = datetime.combine(last + timedelta(days=1), time()) if last else None
        return words | {"expires_at": timezone.make_aware(midnight) if midnight else None}


def initial_of(key: ApiKey) -> dict:
    """A key as the form shows it."""
    last = timezone.localtime(key.expires_at - timedelta(seconds=1)).date() if key.expires_at else None
    return {
        "name": key.name, "scopes": key.scopes, "stores": " ".join(store.code for store in key.stores.all()),
        "addresses": " ".join(key.addresses), "must_sign": key.must_sign, "calls_per_minute": key.calls_per_minute,
        "expires_on": last,
    }  # fmt: skip


class RotateForm(Form):
    days = forms.IntegerField(
        label=_("The old secret lives on for days"), min_value=0, max_value=keys.MOST_DAYS, initial=7,
        help_text=_("Until then both work, so that tills can change one by one. 0 ends the old one now."),
    )  # fmt: skip


class RevokeForm(Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
