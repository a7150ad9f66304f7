"""What one is asked before codes are issued, replaced, revoked or printed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from stores.models import Brand, Dealer, Region, Staff, Store, StoreCode
from stores.queries import stores
from web.ui.forms import Form

FORM_NAMES = {
    "a4": _("A4 poster"), "a5": _("A5 poster"), "tent": _("Table tent (A4, folded)"),
    "sticker": _("Till sticker (90 × 120 mm)"), "qr": _("Code only"),
}  # fmt: skip
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]


class PosterForm(Form):
    """Which poster of one code."""

    form = forms.ChoiceField(label=_("Layout"), choices=list(FORM_NAMES.items()))
    kind = forms.ChoiceField(label=_("File"), choices=[("pdf", "PDF"), ("svg", "SVG"), ("png", "PNG")])
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)

    def clean(self):
        found = super().clean()
        if found.get("form") == "qr" and found.get("kind") == "pdf":
            self.add_error("kind", _("The code alone comes as SVG or PNG."))
        return found


class WhichStores(Form):
    """Part of the stores one sees; nothing chosen means all of them."""

    brand = forms.ModelChoiceField(
        label=_("Brand"), queryset=Brand.objects.none(), required=False, empty_label=_("All")
    )
    region = forms.ModelChoiceField(
        label=_("Region"), queryset=Region.objects.none(), required=False, empty_label=_("All")
    )
    dealer = forms.ModelChoiceField(
        label=_("Dealer"), queryset=Dealer.objects.none(), required=False, empty_label=_("All")
    )

    def __init__(self, *args, staff: Staff, **kwargs):
        super().__init__(*args, **kwargs)
        self.staff = staff
        self.fields["brand"].queryset = stores.brands_visible_to(staff)
        self.fields["region"].queryset = stores.regions_visible_to(staff)
        self.fields["dealer"].queryset = stores.dealers_visible_to(staff)

    def shops(self):
        """The chosen stores, inside this person's scope."""
        chosen = {name: self.cleaned_data[name] for name in ("brand", "region", "dealer") if self.cleaned_data[name]}
        return stores.visible_to(self.staff).filter(**chosen)


class ArchiveForm(WhichStores):
    form = forms.ChoiceField(label=_("Layout"), choices=list(FORM_NAMES.items()))
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    field_order = ["form", "language", "brand", "region", "dealer"]


class CodeForm(Form):
    """One more code of a store: its own, an associate's or a poster's."""

    kind = forms.ChoiceField(label=_("For"), choices=StoreCode.Kind.choices, widget=forms.RadioSelect)
    associate = forms.ModelChoiceField(
        label=_("Associate"), queryset=Staff.objects.none(), required=False,
        help_text=_("Whoever joins by this code is bound to the associate too."),
    )  # fmt: skip
    label = forms.CharField(
        label=_("Poster"), max_length=60, required=False, help_text=_("Where it hangs: window, fitting room, lift.")
    )

    def __init__(self, *args, store: Store, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["associate"].queryset = stores.people_at(store)

    def clean(self):
        """Only what belongs to the kind is kept; what it needs must be there."""
        found = super().clean()
        kind = found.get("kind")
        if kind != StoreCode.Kind.ASSOCIATE:
            found["associate"] = None
        elif not found.get("associate"):
            self.add_error("associate", _("Choose the associate."))
        if kind != StoreCode.Kind.POSTER:
            found["label"] = ""
        elif not found.get("label"):
            self.add_error("label", _("Say where the poster hangs."))
        return found


class ReasonForm(Form):
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Kept in the action log."))


class RevokeForm(ReasonForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Kept in the action log, and shown to whoever scans the old code."),
    )
