"""What a channel's key may do. A key holds some of these words; every address of the API asks for one. Pure."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    """One thing that a key may do."""

    ORDERS_WRITE = "orders:write", _("Send orders and refunds")
    ORDERS_READ = "orders:read", _("Read orders")
    MEMBERS_READ = "members:read", _("Look members up")
    MEMBERS_WRITE = "members:write", _("Join and edit members")
    COUPONS_READ = "coupons:read", _("Check coupons")
    COUPONS_WRITE = "coupons:write", _("Hold, redeem and return coupons")
    EVENTS_WRITE = "events:write", _("Send events")
    CONSENTS_READ = "consents:read", _("Read consents")
    CONSENTS_WRITE = "consents:write", _("Give and withdraw consents")
    POINTS_READ = "points:read", _("Read points and ledger")
    STORES_READ = "stores:read", _("Read stores")
    PRODUCTS_READ = "products:read", _("Read products and categories")


# what every key could do before keys had scopes, and what a till needs
USUAL = (Scope.ORDERS_WRITE, Scope.MEMBERS_READ, Scope.COUPONS_READ, Scope.COUPONS_WRITE)


def usual() -> list[str]:
    """The scopes of a key when nobody chose."""
    return [scope.value for scope in USUAL]
