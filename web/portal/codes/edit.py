"""Issuing, replacing and revoking codes."""

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from stores.access import Permission as P
from stores.queries import codes as queries
from stores.queries import stores
from stores.services import codes
from web.ui.pages import DeletePage, EditPage

from .forms import CodeForm, ReasonForm, RevokeForm, WhichStores


class IssueMissing(EditPage):
    """A code for every chosen store that has none."""

    permission = P.CODE_ISSUE
    template = "portal/codes/issue.html"
    title = _("Issue codes")
    submit = _("Issue the missing codes")
    done = ""

    def form(self, data=None, files=None):
        return WhichStores(data, staff=self.request.user)

    def context(self):
        shops = stores.visible_to(self.request.user).filter(closed_on=None)
        return {"missing": queries.without_code(shops).count(), "total": shops.count()}

    def save(self, form):
        count = codes.issue_missing(form.shops(), by=self.request.user, now=self.now)
        said = ngettext("%(count)d code issued.", "%(count)d codes issued.", count)
        messages.success(self.request, said % {"count": count})

    def back(self):
        return reverse("code-list")

    def crumbs(self):
        return [(_("Store codes"), reverse("code-list"))]


class CodeNew(EditPage):
    """One more code for a store."""

    permission = P.CODE_ISSUE
    title = _("New code")
    submit = _("Issue the code")
    done = _("The code is ready.")
    refusals = (codes.CannotIssue,)

    def rows(self):
        return stores.visible_to(self.request.user)

    def initial(self):
        return {"kind": "store"}

    def form(self, data=None, files=None):
        return CodeForm(data, initial=self.initial(), store=self.object)

    def save(self, form):
        code = codes.issue(self.object, by=self.request.user, now=self.now, **form.cleaned_data)
        return reverse("code-detail", args=[code.pk])

    def back(self):
        return reverse("store-detail", args=[self.object.pk])

    def crumbs(self):
        return [(_("Stores"), reverse("store-list")), (self.object.name, self.back())]


class Rotate(DeletePage):
    """A new code for the same place; the old one says where the new one is."""

    permission = P.CODE_ISSUE
    form_class = ReasonForm
    title = _("Replace code")
    submit = _("Replace the code")
    done = _("The old code is out of use. Print the new one.")
    question = _("The old code stops working at once, on every poster and sticker that shows it.")
    refusals = (codes.CodeRetired,)

    def rows(self):
        return queries.visible_to(self.request.user)

    def save(self, form):
        new = codes.rotate(self.object, by=self.request.user, now=self.now, reason=form.cleaned_data["reason"])
        return reverse("code-detail", args=[new.pk])

    def back(self):
        return reverse("code-detail", args=[self.object.pk])


class Revoke(Rotate):
    """Out of use, without a successor."""

    permission = P.CODE_REVOKE
    form_class = RevokeForm
    title = _("Revoke code")
    submit = _("Revoke the code")
    done = _("The code is out of use.")
    question = _("Nobody can join by this code any more. Whoever scans it is told so.")

    def save(self, form):
        codes.revoke(self.object, by=self.request.user, now=self.now, reason=form.cleaned_data["reason"])
