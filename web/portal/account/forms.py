"""What a person may say about themselves."""

import zoneinfo

from django import forms
from django.utils.translation import gettext_lazy as _

from stores.models import Staff
from web.ui.forms import Form

ZONES = [
    ("Asia/Shanghai", _("China (Shanghai)")),
    ("Asia/Urumqi", _("Xinjiang (Urumqi)")),
    ("Asia/Hong_Kong", _("Hong Kong")),
    ("Asia/Macau", _("Macao")),
    ("Asia/Taipei", _("Taipei")),
    ("Asia/Singapore", _("Singapore")),
    ("Asia/Tokyo", _("Tokyo")),
    ("Europe/London", _("London")),
    ("Europe/Berlin", _("Berlin")),
    ("America/New_York", _("New York")),
    ("America/Los_Angeles", _("Los Angeles")),
    ("UTC", _("UTC")),
]


class AccountForm(Form):
    """Language, time zone and how to reach me. The name belongs to the administrator."""

    language = forms.ChoiceField(label=_("Language"), choices=Staff._meta.get_field("language").choices)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=ZONES, help_text=_("Times on all pages are shown in it.")
    )
    email = forms.EmailField(label=_("E-mail"), required=False, max_length=254)
    phone = forms.RegexField(
        r"^\+?\d{5,19}$", label=_("Phone"), required=False,
        error_messages={"invalid": _("This is not a phone number.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        present = self.initial.get("time_zone")
        if present and present not in dict(ZONES) and present in zoneinfo.available_timezones():
            self.fields["time_zone"].choices = [*ZONES, (present, present)]
