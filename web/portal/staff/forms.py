"""Inviting people and giving them places: only what the giver holds is offered."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stores.access import Role
from stores.models import Staff
from stores.queries import staff as people
from stores.rules import granting
from web.ui.forms import Form

USERNAME = r"^[a-zA-Z0-9][a-zA-Z0-9._@+-]{2,59}$"


def contact_fields() -> dict[str, forms.Field]:
    return {
        "phone": forms.RegexField(
            r"^\+?\d{5,19}$", label=gettext_lazy("Phone"), required=False,
            error_messages={"invalid": gettext_lazy("This is not a phone number.")},
            widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        ),
        "email": forms.EmailField(label=gettext_lazy("E-mail"), required=False, max_length=254),
        "language": forms.ChoiceField(
            label=gettext_lazy("Language"), choices=Staff._meta.get_field("language").choices
        ),
    }  # fmt: skip


class PlacesForm(Form):
    """A role with its places. ``by`` is the giver: choices stay inside what that person holds."""

    def __init__(self, *args: Any, by: Staff, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.by = by
        roles = granting.roles_granted_by(by)
        self.fields["role"] = forms.ChoiceField(
            label=gettext_lazy("Role"), choices=[choice for choice in Role.CHOICES if choice[0] in roles],
            widget=forms.Select(attrs={"data-role-switch": ""}),
        )  # fmt: skip
        self._offer("brands", "brand", gettext_lazy("Brands"), self._brand_help())
        self._offer("regions", "region", gettext_lazy("Regions"), "")
        self._offer("dealers", "dealer", gettext_lazy("Dealers"), "")
        self.fields["stores"] = forms.CharField(
            label=gettext_lazy("Codes of the stores"), required=False, max_length=4000,
            help_text=gettext_lazy("One or more, separated by commas."),
            widget=forms.TextInput(attrs={"data-scope": "store", "autocomplete": "off", "spellcheck": "false"}),
        )  # fmt: skip

        self._mark_places(needed=True)

    def _mark_places(self, *, needed: bool) -> None:
        """The places of the chosen role are needed (``clean`` says so); the page must not call them optional."""
        for name in ("regions", "dealers", "stores"):
            self.fields[name].required = needed
            self.fields[name].widget.is_required = False

    def full_clean(self) -> None:
        self._mark_places(needed=False)
        super().full_clean()
        self._mark_places(needed=True)

    def _brand_help(self):
        return gettext_lazy("None chosen: the whole chain.") if self.by.sees_every_store else ""

    def _offer(self, name: str, kind: str, label: Any, help_text: Any) -> None:
        rows = people.nodes_visible_to(self.by, kind).order_by("name")
        widget = forms.CheckboxSelectMultiple if kind == "brand" else forms.SelectMultiple
        self.fields[name] = forms.ModelMultipleChoiceField(
            rows, label=label, required=False, help_text=help_text,
            widget=widget(attrs={"data-scope": kind} | ({} if kind == "brand" else {"size": 6})),
        )  # fmt: skip

    def clean_stores(self) -> list:
        text = self.cleaned_data["stores"]
        wanted = list(dict.fromkeys(code for code in re.split(r"[,，、;；\s]+", text.upper()) if code))
        found = {
            store.code.upper(): store for store in people.nodes_visible_to(self.by, "store").filter(code__in=wanted)
        }
        missing = [code for code in wanted if code not in found]
        if missing:
            raise forms.ValidationError(_("Unknown or not yours: %(codes)s") % {"codes": ", ".join(missing[:5])})
        return [found[code] for code in wanted]

    def clean(self) -> dict:
        """The places of the kind that the role takes; others are ignored."""
        given = super().clean()
        role = given.get("role")
        if not role:
            return given
        kind = granting.SCOPES_OF_ROLE[role][-1]
        given["nodes"] = list(given.get(f"{kind}s") or [])
        may_be_chain = "chain" in granting.SCOPES_OF_ROLE[role] and self.by.sees_every_store
        if not given["nodes"] and not may_be_chain and f"{kind}s" not in self.errors:
            self.add_error(f"{kind}s", _("Choose at least one."))
        return given


class InviteForm(PlacesForm):
    """A new colleague."""

    def __init__(self, *args: Any, by: Staff, **kwargs: Any):
        super().__init__(*args, by=by, **kwargs)
        places = dict(self.fields)
        self.fields.clear()
        self.fields["name"] = forms.CharField(label=gettext_lazy("Name"), max_length=60)
        self.fields["username"] = forms.RegexField(
            USERNAME, label=gettext_lazy("Login name"),
            help_text=gettext_lazy("3 to 60 letters or digits; it stays for good."),
            error_messages={"invalid": gettext_lazy("A login name has 3 to 60 letters, digits or . _ @ + - signs.")},
            widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        )  # fmt: skip
        self.fields |= places | contact_fields()


class EditForm(Form):
    """How to reach somebody, and in which language the pages speak."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label=gettext_lazy("Name"), max_length=60)
        self.fields |= contact_fields()


class LeaveForm(Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)


class SureForm(Form):
    """No questions: only the button."""
