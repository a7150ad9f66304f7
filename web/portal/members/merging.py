"""Two records of one person: find the other one, look at both, merge with a reason, take it back with a reason."""

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.services import merging
from members.queries import members, merges
from members.rules import phones
from stores.access import Permission
from web.ui.forms import Form
from web.ui.pages import DeletePage, EditPage

from . import card
from .views import OneMember


class OtherForm(Form):
    """Whom to compare with. Typed, never in the address: it may be a phone."""

    q = forms.CharField(
        label=gettext_lazy("The other record"), max_length=128,
        help_text=gettext_lazy("A member number, a card number or a whole phone number."),
    )  # fmt: skip


class ReasonForm(Form):
    """Why, in words that stay on the member's page."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, min_length=2)


class NotFound(Exception):
    """Nobody, or more than one, has what was typed. The text may be shown."""


class MergePage(OneMember, EditPage):
    """What the pages about a merge share."""

    permission = Permission.MEMBER_MERGE
    form_class = ReasonForm

    def back(self):
        return reverse("member-detail", args=[self.kwargs["number"]])


class FindOther(MergePage):
    """The first step: which other record."""

    form_class = OtherForm
    title = gettext_lazy("Merge with…")
    submit = gettext_lazy("Compare the two")
    done = None
    refusals = (NotFound,)

    def save(self, form):
        found = members.find(self.request.user, form.cleaned_data["q"]).exclude(pk=self.object.pk)[:2]
        if len(found) != 1:
            raise NotFound(
                _("Several members have this. Type the member number.") if found
                else _("No other member has this. Check the number and try again.")
            )  # fmt: skip
        return reverse("member-merge-two", args=[self.object.number, found[0].number])


class MergeTwo(MergePage):
    """The second step: both side by side, and the reason."""

    template = "portal/members/merge.html"
    title = gettext_lazy("Merge two records")
    submit = gettext_lazy("Merge into one member")
    done = gettext_lazy("Merged. The page shows why and what it changed, and lets you take it back.")
    refusals = (merging.CannotMerge,)

    @cached_property
    def other(self):
        return get_object_or_404(self.rows(), number=self.kwargs["other"])

    def context(self):
        sides = [card.build(each, self.request.user, now=self.now) for each in (self.object, self.other)]
        return {"sides": [(side, phones.mask_name(side.member.name) or _("No name")) for side in sides]}

    def save(self, form):
        merging.merge(self.object, self.other, **form.cleaned_data, by=self.request.user, now=self.now)


class TakeBack(MergePage, DeletePage):
    """The end of a merge."""

    title = gettext_lazy("Take the merge back")
    submit = gettext_lazy("Un-merge")
    done = gettext_lazy("Taken back. Both members stand as before, each with what came by their own numbers since.")
    question = gettext_lazy(
        "Both records become members of their own again. Orders, points, coupons and consents return to whoever brought"
        " them; points that one of them spent out of the other's are owed."
    )
    refusals = (merging.CannotUnmerge,)

    def save(self, form):
        merge = merges.standing(self.object).filter(pk=self.kwargs["merge"]).first()
        if merge is None:
            raise Http404
        merging.unmerge(merge, **form.cleaned_data, by=self.request.user, now=self.now)
