"""A channel's account at its platform: which one, what is open about it, its secrets, and a try."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.access import Permission as P
from stores.queries import channels as queries
from stores.rules.platforms import ALL, BY_CODE, Part
from stores.services import platforms
from web.ui.forms import Form
from web.ui.pages import DeletePage, Page

from .forms import ConnectForm, SecretForm
from .views import HERE, OneChannel

CONTRACTS = {
    "public": _("The whole contract is public."),
    "part": _("Only the transport is public. Members come by file until the platform lets the shop in."),
    "ours": _("Our own contract: anything that can sign may use it."),
}


class Platforms(Page):
    """Which platform it shall be."""

    permission = P.CHANNEL_EDIT
    template = "portal/channels/platforms.html"
    title = _("Choose a platform")

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.object = get_object_or_404(queries.editable_by(request.user), pk=pk)
        return self.render(object=self.object, platforms=[(one, CONTRACTS[one.contract]) for one in ALL])

    def crumbs(self):
        return [HERE, (self.object.name, reverse("channel-detail", args=[self.object.pk]))]


class Connect(OneChannel):
    """What is open about the account. Without a platform in the address the present one stays."""

    title = _("Connect to a platform")
    refusals = (platforms.PlatformProblem,)
    template = "portal/channels/connect.html"

    def load(self) -> None:
        super().load()
        code = self.kwargs.get("platform", self.object.platform)
        if code not in BY_CODE and code not in ("", "none"):
            raise Http404
        self.platform = BY_CODE.get(code)

    def form(self, data: Any = None, files: Any = None) -> ConnectForm:
        kept = {"fresh_minutes": self.object.fresh_minutes, "shares": self.object.shares}
        return ConnectForm(data, platform=self.platform, initial=self.object.settings | kept)

    def save(self, form: ConnectForm) -> None:
        given = {"platform": self.platform.code if self.platform else "", **form.facts()}
        platforms.configure(self.object, **given, by=self.request.user, now=self.now)

    def context(self) -> dict:
        contract = CONTRACTS[self.platform.contract] if self.platform else ""
        return {"platform": self.platform, "contract": contract}


class OfSecret(OneChannel):
    """What the pages of one secret share."""

    refusals = (platforms.PlatformProblem,)

    def load(self) -> None:
        super().load()
        parts = BY_CODE[self.object.platform].secrets if self.object.platform in BY_CODE else ()
        found = [part for part in parts if part.name == self.kwargs["name"]]
        if not found:
            raise Http404
        self.part: Part = found[0]


class SecretSet(OfSecret):
    title = _("Set a secret")
    done = _("The secret is stored. It is never shown.")

    def form(self, data: Any = None, files: Any = None) -> SecretForm:
        return SecretForm(data, part=self.part)

    def save(self, form: SecretForm) -> None:
        value = form.cleaned_data["value"]
        platforms.set_secret(self.object, self.part.name, value, by=self.request.user, now=self.now)


class SecretEnd(OfSecret, DeletePage):
    title = _("End the former secret")
    submit = _("End it")
    form_class = Form
    question = _("From this moment on, nothing that is signed with the former secret is taken.")

    def save(self, form: Form) -> None:
        platforms.end_former_secret(self.object, self.part.name, by=self.request.user, now=self.now)


class Try(OneChannel):
    """Ask the platform something harmless."""

    title = _("Try the connection")
    submit = _("Ask the platform")
    done = ""
    form_class = Form
    refusals = (platforms.SendFailed,)
    template = "portal/channels/try.html"

    def load(self) -> None:
        super().load()
        if self.object.platform not in BY_CODE or not BY_CODE[self.object.platform].probes:
            raise Http404

    def save(self, form: Form) -> None:
        said = platforms.try_account(self.object, by=self.request.user, now=self.now, ask=None)
        messages.success(self.request, gettext("It works. The platform said: %(words)s") % {"words": said})
