"""The list of campaigns, and a copy of one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from campaigns.filters import CampaignFilter
from campaigns.queries import campaigns as queries
from campaigns.queries.figures import used_coupons
from campaigns.services import campaigns, templates
from stores import access
from stores.access import Permission as P
from web.ui.access import requires
from web.ui.pages import Action, Empty, ListPage

from .tables import CampaignTable


class CampaignList(ListPage):
    """Every campaign, with what came of it."""

    permission = P.CAMPAIGN_VIEW
    export_permission = P.CAMPAIGN_VIEW
    export_name = "campaign"
    filter_class = CampaignFilter
    table_class = CampaignTable
    title = _("Campaigns")

    @property
    def empty(self) -> Empty:
        text = _("Choose an audience, write a message, add a coupon, and see who came.")
        url = reverse("campaign-new") if access.may(self.request.user, P.CAMPAIGN_EDIT) else ""
        return Empty(_("No campaigns yet"), text, "send", _("Make the first campaign"), url)

    def rows(self):
        return queries.for_list(self.request.user)

    def fill(self, rows):
        used = used_coupons(rows)
        for row in rows:
            row.redeemed = used[row.pk]

    def actions(self):
        yield Action(_("Calendar"), reverse("campaign-calendar"), "calendar", P.CAMPAIGN_VIEW)
        yield Action(_("Templates"), reverse("template-list"), "copy", P.CAMPAIGN_VIEW)
        yield Action(_("New campaign"), reverse("campaign-new"), "plus", P.CAMPAIGN_EDIT, is_main=True)


@require_POST
@requires(P.CAMPAIGN_EDIT)
def copy(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A draft with the same content."""
    campaign = get_object_or_404(queries.visible_to(request.user), pk=pk)
    try:
        made = templates.copy(campaign, by=request.user, now=timezone.now())
    except campaigns.CampaignProblem as problem:
        messages.error(request, str(problem))
        return redirect("campaign-detail", pk=pk)
    messages.success(request, gettext("Copied as a draft. Nothing is sent before you launch it."))
    return redirect("campaign-audience", pk=made.pk)
