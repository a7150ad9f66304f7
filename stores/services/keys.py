"""Keys of channels: made, changed, rotated, ended, and counted when used. A secret is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from ..models import ApiKey, ApiNonce, ApiUse, Channel, Staff, Store
from ..rules import api_keys, scopes, sealing, signatures
from . import log

MINUTE = 60  # seconds
KEPT_USE = timedelta(days=2)
MOST_DAYS = 30  # that an old secret lives on after a rotation
# One statement: the call is counted, and once a minute the key notes that it is in use.
COUNT = """
    WITH used AS (
        INSERT INTO stores_apiuse (key_id, minute, calls) VALUES (%(key)s, %(minute)s, 1)
        ON CONFLICT (key_id, minute) DO UPDATE SET calls = stores_apiuse.calls + 1 RETURNING calls
    ),
    noted AS (
        UPDATE stores_apikey SET last_used_at = %(now)s
        WHERE id = %(key)s AND (last_used_at IS NULL OR last_used_at < %(now)s - interval '1 minute')
    )
    SELECT calls FROM used
"""
# Of all servers that see a nonce one gets the row; after its life it counts as new again.
TAKE_NONCE = """
    INSERT INTO stores_apinonce AS held (key_id, nonce, seen_at) VALUES (%s, %s, %s)
    ON CONFLICT (key_id, nonce) DO UPDATE SET seen_at = EXCLUDED.seen_at WHERE held.seen_at <= %s
"""


class KeyProblem(Exception):
    """The key cannot be as wished. The text may be shown."""


# --- made, changed, ended ------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def issue(
    channel: Channel, *, name: str, stores: Iterable[Store], by: Staff | None, now: datetime,
    scopes: Sequence[str] | None = None, **limits: Any,
) -> tuple[ApiKey, str]:  # fmt: skip
    """A new key and its token, which nobody sees again. ``stores`` empty: all stores of the channel.

    ``scopes`` None: what a till needs. ``limits``: addresses, must_sign, calls_per_minute, expires_at. Raises
    KeyProblem when the channel is stopped or a store is of another brand than the channel.
    """
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    if not channel.is_active:
        raise KeyProblem(_("This channel is stopped. Start it before you issue a key."))
    chosen = _of_the_channel(channel, stores)
    token = api_keys.new_token()
    prefix, secret = api_keys.parts(token) or ("", "")
    key = ApiKey(channel=channel, prefix=prefix, name=name, created_at=now, **limits)
    if scopes is not None:
        key.scopes = _known(scopes)
    _hold(key, secret, now=now)
    key.save(force_insert=True)
    key.stores.set(chosen)
    told = {"channel": channel.code, "stores": len(chosen), "scopes": key.scopes}
    log.record("key.issued", key, by=by, now=now, after=told)
    return key, token


@transaction.atomic(durable=True)
def edit(
    key: ApiKey, *, name: str, stores: Iterable[Store], scopes: Sequence[str], by: Staff, now: datetime, **limits: Any
) -> ApiKey:
    """Change what a key may do, where and from where; its secret stays. Raises KeyProblem."""
    key = _locked(key)
    chosen = _of_the_channel(key.channel, stores)
    if limits.get("must_sign") and not key.secret_sealed:
        raise KeyProblem(_("This key is older than signatures. Rotate it first, then signed calls can be demanded."))
    before = _shown(key)
    key.name, key.scopes = name, _known(scopes)
    for field, value in limits.items():
        setattr(key, field, value)
    key.save(update_fields=["name", "scopes", *limits])
    key.stores.set(chosen)
    log.record("key.edited", key, by=by, now=now, before=before, after=_shown(key))
    return key


@transaction.atomic(durable=True)
def rotate(key: ApiKey, *, days: int, by: Staff | None, now: datetime) -> tuple[ApiKey, str]:
    """Give a key a new secret; the one it has lives ``days`` longer (0: ends now). Returns the key and its new token.

    Two secrets live at most: one that was still living on from the rotation before ends here. Raises KeyProblem.
    """
    key = _locked(key)
    if not 0 <= days <= MOST_DAYS:
        raise KeyProblem(_("The old secret may live on for %(most)s days at most.") % {"most": MOST_DAYS})
    key.old_secret_sha256, key.old_secret_sealed, key.old_until = "", b"", None
    if days:
        key.old_secret_sha256, key.old_secret_sealed = key.secret_sha256, key.secret_sealed
        key.old_until = now + timedelta(days=days)
    token = f"qy_{key.prefix}_{api_keys.new_secret()}"
    _hold(key, token.rpartition("_")[2], now=now)
    key.save()
    log.record("key.rotated", key, by=by, now=now, after={"days": days})
    return key, token


@transaction.atomic(durable=True)
def end_old_secret(key: ApiKey, *, by: Staff, now: datetime) -> ApiKey:
    """End the secret before the last rotation at once. Safe to repeat."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.old_until is not None:
        key.old_secret_sha256, key.old_secret_sealed, key.old_until = "", b"", None
        key.save(update_fields=["old_secret_sha256", "old_secret_sealed", "old_until"])
        log.record("key.old_secret_ended", key, by=by, now=now)
    return key


