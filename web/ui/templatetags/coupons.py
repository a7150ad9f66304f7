"""Where a coupon stands, in words."""

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from loyalty.models import Coupon

from .ui import badge

register = template.Library()
STATES = {
    "usable": (_("Usable"), "good"),
    "later": (_("From a later day"), "info"),
    "used": (_("Used"), "plain"),
    "expired": (_("Ran out"), "warn"),
    "voided": (_("Withdrawn"), "bad"),
}


@register.filter
def state_word(coupon: Coupon) -> str:
    """Usable, Used, Ran out, …"""
    return str(STATES[coupon.state(timezone.now())][0])


@register.filter
def state_badge(coupon: Coupon) -> SafeString:
    """The same as a small coloured word."""
    return badge(*STATES[coupon.state(timezone.now())])
