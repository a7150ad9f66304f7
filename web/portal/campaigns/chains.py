"""What followed a message: the sums of a campaign, and one person's chain."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, Delivery
from campaigns.queries import campaigns, chains, deliveries
from campaigns.queries.chains import Chain
from stores.access import Permission as P
from web.ui import formats, htmx
from web.ui.access import requires
from web.ui.pages import DetailPage
from web.ui.templatetags.ui import masked_name

from . import shown
from .editor import HERE

MESSAGES = gettext_lazy("Messages")


class Link(NamedTuple):
    """One link of the chain: what, when (None: not yet), and a word about it."""

    icon: str
    label: str
    at: Any
    words: str = ""


class ChainPage(DetailPage):
    """One member and one campaign: content, coupon, visit, second visit, feedback. The name is masked."""

    permission = P.CAMPAIGN_VIEW
    template = "portal/campaigns/chain.html"

    @cached_property
    def campaign(self) -> Campaign:
        return get_object_or_404(campaigns.for_list(self.request.user), pk=self.kwargs["pk"])

    def thing(self) -> Delivery:
        rows = deliveries.for_list(self.request.user, self.campaign)
        return get_object_or_404(rows, pk=self.kwargs["message"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.object = self.thing()
        return self.render(object=self.object, title=masked_name(self.object.member.name))

    def context(self) -> dict[str, Any]:
        rows = deliveries.for_list(self.request.user, self.campaign).filter(pk=self.object.pk)
        chain = next(iter(chains.of(rows, self.campaign)), None)
        reason = Delivery.Reason(self.object.reason).label if self.object.reason else ""
        return {
            "campaign": self.campaign, "links": _links(chain, self.campaign) if chain else [], "reason": reason,
            "chain": chain, "previews": shown.previews(self.campaign, self.object.member),
            "window": self.campaign.window_days,
        }  # fmt: skip

    def crumbs(self):
        messages = reverse("campaign-messages", args=[self.campaign.pk])
        return [HERE, (self.campaign.name, reverse("campaign-detail", args=[self.campaign.pk])), (MESSAGES, messages)]


def _links(chain: Chain, campaign: Campaign) -> list[Link]:
    names = {key: formats.local_name(store) for key, store in chains.places(chain).items()}
    used = _("used %(time)s") % {"time": formats.moment(chain.used_at)} if chain.used_at else ""
    opened = _("link opened %(time)s") % {"time": formats.moment(chain.opened_at)} if chain.opened_at else ""
    said = f"{chain.score}/5 {chain.words}".strip() if chain.score else ""
    given = [Link("ticket", _("Coupon"), chain.coupon_at, used)] if campaign.coupon_template_id else []
    return [
        Link("send", _("Content"), chain.told_at, opened), *given,
        Link("building-store", _("Visit"), chain.visit_at, names.get(chain.visit_store or 0, "")),
        Link("history", _("Second visit"), chain.again_at, names.get(chain.again_store or 0, "")),
        Link("message", _("Feedback"), chain.feedback_at, said),
    ]  # fmt: skip


@require_GET
@requires(P.CAMPAIGN_VIEW)
def sums(request: HttpRequest, pk: int) -> HttpResponseBase:
    """How many went how far, of those whom this person may see: a card for the campaign's page."""
    campaign = get_object_or_404(campaigns.for_list(request.user), pk=pk)
    if not htmx.is_partial(request):
        return redirect("campaign-detail", pk)
    found = chains.sums(deliveries.for_list(request.user, campaign), campaign)
    response = TemplateResponse(request, "portal/campaigns/sums.html", {"object": campaign, "sums": found})
    response["Cache-Control"] = "no-store"
    return response
