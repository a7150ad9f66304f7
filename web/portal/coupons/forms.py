"""What headquarters types about a coupon template."""

import re
from decimal import Decimal

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from loyalty.models import CouponTemplate
from loyalty.queries import programs
from loyalty.services.coupon_templates import PROMISED
from stores.models import Staff
from stores.queries import stores
from web.ui.forms import DateInput, Form

CENT = Decimal("0.01")


class TemplateForm(Form):
    """``stores`` are codes; the cleaned value is a queryset. ``is_issued`` closes what holders were promised."""

    program = forms.ModelChoiceField(label=_("Brand"), queryset=None, empty_label=None)
    name = forms.CharField(label=capfirst(_("name")), max_length=60)
    name_en = forms.CharField(label=_("English name"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=CouponTemplate.Kind.choices)
    value = forms.DecimalField(
        label=_("Value"), min_value=CENT, max_digits=8, decimal_places=2,
        help_text=_("Yuan for an amount; percent taken off for a percentage: 20 is 20% off."),
    )  # fmt: skip
    most = forms.DecimalField(
        label=_("At most off (yuan)"), min_value=CENT, max_digits=8, decimal_places=2, required=False,
        help_text=_("For a percentage. Empty: no cap."),
    )  # fmt: skip
    threshold = forms.DecimalField(
        label=_("From an order of (yuan)"), min_value=0, max_digits=10, decimal_places=2, initial=0
    )
    place = forms.ChoiceField(label=_("Where it counts"), choices=CouponTemplate.Place.choices)
    stores = forms.CharField(
        label=_("Stores"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Store codes, separated by spaces or commas. Empty: every store of the brand."),
    )  # fmt: skip
    valid_days = forms.IntegerField(label=_("Days valid"), min_value=1, max_value=3650, initial=30)
    valid_from = forms.DateField(label=_("Not before"), required=False, widget=DateInput)
    valid_until = forms.DateField(label=_("Last day"), required=False, widget=DateInput)
    stock = forms.IntegerField(
        label=_("Left to give out"), min_value=0, max_value=100_000_000, required=False,
        help_text=_("Empty: no limit."),
    )  # fmt: skip
    terms = forms.CharField(
        label=_("Conditions in words"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    terms_en = forms.CharField(
        label=_("Conditions in English"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown to those who read English. Empty: they see the Chinese ones."),
    )  # fmt: skip
    is_welcome = forms.BooleanField(label=_("Given on joining"), required=False)
    is_live = forms.BooleanField(
        label=_("Given out"), required=False, initial=True, help_text=_("Stopping leaves coupons in wallets usable.")
    )
    stock_seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, staff: Staff, is_new: bool = True, is_issued: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.staff = staff
        self.fields["program"].queryset = programs.editable_by(staff).order_by("brand__code")
        if is_new:
            del self.fields["stock_seen"]
        else:
            del self.fields["program"]
        for name in PROMISED if is_issued else ():
            self.fields[name].disabled = True

    def clean_stores(self):
        codes = set(re.split(r"[\s,，、;；]+", self.cleaned_data["stores"])) - {""}
        found = stores.visible_to(self.staff).filter(code__in=codes)
        missing = codes - set(found.values_list("code", flat=True))
        if missing:
            words = {"codes": ", ".join(sorted(missing)[:5])}
            raise forms.ValidationError(_("There is no such store: %(codes)s") % words)
        return found

    def clean(self):
        said = super().clean()
        if said.get("kind") == CouponTemplate.Kind.PERCENT and (said.get("value") or 0) >= 100:
            self.add_error("value", _("A percentage must be below 100."))
        first, last = said.get("valid_from"), said.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("The last day lies before the first."))
        return said


class VoidForm(Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)
