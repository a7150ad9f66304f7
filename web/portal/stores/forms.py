"""The form of a store, and the question before one closes."""

from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from stores.models import Brand, Dealer, Region, Staff
from stores.queries import stores
from stores.resources.stores import CODE, why_not
from stores.rules import places
from web.ui.forms import DateInput, Form


class NodeField(forms.ModelChoiceField):
    """A node of the tree, with the one above it in its label."""

    def label_from_instance(self, node) -> str:
        above = getattr(node, "brand", None) or getattr(node, "region", None)
        return f"{above.name} · {node.name}" if above else node.name


class StoreForm(Form):
    code = forms.RegexField(label=_("Store number"), regex=f"^{CODE.pattern}$", max_length=32)
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    brand = NodeField(label=_("Brand"), queryset=Brand.objects.none())
    region = NodeField(label=_("Region"), queryset=Region.objects.none())
    dealer = NodeField(label=_("Dealer"), queryset=Dealer.objects.none(), required=False)
    province = forms.CharField(label=_("Province"), max_length=40, required=False)
    city = forms.CharField(label=_("City"), max_length=40, required=False)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=30, required=False)
    latitude = forms.CharField(
        label=_("Latitude"), max_length=20, required=False, help_text=_("Degrees, like 30.274100")
    )
    longitude = forms.CharField(
        label=_("Longitude"), max_length=20, required=False, help_text=_("Degrees, like 120.155100")
    )
    opened_on = forms.DateField(label=_("Opened on"), required=False, widget=DateInput())
    time_zone = forms.CharField(label=_("Time zone"), max_length=40, initial="Asia/Shanghai")

    def __init__(self, *args, staff: Staff, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["brand"].queryset = stores.brands_visible_to(staff)
        self.fields["region"].queryset = stores.regions_visible_to(staff)
        self.fields["dealer"].queryset = stores.dealers_visible_to(staff)

    def clean_time_zone(self):
        if self.cleaned_data["time_zone"] not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone."))
        return self.cleaned_data["time_zone"]

    def clean(self):
        """Both coordinates or neither, as numbers that lie on earth."""
        found = super().clean()
        try:
            pair = places.pair(found.get("latitude", ""), found.get("longitude", ""))
        except places.WrongPlace as error:
            self.add_error("latitude", why_not(error.reason))
        else:
            found["latitude"], found["longitude"] = pair or (None, None)
        return found


class CloseForm(Form):
    on = forms.DateField(label=_("Last day"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), max_length=200)