@transaction.atomic(durable=True)
def revoke(key: ApiKey, *, by: Staff, now: datetime, reason: str = "") -> ApiKey:
    """End a key at once, with both its secrets. Safe to repeat."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = now
        key.secret_sealed = key.old_secret_sealed = b""
        key.save(update_fields=["revoked_at", "secret_sealed", "old_secret_sealed"])
        log.record("key.revoked", key, by=by, now=now, reason=reason)
    return key


def _locked(key: ApiKey) -> ApiKey:
    key = ApiKey.objects.select_for_update(of=("self",)).select_related("channel").get(pk=key.pk)
    if key.revoked_at is not None:
        raise KeyProblem(_("This key was revoked. Make another."))
    return key


def _of_the_channel(channel: Channel, stores: Iterable[Store]) -> list[Store]:
    chosen = list(stores)
    if channel.brand_id and any(store.brand_id != channel.brand_id for store in chosen):
        raise KeyProblem(_("A store belongs to another brand than the channel."))
    return chosen


def _known(chosen: Sequence[str]) -> list[str]:
    """The chosen scopes in their usual order."""
    return [scope.value for scope in scopes.Scope if scope in chosen]


def _hold(key: ApiKey, secret: str, *, now: datetime) -> None:
    key.secret_sha256 = api_keys.fingerprint(secret)
    key.secret_sealed = sealing.seal(secret, _sealing_keys())
    key.secret_since = now


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name, "scopes": key.scopes, "addresses": key.addresses, "must_sign": key.must_sign,
        "calls_per_minute": key.calls_per_minute, "expires_at": str(key.expires_at or ""),
        "stores": sorted(key.stores.values_list("code", flat=True)),
    }  # fmt: skip


def _sealing_keys() -> list[str]:
    return [settings.SENDER_KEY, *settings.SENDER_KEY_FALLBACKS]


# --- used ----------------------------------------------------------------------------------------------
def secrets_of(key: ApiKey, *, now: datetime) -> list[str]:
    """The secrets that may sign for this key now; none for a key older than signatures."""
    sealed = [bytes(key.secret_sealed)]
    if key.has_old_secret(now):
        sealed.append(bytes(key.old_secret_sealed))
    opened = []
    for each in sealed:
        try:
            opened.append(sealing.unseal(each, _sealing_keys()))
        except sealing.CannotOpen:
            continue
    return [secret for secret in opened if secret]


def count_call(key: ApiKey, *, now: datetime) -> int:
    """Count one call; the seconds to wait when the key's minute is used up, 0 when it may go on. Its own statement."""
    minute, gone = divmod(int(now.timestamp()), MINUTE)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": key.pk, "minute": minute, "now": now})
        calls = cursor.fetchone()[0]
    return MINUTE - gone if calls > key.calls_per_minute else 0


def take_nonce(key: ApiKey, nonce: str, *, now: datetime) -> bool:
    """Whether this nonce is new; of two servers that ask at once one hears yes."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_NONCE, [key.pk, nonce, now, now - signatures.NONCE_LIFE])
        return bool(cursor.rowcount)


def note_refusal(key: ApiKey, *, address: str, now: datetime) -> None:
    """Remember that a right secret came from a wrong address, for the key's page; once a minute."""
    recent = ApiKey.objects.filter(pk=key.pk, refused_at__gt=now - timedelta(minutes=1), refused_from=address)
    if not recent.exists():
        ApiKey.objects.filter(pk=key.pk).update(refused_at=now, refused_from=address)


def purge(*, now: datetime) -> int:
    """Delete nonces and counts that nothing asks for any more, and secrets whose time is over; how many rows."""
    ApiKey.objects.filter(old_until__lte=now).update(old_secret_sha256="", old_secret_sealed=b"", old_until=None)
    nonces, _kinds = ApiNonce.objects.filter(seen_at__lt=now - signatures.NONCE_LIFE).delete()
    before = int((now - KEPT_USE).timestamp()) // MINUTE
    uses, _kinds = ApiUse.objects.filter(minute__lt=before).delete()
    return nonces + uses
