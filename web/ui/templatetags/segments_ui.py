"""Words of the audience pages."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()
ENGINES = {"store": _("Audience store"), "postgres": _("Database"), "clickhouse": _("Cluster")}


@register.filter
def engine_name(word: str) -> Any:
    """Which engine counted, in words."""
    return ENGINES.get(word, word)
