"""Senders: the accounts that messages leave through. Secrets go in and never come out."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.queries import campaigns
from stores import access
from stores.access import Permission as P
from stores.models import Sender
from stores.queries import log
from stores.queries import senders as queries
from stores.services import senders
from web.ui.pages import Action, DetailPage, EditPage, Empty, ListPage, Page

from ..log.words import lines as words_of
from .forms import FORMS, SenderForm, TryForm
from .tables import MEDIUM_ICONS, SenderTable, state_of

HERE = (_("Senders"), "/senders/")
KINDS = [
    ("console", "device-desktop", _("Prints messages and sends nothing: for the first steps and for tests.")),
    ("smtp", "mail", _("Your own mail server, or a mail provider's, with login and encryption.")),
    ("aliyun_sms", "message", _("Text messages through Aliyun, with your signature name and approved templates.")),
    (
        "tencent_sms",
        "message",
        _("Text messages through Tencent Cloud, with your signature name and approved templates."),
    ),
    ("webhook", "link", _("Posts each message, signed, to a gateway for text messages, WeChat or anything else.")),
]


class SenderList(ListPage):
    permission = P.SENDER_VIEW
    table_class = SenderTable
    title = _("Senders")

    @property
    def empty(self) -> Empty:
        text = _("A sender is an account that messages leave through: a text message gateway, a mail server.")
        url = reverse("sender-kinds") if access.may(self.request.user, P.SENDER_EDIT) else ""
        return Empty(_("No senders yet"), text, "send", _("New sender"), url)

    def rows(self):
        return queries.visible_to(self.request.user)

    def actions(self):
        return [Action(_("New sender"), reverse("sender-kinds"), "plus", P.SENDER_EDIT, is_main=True)]


class SenderKinds(Page):
    """Which kind of sender it shall be."""

    permission = P.SENDER_EDIT
    template = "portal/senders/kinds.html"
    title = _("New sender")

    def get(self, request: HttpRequest) -> HttpResponseBase:
        labels = dict(Sender.Kind.choices)
        return self.render(kinds=[(kind, labels[kind], icon, text) for kind, icon, text in KINDS])

    def crumbs(self):
        return [HERE]


class SenderNew(EditPage):
    permission = P.SENDER_EDIT
    submit = _("Create")
    done = _("Sender created. Try it now.")
    refusals = (senders.SenderProblem,)

    def load(self) -> None:
        if self.kwargs["kind"] not in FORMS:
            raise Http404
        self.title = gettext("New sender: %(kind)s") % {"kind": Sender.Kind(self.kwargs["kind"]).label}

    def form(self, data: Any = None, files: Any = None) -> SenderForm:
        return FORMS[self.kwargs["kind"]](data)

    def save(self, form: SenderForm) -> str:
        given = {"medium": form.FIXED} | form.facts()
        made = senders.create(kind=self.kwargs["kind"], **given, by=self.request.user, now=self.now)
        return reverse("sender-detail", args=[made.pk])

    def back(self) -> str:
        return reverse("sender-kinds")

    def crumbs(self):
        return [HERE]


class SenderPage(DetailPage):
    """One sender: its state, what it was told, who uses it."""

    permission = P.SENDER_VIEW
    template = "portal/senders/page.html"

    def rows(self):
        return queries.visible_to(self.request.user)

    def context(self) -> dict[str, Any]:
        sender, staff = self.object, self.request.user
        return {
            "state": state_of(sender, timezone.now()), "icon_name": MEDIUM_ICONS[Sender.Medium(sender.medium)],
            "given": shown_settings(sender), "has_secret": bool(sender.secret),
            "campaigns": list(campaigns.for_list(staff).filter(sender=sender)[:8]),
            "lines": words_of(log.of(sender, limit=8)) if access.may(staff, P.LOG_VIEW) else [],
        }  # fmt: skip

    def crumbs(self):
        return [HERE]


def shown_settings(sender: Sender) -> list[tuple[Any, Any]]:
    """The settings under the labels of their form; a secret is none of them."""
    fields = FORMS[sender.kind].base_fields
    return [
        (fields[name].label, sender.settings[name]) for name in FORMS[sender.kind].SETTINGS if name in sender.settings
    ]


class OneSender(EditPage):
    """What the pages that change or try one sender share."""

    permission = P.SENDER_EDIT
    refusals = (senders.SenderProblem,)

    def rows(self):
        return queries.visible_to(self.request.user)

    def back(self) -> str:
        return reverse("sender-detail", args=[self.kwargs["pk"]])

    def crumbs(self):
        return [HERE, (self.object.name, self.back())]


class SenderEdit(OneSender):
    """Change it; an empty secret keeps the one it has."""

    title = _("Edit sender")

    def form(self, data: Any = None, files: Any = None) -> SenderForm:
        one = self.object
        initial = {"name": one.name, "rate": one.rate, "is_active": one.is_active, "is_idempotent": one.is_idempotent}
        return FORMS[one.kind](data, sender=one, initial=initial | one.settings)

    def save(self, form: SenderForm) -> None:
        given = form.facts()
        given["secret"] = given["secret"] or None
        senders.edit(self.object, **given, by=self.request.user, now=self.now)


class SenderTry(OneSender):
    """One message now, to see that it arrives."""

    title = _("Try the sender")
    submit = _("Send the test message")
    done = ""
    refusals = (senders.SenderProblem, senders.SendFailed)
    template = "portal/senders/try.html"

    def form(self, data: Any = None, files: Any = None) -> TryForm:
        staff, medium = self.request.user, self.object.medium
        own = {Sender.Medium.SMS: staff.phone, Sender.Medium.EMAIL: staff.email}.get(medium, "")
        return TryForm(data, medium=medium, initial={"address": own})

    def save(self, form: TryForm) -> None:
        text = gettext("A test message from Quanyu. It arrived, so this sender works.")
        subject = gettext("Test message")
        given = {"by": self.request.user, "now": self.now}
        receipt = senders.try_sender(self.object, form.cleaned_data["address"], text, subject=subject, **given)
        messages.success(
            self.request, gettext("Taken by the other side as %(number)s.") % {"number": receipt.reference}
        )
