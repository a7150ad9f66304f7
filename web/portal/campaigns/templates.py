"""Templates: content to be used again, and what stores may start by themselves."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from campaigns.queries import campaigns as queries
from campaigns.rules import content
from campaigns.services import templates as services
from stores import access
from stores.access import Permission as P
from web.ui.access import requires
from web.ui.pages import Action, DeletePage, EditPage, Empty, ListPage

from .forms import SureForm, TemplateForm
from .tables import TemplateTable

HERE = (_("Templates"), "/templates/")


class TemplateList(ListPage):
    permission = P.CAMPAIGN_VIEW
    table_class = TemplateTable
    title = _("Campaign templates")

    @property
    def empty(self) -> Empty:
        text = _("Write a message once and use it often. Stores can start those that you open to them.")
        url = reverse("template-new") if access.may(self.request.user, P.CAMPAIGN_EDIT) else ""
        return Empty(_("No templates yet"), text, "copy", _("Make the first template"), url)

    def rows(self):
        return queries.templates_visible_to(self.request.user)

    def actions(self):
        return [Action(_("New template"), reverse("template-new"), "plus", P.CAMPAIGN_EDIT, is_main=True)]


class TemplateNew(EditPage):
    permission = P.CAMPAIGN_EDIT
    template = "portal/campaigns/template.html"
    title = _("New template")
    done = _("Template saved.")
    refusals = (services.TemplateProblem,)

    def form(self, data: Any = None, files: Any = None) -> TemplateForm:
        return TemplateForm(data, staff=self.request.user, initial=self.initial())

    def save(self, form: TemplateForm) -> None:
        services.save(self.object, by=self.request.user, now=self.now, **form.cleaned_data)

    def back(self) -> str:
        return reverse("template-list")

    def crumbs(self):
        return [HERE]

    def context(self) -> dict[str, Any]:
        names = [name for name in TemplateForm.base_fields if name not in LIMITS]
        form = {"main": names, "limits": LIMITS}
        return {"parts": form, "variables": content.VARIABLES.items()}


LIMITS = ("is_local", "first_day", "last_day", "most_days", "discount_floor", "budget", "most_at_once", "radius_m")


class TemplateEdit(TemplateNew):
    """Change it; campaigns made from it keep what they copied."""

    @property
    def title(self) -> str:
        return str(self.object)

    def rows(self):
        return queries.templates_visible_to(self.request.user)

    def initial(self) -> dict[str, Any]:
        return {name: getattr(self.object, name) for name in services.FIELDS}


class TemplateRetire(DeletePage):
    permission = P.CAMPAIGN_EDIT
    form_class = SureForm
    title = _("Retire template")
    submit = _("Retire")
    done = _("Template retired.")
    question = _("Nothing new is made from it, by nobody. Campaigns and promotions made from it stay as they are.")

    def rows(self):
        return queries.templates_visible_to(self.request.user)

    def save(self, form: SureForm) -> None:
        services.retire(self.object, by=self.request.user, now=self.now)

    def back(self) -> str:
        return reverse("template-list")

    def crumbs(self):
        return [HERE, (self.object.name, reverse("template-edit", args=[self.object.pk]))]


@require_POST
@requires(P.CAMPAIGN_EDIT)
def use(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A draft from a template."""
    template = get_object_or_404(queries.templates_visible_to(request.user), pk=pk)
    try:
        made = services.use(template, by=request.user, now=timezone.now())
    except services.TemplateProblem as problem:
        messages.error(request, str(problem))
        return redirect("template-list")
    messages.success(request, gettext("A draft was made from the template. Choose whom it is for."))
    return redirect("campaign-audience", pk=made.pk)
