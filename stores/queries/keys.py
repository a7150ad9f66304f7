"""Which key is calling, and the keys that a person may see or change."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet, Sum

from ..models import ApiKey, ApiUse, Brand, Channel, Staff
from ..rules import api_keys
from . import channels, stores


def of_channel(channel: Channel) -> QuerySet[ApiKey]:
    """The channel's keys, latest first."""
    return channel.keys.prefetch_related("stores").order_by("-created_at", "-pk")


def visible_to(staff: Staff) -> QuerySet[ApiKey]:
    """The keys of the channels that a person sees."""
    return ApiKey.objects.filter(channel__in=channels.visible_to(staff)).select_related("channel__brand")


def editable_by(staff: Staff) -> QuerySet[ApiKey]:
    """The keys of the channels that a person may change."""
    return ApiKey.objects.filter(channel__in=channels.editable_by(staff)).select_related("channel__brand")


def authenticate(token: str, *, now: datetime) -> ApiKey | None:
    """The live key that this token is; None for anything else, without saying which part is wrong."""
    parts = api_keys.parts(token)
    if parts is None:
        return None
    prefix, secret = parts
    key = by_prefix(prefix, now=now)
    if key is None:
        return None
    is_new = api_keys.proves(secret, key.secret_sha256)
    is_old = key.has_old_secret(now) and api_keys.proves(secret, key.old_secret_sha256)
    return key if is_new or is_old else None


def by_prefix(prefix: str, *, now: datetime) -> ApiKey | None:
    """The live key of a channel at work with this prefix."""
    key = ApiKey.objects.select_related("channel__brand").filter(prefix=prefix, revoked_at=None).first()
    return key if key and key.is_live(now) and key.channel.is_active else None


def brands_of(key: ApiKey) -> QuerySet[Brand]:
    """The brands whose stores the key may write for."""
    return Brand.objects.filter(pk__in=stores.visible_to_key(key).values("brand"))


def calls_in_last_hour(key: ApiKey, *, now: datetime) -> int:
    """How often the key called in the last sixty minutes."""
    since = int(now.timestamp()) // 60 - 60
    return ApiUse.objects.filter(key=key, minute__gt=since).aggregate(n=Sum("calls"))["n"] or 0
