"""What a brand decides about its programme."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.models import Tier
from loyalty.rules.tiers import Rung
from stores.models import Brand
from web.ui.forms import Form

HIGH = 10**12  # growth value that no shopper reaches


class RatesForm(Form):
    """What a yuan earns from now on."""

    points_per_yuan = forms.DecimalField(
        label=gettext_lazy("Points per yuan"), min_value=0, max_value=1000, max_digits=8, decimal_places=4,
        help_text=gettext_lazy("Rounded down for each order: at 0.5 an order of ¥99 earns 49 points."),
    )  # fmt: skip
    growth_per_yuan = forms.DecimalField(
        label=gettext_lazy("Growth value per yuan"), min_value=0, max_value=1000, max_digits=8, decimal_places=4,
        help_text=gettext_lazy("Growth value decides the tier. It is never spent."),
    )  # fmt: skip


class LadderForm(Form):
    """Names and thresholds of the tiers that there are."""

    def __init__(self, *args: Any, tiers: Sequence[Tier], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.tiers = list(tiers)
        for tier in self.tiers:
            key, place = f"t{tier.rank}", {"rank": tier.rank + 1}
            self.fields[f"{key}_name"] = forms.CharField(
                label=_("Tier %(rank)d: name") % place, max_length=40, initial=tier.name
            )
            self.fields[f"{key}_name_en"] = forms.CharField(
                label=_("Tier %(rank)d: English name") % place, max_length=40, initial=tier.name_en, required=False
            )
            self.fields[f"{key}_threshold"] = forms.IntegerField(
                label=_("Tier %(rank)d: growth value needed") % place, min_value=0, max_value=HIGH,
                initial=tier.threshold,
            )  # fmt: skip

    def rows(self) -> list[list]:
        """The fields of each tier, for the template."""
        names = ("name", "name_en", "threshold")
        return [[self[f"t{tier.rank}_{name}"] for name in names] for tier in self.tiers]

    def rungs(self) -> list[Rung]:
        """The ladder as typed."""
        given = self.cleaned_data
        return [
            Rung(tier.rank, given[f"t{tier.rank}_name"], given[f"t{tier.rank}_name_en"],
                 given[f"t{tier.rank}_threshold"])
            for tier in self.tiers
        ]  # fmt: skip


class BindingForm(Form):
    """Which scan of a store code binds a member to that store."""

    binding = forms.ChoiceField(
        label=gettext_lazy("Binding rule"), choices=Brand.Binding.choices, widget=forms.RadioSelect
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days before a new store counts"), min_value=1, max_value=3650,
        help_text=gettext_lazy("Used by the third rule only."),
    )  # fmt: skip
