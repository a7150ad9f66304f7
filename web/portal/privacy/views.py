"""The privacy desk: what people ask about their own data, by when it is due, and who answered how."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from members.models import PrivacyRequest
from members.queries import members
from members.queries import privacy as reading
from members.rules import phones
from members.services import copies, erasing, privacy
from stores.access import Permission
from web.ui.access import requires
from web.ui.pages import DeletePage, DetailPage, EditPage, Empty, ListPage

from .forms import AnswerForm, AskForm
from .shown import tables_of
from .tables import RequestTable, state_of

Kind, State = PrivacyRequest.Kind, PrivacyRequest.State


class Desk(ListPage):
    """Open requests first, the most urgent on top."""

    permission = Permission.PRIVACY_VIEW
    table_class = RequestTable
    title = gettext_lazy("Privacy desk")
    empty = Empty(
        gettext_lazy("Nobody has asked yet"),
        gettext_lazy("Requests come from a member's card, or are noted on the member's page."), "shield-check",
    )  # fmt: skip

    def rows(self):
        return reading.visible_to(self.request.user)


class Ask(EditPage):
    """Note what a member asked in a store, by phone or by letter."""

    permission = Permission.PRIVACY_VIEW
    form_class = AskForm
    lookup = "number"
    title = gettext_lazy("Privacy request")
    submit = gettext_lazy("Note the request")
    done = gettext_lazy("Noted. The desk shows by when it is to be answered.")

    def rows(self):
        return members.visible_to(self.request.user)

    def save(self, form):
        made = privacy.ask(self.object, **form.cleaned_data, by=self.request.user, now=self.now)
        return reverse("privacy-detail", args=[made.pk])

    def back(self):
        return reverse("member-detail", args=[self.kwargs["number"]])


class OneRequest:
    """What the pages about one request share."""

    permission = Permission.PRIVACY_VIEW

    def rows(self):
        return reading.visible_to(self.request.user)

    def crumbs(self):
        trail = [(_("Privacy desk"), reverse("privacy-list"))]
        shown = getattr(self, "object", None)
        return trail if isinstance(self, DetailPage) or not shown else [*trail, (shown.get_kind_display(), self.back())]

    def back(self):
        return reverse("privacy-detail", args=[self.kwargs["pk"]])


class RequestPage(OneRequest, DetailPage):
    """One request and what may be done about it."""

    template = "portal/privacy/page.html"

    def context(self):
        asked = self.object
        return {
            "title": asked.get_kind_display(), "state": state_of(asked), "is_open": asked.state == State.OPEN,
            "name": phones.mask_name(asked.member.name) or _("No name"),
        }  # fmt: skip


class Answer(OneRequest, EditPage):
    """Do what is asked and say so; for a copy or a correction: say that it was given or made."""

    permission = Permission.PRIVACY_DECIDE
    form_class = AnswerForm
    title = gettext_lazy("Answer the request")
    submit = gettext_lazy("Done as asked")
    done = gettext_lazy("Answered.")
    refusals = (privacy.CannotAnswer,)

    def save(self, form):
        privacy.answer(self.object, **form.cleaned_data, by=self.request.user, now=self.now)


class Refuse(OneRequest, EditPage):
    permission = Permission.PRIVACY_DECIDE
    form_class = AnswerForm
    title = gettext_lazy("Refuse the request")
    submit = gettext_lazy("Refuse")
    done = gettext_lazy("Refused. The reason is kept.")
    refusals = (privacy.CannotAnswer,)

    def save(self, form):
        privacy.refuse(self.object, **form.cleaned_data, by=self.request.user, now=self.now)


class Erase(OneRequest, DeletePage):
    permission = Permission.PRIVACY_DECIDE
    form_class = AnswerForm
    title = gettext_lazy("Erase the person")
    submit = gettext_lazy("Erase for good")
    done = gettext_lazy("Erased. Orders and points stay in the books under the member's number.")
    question = gettext_lazy(
        "Name, numbers, accounts, notes and messages of this person are erased, also of records that were merged into this"
        " one. Orders, points and coupons stay in the books under the member's number. Nobody can take this back."
    )
    refusals = (privacy.CannotAnswer,)

    @cached_property
    def asked(self):
        return get_object_or_404(self.rows(), pk=self.kwargs["pk"], kind=Kind.ERASE)

    def save(self, form):
        erasing.erase(self.asked, **form.cleaned_data, by=self.request.user, now=self.now)


@require_POST
@requires(Permission.PRIVACY_DECIDE)
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that is kept about the person, as JSON for machines or as a page to read. Noted in the log."""
    asked = get_object_or_404(reading.visible_to(request.user), pk=pk, kind=Kind.ACCESS)
    found = copies.hand_out(asked, by=request.user, now=timezone.now())
    if request.POST.get("form") == "page":
        words = {"tables": tables_of(found), "member": asked.member, "now": timezone.now()}
        content, kind, ending = render_to_string("portal/privacy/copy.html", words, request), "text/html", "html"
    else:
        content, kind, ending = json.dumps(found, ensure_ascii=False, indent=1), "application/json", "json"
    answer = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{asked.member.number}.{ending}"'
    answer["Cache-Control"] = "no-store"
    return answer
