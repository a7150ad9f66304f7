"""The people behind a number of a campaign."""

from functools import cached_property, partial
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.filters import DeliveryFilter
from campaigns.models import Campaign
from campaigns.queries import campaigns, deliveries
from stores.access import Permission as P
from web.ui.pages import Empty, ListPage

from .editor import HERE
from .tables import DeliveryTable


class DeliveryList(ListPage):
    """The messages of one campaign to members that this person may see; names are masked, in files too."""

    permission = P.CAMPAIGN_VIEW
    export_permission = P.MEMBER_EXPORT
    export_name = "message"
    table_class = DeliveryTable
    title = _("Messages")
    empty = Empty(_("No messages yet"), _("They are made when the campaign starts."), "send")

    @cached_property
    def campaign(self) -> Campaign:
        return get_object_or_404(campaigns.for_list(self.request.user), pk=self.kwargs["pk"])

    @property
    def filter_class(self) -> Any:
        return partial(DeliveryFilter, campaign=self.campaign)

    def rows(self):
        return deliveries.for_list(self.request.user, self.campaign)

    def crumbs(self):
        return [HERE, (self.campaign.name, reverse("campaign-detail", args=[self.campaign.pk]))]
