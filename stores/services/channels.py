"""Channels and their keys. A key's secret is shown once, and kept as a fingerprint only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ..models import ApiKey, Brand, Channel, Staff, Store
from ..rules import api_keys
from . import log

SEEN_EVERY = timedelta(minutes=1)


class ChannelProblem(Exception):
    """The channel or key cannot be as wished. The text may be shown."""


@transaction.atomic(durable=True)
def create_channel(*, code: str, kind: str, name: str, brand: Brand | None, by: Staff | None, now: datetime) -> Channel:
    """Open a channel. Raises ChannelProblem when the code is taken."""
    channel = Channel(code=code, kind=kind, name=name, brand=brand, created_at=now)
    try:
        with transaction.atomic():  # a savepoint: somebody else may take the code right now
            channel.save(force_insert=True)
    except IntegrityError as error:
        raise ChannelProblem(_("The channel code %(code)s is taken.") % {"code": code}) from error
    log.record("channel.created", channel, by=by, now=now, after={"code": code, "kind": kind, "name": name})
    return channel


@transaction.atomic(durable=True)
def edit_channel(channel: Channel, *, name: str, is_active: bool, by: Staff, now: datetime) -> Channel:
    """Rename a channel, or stop and start it: the keys of a stopped channel open nothing."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    after = {"name": name, "is_active": is_active}
    before = {field: getattr(channel, field) for field in after}
    channel.name, channel.is_active = name, is_active
    channel.save(update_fields=list(after))
    log.record("channel.edited", channel, by=by, now=now, before=before, after=after)
    return channel


@transaction.atomic(durable=True)
def issue_key(
    channel: Channel, *, name: str, stores: Iterable[Store], by: Staff | None, now: datetime
) -> tuple[ApiKey, str]:
    """A new key and its token, which nobody sees again. ``stores`` empty: all stores of the channel.

    Raises ChannelProblem when the channel is stopped or a store is of another brand than the channel.
    """
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    chosen = list(stores)
    if not channel.is_active:
        raise ChannelProblem(_("This channel is stopped. Start it before you issue a key."))
    if channel.brand_id and any(store.brand_id != channel.brand_id for store in chosen):
        raise ChannelProblem(_("A store belongs to another brand than the channel."))
    token = api_keys.new_token()
    prefix, secret = api_keys.parts(token) or ("", "")
    key = ApiKey.objects.create(
        channel=channel, prefix=prefix, secret_sha256=api_keys.fingerprint(secret), name=name, created_at=now
    )
    key.stores.set(chosen)
    log.record("key.issued", key, by=by, now=now, after={"channel": channel.code, "stores": len(chosen)})
    return key, token


@transaction.atomic(durable=True)
def revoke_key(key: ApiKey, *, by: Staff, now: datetime, reason: str = "") -> ApiKey:
    """End a key at once. Safe to repeat."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        log.record("key.revoked", key, by=by, now=now, reason=reason)
    return key


@transaction.atomic(durable=True)
def note_use(key: ApiKey, *, now: datetime) -> None:
    """Remember that a key was used; written at most once a minute."""
    due = Q(last_used_at=None) | Q(last_used_at__lt=now - SEEN_EVERY)
    ApiKey.objects.filter(due, pk=key.pk).update(last_used_at=now)
