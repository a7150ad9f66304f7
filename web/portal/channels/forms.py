"""Opening and editing a channel, its account at a platform, and a secret of it."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from stores.models import Channel, Staff
from stores.queries import stores
from stores.rules.platforms import SHARED, Part, Platform
from web.ui.forms import Form


class ChannelForm(Form):
    code = forms.SlugField(
        label=capfirst(_("code")), max_length=40, help_text=_("Short and lasting, like pos-shanghai.")
    )
    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Channel.Kind.choices, initial=Channel.Kind.POS)
    brand = forms.ModelChoiceField(label=_("Brand"), queryset=None, required=False)

    def __init__(self, *args, staff: Staff, **kwargs):
        super().__init__(*args, **kwargs)
        brand = self.fields["brand"]
        brand.queryset = stores.brands_visible_to(staff)
        brand.required = not staff.sees_every_store
        brand.empty_label = _("Whole chain") if staff.sees_every_store else None


class ChannelEditForm(Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    is_active = forms.BooleanField(
        label=_("Active"), required=False, help_text=_("The keys of a stopped channel open nothing.")
    )


class ConnectForm(Form):
    """What is open about the account at a platform, how long silence may last, and what may leave."""

    fresh_minutes = forms.IntegerField(
        label=_("Minutes of silence at most"), min_value=1, max_value=100_000, required=False,
        help_text=_("The channel turns red when nothing good came for so long. Empty: nobody waits for anything."),
    )  # fmt: skip
    shares = forms.MultipleChoiceField(
        label=_("Fields it may share"), choices=SHARED.items(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing else about a member leaves through this channel."),
    )  # fmt: skip

    def __init__(self, *args: Any, platform: Platform | None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.parts = platform.settings if platform else ()
        for part in self.parts:
            self.fields[part.name] = forms.CharField(
                label=part.label, required=part.is_needed, max_length=10_000 if part.is_long else 300,
                widget=forms.Textarea(attrs={"rows": 5}) if part.is_long else forms.TextInput,
                help_text=HELP.get(part.name, ""),
            )  # fmt: skip
        self.order_fields([*(part.name for part in self.parts), "fresh_minutes", "shares"])

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        said = dict(self.cleaned_data)
        return {"settings": {part.name: said.pop(part.name) for part in self.parts}, **said}


HELP = {
    "gateway": _("Empty: the platform's own. Another one stands in for it in tests."),
    "templates": _("Like: SMS_100 Your code is ${code}"),
}


class SecretForm(Form):
    """A secret goes in and never comes out."""

    value = forms.CharField(label=_("Secret"), max_length=20_000)

    def __init__(self, *args: Any, part: Part, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["value"]
        field.label = part.label
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        field.widget = (
            forms.Textarea(attrs={"rows": 8, **attrs})
            if part.is_long
            else forms.PasswordInput(attrs={"autocomplete": "new-password"})
        )
        field.help_text = _("It is never shown again. The one before it is taken for seven more days.")
