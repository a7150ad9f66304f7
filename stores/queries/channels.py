"""Where facts come from, and which key is calling."""

from __future__ import annotations

from django.db.models import Count, Max, Q, QuerySet

from ..models import ApiKey, Brand, Channel, Staff
from ..rules import api_keys
from . import stores


def visible_to(staff: Staff) -> QuerySet[Channel]:
    """The channels of the brands that a person sees; those of the whole chain for everybody who may look."""
    if not staff.is_active:
        return Channel.objects.none()
    if staff.sees_every_store:
        return Channel.objects.all()
    return Channel.objects.filter(Q(brand=None) | Q(brand__in=stores.brands_visible_to(staff)))


def for_list(staff: Staff) -> QuerySet[Channel]:
    """The channels on the list page, with their live keys and when one was last used."""
    live = Q(keys__revoked_at=None, keys__isnull=False)
    return (
        visible_to(staff)
        .select_related("brand")
        .annotate(live_keys=Count("keys", filter=live), last_used_at=Max("keys__last_used_at"))
    )


def editable_by(staff: Staff) -> QuerySet[Channel]:
    """The channels that a person may change: those of their own brands; the chain's own only with the whole chain."""
    channels = visible_to(staff)
    return channels if staff.sees_every_store else channels.exclude(brand=None)


def keys_of(channel: Channel) -> QuerySet[ApiKey]:
    """The channel's keys, latest first."""
    return channel.keys.prefetch_related("stores").order_by("-created_at", "-pk")


def keys_editable_by(staff: Staff) -> QuerySet[ApiKey]:
    """The keys of the channels that a person may change."""
    return ApiKey.objects.filter(channel__in=editable_by(staff)).select_related("channel")


def authenticate(token: str) -> ApiKey | None:
    """The live key that this token is; None for anything else, without saying which part is wrong."""
    parts = api_keys.parts(token)
    if parts is None:
        return None
    prefix, secret = parts
    key = ApiKey.objects.select_related("channel__brand").filter(prefix=prefix, revoked_at=None).first()
    if key is None or not api_keys.proves(secret, key.secret_sha256) or not key.channel.is_active:
        return None
    return key


def brands_of(key: ApiKey) -> QuerySet[Brand]:
    """The brands whose stores the key may write for."""
    return Brand.objects.filter(pk__in=stores.visible_to_key(key).values("brand"))
