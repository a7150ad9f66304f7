"""Channels: opened, renamed, stopped and started. Their keys are the business of ``keys``."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ..models import Brand, Channel, Staff
from . import log


class ChannelProblem(Exception):
    """The channel cannot be as wished. The text may be shown."""


@transaction.atomic(durable=True)
def create_channel(
    *, code: str, kind: str, name: str, name_en: str = "", brand: Brand | None, by: Staff | None, now: datetime
) -> Channel:
    """Open a channel. Raises ChannelProblem when the code is taken."""
    channel = Channel(code=code, kind=kind, name=name, name_en=name_en, brand=brand, created_at=now)
    try:
        with transaction.atomic():  # a savepoint: somebody else may take the code right now
            channel.save(force_insert=True)
    except IntegrityError as error:
        raise ChannelProblem(_("The channel code %(code)s is taken.") % {"code": code}) from error
    log.record("channel.created", channel, by=by, now=now, after={"code": code, "kind": kind, "name": name})
    return channel


@transaction.atomic(durable=True)
def edit_channel(
    channel: Channel, *, name: str, name_en: str = "", is_active: bool, by: Staff, now: datetime
) -> Channel:
    """Rename a channel, or stop and start it: the keys of a stopped channel open nothing."""
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    after = {"name": name, "name_en": name_en, "is_active": is_active}
    before = {field: getattr(channel, field) for field in after}
    channel.name, channel.name_en, channel.is_active = name, name_en, is_active
    channel.save(update_fields=list(after))
    log.record("channel.edited", channel, by=by, now=now, before=before, after=after)
    return channel
