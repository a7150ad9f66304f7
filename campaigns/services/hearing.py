"""Which service deals with which kind of notice. Here, in the highest app, all of them are known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from members.services import signals
from stores.services import notices

HANDLERS: Mapping[str, notices.Handler] = {**signals.HANDLERS}


def read_notices(*, now: datetime) -> int:
    """Deal with what platforms told and nobody has dealt with; how many. Entry."""
    return notices.deal_with(HANDLERS, now=now)
