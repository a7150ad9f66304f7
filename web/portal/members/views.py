"""The whole member on one page, and what staff may change there."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from loyalty.queries import programs
from loyalty.services import adjusting
from loyalty.services.points import NotEnoughPoints
from members.models import Member
from members.queries import members
from members.rules import phones
from members.services import editing, reveals, tags
from stores.access import Permission
from web.addresses import client_address
from web.ui import htmx
from web.ui.access import requires
from web.ui.pages import DetailPage, EditPage

from . import card, tabs
from .forms import AdjustForm, MemberForm, RevealForm, TagForm


class OneMember:
    """What pages about one member share."""

    lookup = "number"

    def rows(self):
        return members.visible_to(self.request.user).select_related(
            "home_store__brand", "associate", "joined_channel", "joined_code"
        )

    def crumbs(self):
        trail = [(_("Members"), reverse("member-list"))]
        member = getattr(self, "object", None)
        return trail if type(self) is MemberPage or not member else [*trail, (member.number, self.back())]


class MemberPage(OneMember, DetailPage):
    """The whole member on one page."""

    permission = Permission.MEMBER_VIEW
    template = "portal/members/page.html"

    def get(self, request, *args, **kwargs):
        if winner := members.leads_to(request.user, self.kwargs["number"]):
            return redirect("member-detail", number=winner.number)
        if htmx.is_partial(request):
            self.template = f"{self.template}#tab"
        answer = super().get(request, *args, **kwargs)
        answer["Vary"] = "HX-Request, Cookie"
        return answer

    def context(self):
        member, open_tabs = self.object, tabs.offered(self.request.user)
        asked = self.request.GET.get("tab", "")
        tab = next((one for one in open_tabs if one.name == asked), open_tabs[0])
        name = phones.mask_name(member.name) or _("No name")
        head = card.head(member, self.request.user, now=timezone.now())
        words = {"head": head, "title": f"{name} · {member.number}", "name": name, "reveal_form": RevealForm(),
                 "tag_form": TagForm(), "tab": tab, "tabs": open_tabs}  # fmt: skip
        return words | tab.read(self.request, head, self.request.GET.get("older", "")[:60])


class MemberEdit(OneMember, EditPage):
    """The profile."""

    permission = Permission.MEMBER_EDIT
    form_class = MemberForm
    title = gettext_lazy("Edit profile")

    def initial(self):
        return {name: getattr(self.object, name) for name in editing.FIELDS}

    def save(self, form):
        editing.edit(self.object, **form.cleaned_data, by=self.request.user, now=self.now)

    def back(self):
        return reverse("member-detail", args=[self.kwargs["number"]])


class PointsAdjust(OneMember, EditPage):
    """A correction by hand."""

    permission = Permission.POINTS_ADJUST
    form_class = AdjustForm
    title = gettext_lazy("Correct points")
    submit = gettext_lazy("Correct")
    done = gettext_lazy("Corrected. The ledger and the action log show it.")
    refusals = (adjusting.CannotAdjust, NotEnoughPoints)

    def form(self, data=None, files=None):
        return AdjustForm(data, programs=programs.editable_by(self.request.user))

    def save(self, form):
        given = form.cleaned_data
        adjusting.adjust(self.object, given.pop("program"), **given, by=self.request.user, now=self.now)

    def back(self):
        return reverse("member-detail", args=[self.kwargs["number"]])


def one(request: HttpRequest, number: str) -> Member:
    """The member that an action is about; outside the person's scope it is a 404."""
    return get_object_or_404(members.visible_to(request.user), number=number)


@require_POST
@requires(Permission.MEMBER_REVEAL)
def reveal_phone(request: HttpRequest, number: str) -> HttpResponseBase:
    """Show the phone once, for a reason that is kept."""
    member, back = one(request, number), reverse("member-detail", args=[number])
    try:
        found = reveals.reveal(
            member, reason=request.POST.get("reason", "")[:200], by=request.user, now=timezone.now(),
            address=client_address(request),
        )  # fmt: skip
    except reveals.CannotReveal as refusal:
        messages.error(request, str(refusal))
        return htmx.redirect(back) if htmx.is_partial(request) else redirect(back)
    part = "#phones" if htmx.is_partial(request) else ""
    words = {"phones": [phones.grouped(value) for value in found], "title": member.number, "back": back}
    answer = TemplateResponse(request, f"portal/members/revealed.html{part}", words)
    answer["Cache-Control"] = "no-store"
    return htmx.trigger(answer, "closeDialogs")


@require_POST
@requires(Permission.MEMBER_EDIT)
def add_tag(request: HttpRequest, number: str) -> HttpResponseBase:
    """Put a tag on the member."""
    member = one(request, number)
    try:
        tags.add(member, request.POST.get("name", ""), by=request.user, now=timezone.now())
    except tags.BadTag as refusal:
        messages.error(request, str(refusal))
    return redirect("member-detail", number=number)


@require_POST
@requires(Permission.MEMBER_EDIT)
def remove_tag(request: HttpRequest, number: str, tag: int) -> HttpResponseBase:
    """Take a tag off the member."""
    tags.remove(one(request, number), tag, by=request.user, now=timezone.now())
    return redirect("member-detail", number=number)
