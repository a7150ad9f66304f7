"""Which service deals with which kind of notice. Here, in the highest app, all of them are known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from loyalty.services import arrivals
from stores.queries import senders
from stores.services import notices

from ..models import Receipt
from . import receipts


def note_report(opened: notices.Opened, *, now: datetime) -> None:
    """What Aliyun says became of a message: noted with the sender of the same access key. Inner, safe to repeat."""
    said = opened.content
    kind = Receipt.Kind.DELIVERED if said.get("success") is True else Receipt.Kind.FAILED
    told = receipts.Told(str(said.get("out_id") or ""), kind, opened.happened_at, str(said.get("err_code") or ""))
    for sender in senders.of_account(opened.channel.platform, str(opened.channel.settings.get("key_id", ""))):
        receipts.note(sender, [told])


HANDLERS: Mapping[str, notices.Handler] = {**arrivals.HANDLERS, "aliyun_sms.report": note_report}


def read_notices(*, now: datetime) -> int:
    """Deal with what platforms told and nobody has dealt with; how many. Entry."""
    return notices.deal_with(HANDLERS, now=now)
