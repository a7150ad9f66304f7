"""The tracked link of a message: where it leads, and that a person followed it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ..models import Campaign, Delivery
from ..rules import links


class NoSuchLink(Exception):
    """The link is not one of ours, or was changed. The text may be shown."""

    def __str__(self) -> str:
        return _("This link is not complete. Please open the message again and tap it there.")


@transaction.atomic(durable=True)
def open_link(token: str, *, is_robot: bool, now: datetime) -> str:
    """Where the link leads: an https address or a path of ours (``/m/`` if the campaign names none).

    The first person's visit is noted; a robot's (see ``campaigns.rules.links.is_robot``) never is. Raises NoSuchLink.
    """
    campaign, delivery_id = found(token, links.OPEN)
    if not is_robot:
        Delivery.objects.filter(pk=delivery_id, opened_at=None).update(opened_at=now)
    return campaign.link or "/m/"


def found(token: str, purpose: str) -> tuple[Campaign, int]:
    """The campaign and the delivery of a token. Raises NoSuchLink."""
    delivery_id = links.delivery_of(token, purpose, settings.LINK_KEY)
    row = Delivery.objects.filter(pk=delivery_id).select_related("campaign__brand").first() if delivery_id else None
    if row is None:
        raise NoSuchLink
    return row.campaign, row.pk
