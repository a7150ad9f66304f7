"""Keys of channels. A secret is shown once, on the page that answers its making."""

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stores import access
from stores.access import Permission as P
from stores.queries import channels, log
from stores.queries import keys as queries
from stores.rules.scopes import Scope
from stores.services import keys
from web.ui.formats import local_name
from web.ui.pages import DeletePage, DetailPage, EditPage

from ..log.words import lines as words_of
from .forms import KeyForm, RevokeForm, RotateForm, initial_of

HERE = (_("Channels"), "/channels/")


class Shows(EditPage):
    """A page whose answer shows a new secret; nothing else ever does."""

    permission = P.CHANNEL_EDIT
    refusals = (keys.KeyProblem,)
    done = ""
    made = None

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        response = super().post(request, *args, **kwargs)
        if self.made is None:
            return response
        key, token = self.made
        return self.render(template="portal/keys/made.html", key=key, token=token)


class KeyNew(Shows):
    """Make a key of a channel."""

    title = _("New key")
    submit = _("Make the key")

    def rows(self):
        return channels.editable_by(self.request.user)

    def form(self, data=None, files=None):
        return KeyForm(data, staff=self.request.user)

    def save(self, form):
        self.made = keys.issue(self.object, **form.given(), by=self.request.user, now=self.now)

    def back(self):
        return reverse("channel-detail", args=[self.object.pk])

    def crumbs(self):
        return [HERE, (self.object.name, self.back())]


class KeyPage(DetailPage):
    permission = P.CHANNEL_VIEW
    template = "portal/keys/detail.html"

    def rows(self):
        return queries.visible_to(self.request.user)

    def context(self):
        key, now = self.object, timezone.now()
        return {
            "scopes": [scope for scope in Scope if key.may(scope)],
            "stores": list(key.stores.order_by("code")[:50]),
            "may_edit": queries.editable_by(self.request.user).filter(pk=key.pk).exists() and key.revoked_at is None,
            "is_live": key.is_live(now), "has_old_secret": key.has_old_secret(now),
            "calls": queries.calls_in_last_hour(key, now=now),
            "lines": words_of(log.of(key, limit=8)) if access.may(self.request.user, P.LOG_VIEW) else [],
        }  # fmt: skip

    def crumbs(self):
        return [HERE, (local_name(self.object.channel), reverse("channel-detail", args=[self.object.channel_id]))]


class OneKey:
    """What the pages that change one key share."""

    permission = P.CHANNEL_EDIT
    refusals = (keys.KeyProblem,)

    def rows(self):
        return queries.editable_by(self.request.user)

    def back(self):
        return reverse("key-detail", args=[self.object.pk])

    def crumbs(self):
        channel = self.object.channel
        return [
            HERE,
            (local_name(channel), reverse("channel-detail", args=[channel.pk])),
            (self.object.name, self.back()),
        ]


class KeyEdit(OneKey, EditPage):
    title = _("Edit key")

    def form(self, data=None, files=None):
        return KeyForm(data, initial=initial_of(self.object), staff=self.request.user)

    def save(self, form):
        keys.edit(self.object, **form.given(), by=self.request.user, now=self.now)


class KeyRotate(OneKey, Shows):
    title = _("Rotate key")
    submit = _("Make a new secret")
    form_class = RotateForm

    def save(self, form):
        self.made = keys.rotate(self.object, **form.cleaned_data, by=self.request.user, now=self.now)


class KeyEndOld(OneKey, DeletePage):
    title = _("End the old secret")
    submit = _("End it")
    form_class = RevokeForm
    question = _("Whoever still sends the secret from before the rotation is not let in any more.")

    def form(self, data=None, files=None):
        form = super().form(data, files)
        form.fields.clear()
        return form

    def save(self, form):
        keys.end_old_secret(self.object, by=self.request.user, now=self.now)


class KeyRevoke(OneKey, DeletePage):
    title = _("Revoke key")
    submit = _("Revoke")
    form_class = RevokeForm
    question = _("From this moment on, nothing that is sent with this key is taken. This cannot be undone.")

    def save(self, form):
        keys.revoke(self.object, by=self.request.user, now=self.now, reason=form.cleaned_data["reason"])
