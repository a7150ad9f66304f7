"""A channel's account at its platform: settings, sealed secrets of which two may be live, and the test button."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings as given_settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ..connectors import SendFailed
from ..connectors.calling import Ask, Keys
from ..connectors.probing import probe
from ..models import Channel, ChannelSecret, Staff
from ..rules import sealing
from ..rules.platforms import BY_CODE, SHARED
from ..rules.platforms import Platform as Platform
from . import log

OVERLAP = timedelta(days=7)  # in which a former secret is still taken


class PlatformProblem(Exception):
    """The account cannot be as wished. The text may be shown."""


@transaction.atomic(durable=True)
def configure(
    channel: Channel, *, platform: str, settings: Mapping[str, Any], shares: Iterable[str], fresh_minutes: int | None,
    by: Staff | None, now: datetime,
) -> Channel:  # fmt: skip
    """Say whose protocol a channel speaks and what is open about its account. Raises PlatformProblem."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    before = _shown(channel)
    if platform != channel.platform and channel.notices.filter(state=0).exists():
        raise PlatformProblem(_("Notices of the present platform still wait. Change it when they are dealt with."))
    if platform != channel.platform:  # another account: what was secret about the present one ends
        ChannelSecret.objects.filter(channel=channel).delete()
    channel.platform, channel.settings = platform, _checked(platform, settings)
    channel.shares, channel.fresh_minutes = sorted(set(shares) & set(SHARED)), fresh_minutes
    channel.save(update_fields=["platform", "settings", "shares", "fresh_minutes"])
    log.record("channel.connected", channel, by=by, now=now, before=before, after=_shown(channel))
    return channel


def _shown(channel: Channel) -> dict[str, Any]:
    return {name: getattr(channel, name) for name in ("platform", "settings", "shares", "fresh_minutes")}


def _checked(platform: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    if not platform:
        return {}
    if platform not in BY_CODE:
        raise PlatformProblem(_("There is no such platform."))
    parts = BY_CODE[platform].settings
    if strange := set(settings) - {part.name for part in parts}:
        raise PlatformProblem(_("Unknown settings: %(names)s.") % {"names": ", ".join(sorted(strange))})
    if missing := [str(part.label) for part in parts if part.is_needed and not settings.get(part.name)]:
        raise PlatformProblem(_("Missing settings: %(names)s.") % {"names": ", ".join(missing)})
    return {name: value for name, value in settings.items() if value}


@transaction.atomic(durable=True)
def set_secret(channel: Channel, name: str, value: str, *, by: Staff | None, now: datetime) -> ChannelSecret:
    """Give a channel a new secret; the one before it is taken for seven more days, any older one never.

    Raises PlatformProblem.
    """
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    platform = BY_CODE.get(channel.platform)
    if platform is None or name not in {part.name for part in platform.secrets}:
        raise PlatformProblem(_("This platform has no such secret."))
    if not value.strip() or (name == "secret" and len(value) < 16):
        raise PlatformProblem(_("The secret is empty or too short."))
    held = ChannelSecret.objects.filter(channel=channel, name=name)
    held.exclude(ends_at=None).delete()
    held.update(ends_at=now + OVERLAP)
    sealed = sealing.seal(value.strip(), _keys())
    made = ChannelSecret.objects.create(channel=channel, name=name, sealed=sealed, added_at=now)
    log.record("channel.secret_changed", channel, by=by, now=now, after={"name": name, "secret": "****"})
    return made


@transaction.atomic(durable=True)
def end_former_secret(channel: Channel, name: str, *, by: Staff | None, now: datetime) -> bool:
    """Take the former secret no longer, from now on; whether there was one."""
    gone, _each = ChannelSecret.objects.filter(channel=channel, name=name, ends_at__isnull=False).delete()
    if gone:
        log.record("channel.former_secret_ended", channel, by=by, now=now, after={"name": name})
    return bool(gone)


def keys_of(channel: Channel, *, now: datetime) -> Keys:
    """The account with its live secrets opened, newest first. One that cannot be opened is left out."""
    live: dict[str, list[str]] = {}
    rows = ChannelSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), channel=channel)
    for row in rows.order_by("-added_at", "-pk"):
        try:
            live.setdefault(row.name, []).append(sealing.unseal(bytes(row.sealed), _keys()))
        except sealing.CannotOpen:  # sealed with a SENDER_KEY that is gone: it must be entered again
            continue
    return Keys(channel.settings, {name: tuple(values) for name, values in live.items()})


def _keys() -> list[str]:
    return [given_settings.SENDER_KEY, *given_settings.SENDER_KEY_FALLBACKS]


def try_account(channel: Channel, *, by: Staff | None, now: datetime, ask: Ask | None = None) -> str:
    """Ask the platform something harmless with the channel's account; what it said. Outside of any transaction.

    Raises SendFailed; the channel remembers either.
    """
    try:
        said = probe(channel.platform, keys_of(channel, now=now), ask, now=now.timestamp())
    except SendFailed as failure:
        with transaction.atomic(durable=True):
            note_failure(channel, str(failure), now=now)
            log.record("channel.tested", channel, by=by, now=now, after={"failed": str(failure)[:200]})
        raise
    with transaction.atomic(durable=True):
        Channel.objects.filter(pk=channel.pk).update(last_success_at=now)
        log.record("channel.tested", channel, by=by, now=now, after={"answer": said[:200]})
    return said


def note_failure(channel: Channel, reason: str, *, now: datetime) -> None:
    """Remember what went wrong last. Inner."""
    Channel.objects.filter(pk=channel.pk).update(last_error_at=now, last_error=reason[:200])


@transaction.atomic(durable=True)
def remember_failure(channel: Channel, reason: str, *, now: datetime) -> None:
    """The same in a transaction of its own."""
    note_failure(channel, reason, now=now)


def seal(content: bytes) -> bytes:
    """Content at rest, under SENDER_KEY."""
    return sealing.seal(content.decode(), _keys())


def unseal(sealed: bytes) -> str:
    """The content again. Raises CannotOpen."""
    return sealing.unseal(sealed, _keys())
