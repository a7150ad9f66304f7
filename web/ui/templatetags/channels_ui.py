"""Words of the channels' pages."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()
REFUSALS = {
    "signature": _("wrong signature"),
    "stale": _("stale time"),
    "probe": _("probe of the platform"),
    "malformed": _("malformed"),
    "foreign": _("for another account"),
    "biometric": _("data about bodies"),
}


@register.filter
def refusal(word: str) -> Any:
    """Why something was not taken."""
    return REFUSALS.get(word, word)
