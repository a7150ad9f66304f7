"""Words of the campaign pages: where a campaign stands."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from .ui import badge

register = template.Library()
TONES = {
    "draft": ("plain", "pencil"), "scheduled": ("info", "clock"), "running": ("brand", "activity"),
    "paused": ("warn", "player-pause"), "finished": ("good", "circle-check"), "cancelled": ("bad", "circle-x"),
}  # fmt: skip


@register.simple_tag
def campaign_state(campaign: Any) -> SafeString:
    """A campaign's status as a coloured word with its picture."""
    tone, picture = TONES[campaign.status]
    return badge(campaign.get_status_display(), tone, picture)
