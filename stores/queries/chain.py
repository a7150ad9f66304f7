"""Is the action log as it was written? Walks the chain and compares it with the anchors outside the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from pathlib import Path
from typing import Any

from django.conf import settings

from ..models import LogEntry
from ..rules import chain as rules
from ..rules.chain import Broken, Link

ERASED = "log.erased"  # the line that names lines emptied of personal words: after["lines"]
LATE = timedelta(minutes=5)  # a line that is older and not sealed: nobody seals


@dataclass(frozen=True)
class Verdict:
    """``lines`` are sealed and whole; ``waiting`` are not sealed yet, ``is_late`` when one of them waits too long."""

    lines: int
    waiting: int
    is_late: bool
    anchors: int
    broken: Broken | None
    checked_at: datetime

    @property
    def is_whole(self) -> bool:
        return self.broken is None


def head() -> tuple[int, str]:
    """Number and hash of the last sealed line."""
    last = LogEntry.objects.exclude(number=None).order_by("-number").values_list("number", "hash").first()
    return (last[0] or 0, last[1]) if last else (0, rules.FIRST)


def anchors() -> list[dict[str, Any]]:
    """What was written down outside the database, oldest first; a line that cannot be read stands as itself."""
    try:
        lines = Path(settings.LOG_ANCHORS).read_text().splitlines()
    except OSError:
        return []
    return [_read(line) for line in lines if line.strip()]


def verify(*, now: datetime) -> Verdict:
    """Walk the whole chain: about a minute for some million lines."""
    noted = LogEntry.objects.filter(action=ERASED).values_list("after__lines", flat=True)
    known = anchors()
    at_anchor: dict[int, str] = {anchor.get("number", 0): "" for anchor in known}
    broken, lines, _hash = rules.first_broken(
        _links(at_anchor), erased=[line for lines in noted for line in lines or []]
    )
    waiting = LogEntry.objects.filter(number=None)
    return Verdict(
        lines, waiting.count(), waiting.filter(at__lt=now - LATE).exists(), len(known),
        broken or _against(known, at_anchor), now,
    )  # fmt: skip


def _links(at_anchor: dict[int, str]) -> Iterator[Link]:
    names = ("number", "salt", "digest", "hash", *rules.CONTENT)
    rows = LogEntry.objects.exclude(number=None).order_by("number").values_list(*names)
    for number, salt, said, made, *content in rows.iterator(chunk_size=5_000):
        if number in at_anchor:
            at_anchor[number] = made
        yield Link(number, salt, said, made, content)


def _against(known: list[dict[str, Any]], at_anchor: dict[int, str]) -> Broken | None:
    """The first anchor that is forged, or that the chain does not reach or agree with."""
    for anchor in known:
        said = {name: value for name, value in anchor.items() if name != "signature"}
        signed = compare_digest(rules.signature(settings.LOG_KEY, said), str(anchor.get("signature", "")))
        if not signed:
            return Broken(anchor.get("number", 0), None, "forged")
        if at_anchor.get(anchor["number"]) != anchor["hash"]:
            return Broken(anchor["number"], None, "missing" if not at_anchor[anchor["number"]] else "rewritten")
    return None


def _read(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {"number": 0, "line": line}
