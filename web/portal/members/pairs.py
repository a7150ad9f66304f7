"""Members who may be one person: what waits for a decision, both side by side, one person or two."""

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.services import matching
from members.queries import match_cases
from members.rules import phones
from stores.access import Permission
from web.ui.forms import Form
from web.ui.pages import EditPage, Empty, ListPage
from web.ui.tables import Column, Table
from web.ui.templatetags.signs import sign, signs

from . import card


def both(case):
    """The two, masked."""
    names = [phones.mask_name(member.name) or _("No name") for member in (case.one, case.other)]
    return format_html(
        '{} <span class="q-code q-sub">{}</span> · {} <span class="q-code q-sub">{}</span>',
        names[0], case.one.number, names[1], case.other.number,
    )  # fmt: skip


class PairTable(Table):
    """One line for each pair."""

    columns = [
        Column("pair", gettext_lazy("The two"), cell=both, export=str),
        Column("outcome", gettext_lazy("Finding"), value=lambda case: case.get_outcome_display()),
        Column("rule", gettext_lazy("Rule"), value=lambda case: sign(case.rule)),
        Column("differs", gettext_lazy("Contradiction"), value=lambda case: signs(case.differs) or "–"),
        Column("found", gettext_lazy("Found"), value="found_at", kind="date", sort="found_at"),
    ]
    order = "-found_at"

    def row_url(self, row):
        return reverse("pair-detail", args=[row.pk])


class PairList(ListPage):
    """What waits for a decision."""

    permission = Permission.MEMBER_MERGE
    table_class = PairTable
    title = gettext_lazy("Possible pairs")
    empty = Empty(
        gettext_lazy("No pairs wait"),
        gettext_lazy("Two members who may be one person appear here when their signs contradict each other."), "link",
    )  # fmt: skip

    def rows(self):
        return match_cases.open_for(self.request.user)


class DecideForm(Form):
    """One person or two, and why."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"), widget=forms.RadioSelect,
        choices=[("same", gettext_lazy("One person: merge, the older record stays")),
                 ("apart", gettext_lazy("Two people: keep them apart and do not ask again"))],
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, min_length=2)


class PairPage(EditPage):
    """Both side by side."""

    permission = Permission.MEMBER_MERGE
    template = "portal/members/merge.html"
    form_class = DecideForm
    title = gettext_lazy("One person or two?")
    submit = gettext_lazy("Decide")
    done = gettext_lazy("Decided. The members' pages and the action log show it.")
    refusals = (matching.CannotDecide,)

    def rows(self):
        return match_cases.open_for(self.request.user)

    def context(self):
        two = sorted((self.object.one, self.object.other), key=matching.seniority)
        sides = [card.build(each, self.request.user, now=self.now) for each in two]
        return {
            "sides": [(side, phones.mask_name(side.member.name) or _("No name")) for side in sides],
            "case": self.object,
        }

    def save(self, form):
        given = form.cleaned_data
        matching.decide(
            self.object, is_same=given["decision"] == "same", reason=given["reason"], by=self.request.user, now=self.now
        )

    def back(self):
        return reverse("pair-list")
