"""Opening and editing a channel."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from stores.models import Channel, Staff
from stores.queries import stores
from web.ui.forms import Form


class ChannelForm(Form):
    code = forms.SlugField(
        label=capfirst(_("code")), max_length=40, help_text=_("Short and lasting, like pos-shanghai.")
    )
    name = forms.CharField(label=_("Name"), max_length=80)
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
    is_active = forms.BooleanField(
        label=_("Active"), required=False, help_text=_("The keys of a stopped channel open nothing.")
    )
