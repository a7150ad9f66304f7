"""Which source set what a member's page shows: a file's row, a partner's channel, a colleague, a joining, a merge.

Answered from what was written anyway: events name the fields they set, and everything that one row of a file brought
carries the moment of that row's event.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from stores.models import Channel, LogEntry

from ..models import Event, ImportRun, Member, MergedRow

FIELDS = ("name", "gender", "birthday", "language", "note", "home_store")
KINDS = ("member.joined", "member.imported", "member.edited", "prospect.found")
IN_MERGE = {"home": "home_store"}  # how a merge's manifest calls them


class Origin(NamedTuple):
    """Where one value comes from. ``how``: file, channel, staff, joining; ``merged`` the number of the merged record."""

    how: str
    at: datetime
    run: ImportRun | None = None
    row: int | None = None
    channel: Channel | None = None
    who: str = ""
    merged: str = ""


class Lineage(NamedTuple):
    """Origins of profile fields by name, of whatever was written at a moment of an import, and of the record itself."""

    fields: dict[str, Origin]
    moments: dict[datetime, Origin]
    began: Origin | None = None

    def at(self, moment: datetime | None, channel: Channel | None = None) -> Origin | None:
        """The origin of a row that was written then: the file's row, else the channel it names."""
        if moment is None:
            return None
        return self.moments.get(moment) or Origin("channel" if channel else "staff", moment, channel=channel)


def of(member: Member) -> Lineage:
    """The lineage, in a constant number of questions."""
    events = Event.objects.filter(member=member, kind__in=KINDS).select_related("channel").order_by("at", "pk")
    told = list(events)
    runs = ImportRun.objects.in_bulk({event.data["run"] for event in told if "run" in event.data})
    lines = LogEntry.objects.filter(object_kind="member", object_id=member.pk, action="member.edited")
    editors = {line.at: line.actor_name for line in lines.order_by("-at")[:200]}
    filled = _filled(member)
    numbers = dict(Member.everyone.filter(pk__in={event.came_as for event in told if event.came_as})
                   .values_list("pk", "number"))  # fmt: skip
    fields: dict[str, Origin] = {}
    moments: dict[datetime, Origin] = {}
    began = None
    for event in told:
        origin = _origin(event, runs, editors, numbers.get(event.came_as or 0, ""))
        if origin.run:
            moments[event.at] = origin
        if event.kind != "member.edited" and not event.came_as:
            began = began or origin
        for name in _named(event):
            if (name in filled) == bool(event.came_as):  # what a merge filled comes from the other record's history
                fields[name] = origin
    return Lineage({name: fields[name] for name in FIELDS if name in fields}, moments, began)


def _named(event: Event) -> Iterable[str]:
    """The fields that an event set; one that does not name them began the record."""
    begins = event.kind != "member.edited" and "before" not in event.data
    return event.data.get("fields", FIELDS if begins else ())


def _origin(event: Event, runs: dict[int, ImportRun], editors: dict[datetime, str], merged: str) -> Origin:
    run = runs.get(event.data.get("run", 0))
    if run:
        return Origin("file", event.at, run=run, row=event.data["row"], merged=merged)
    if event.kind == "member.edited" and event.channel is None:
        return Origin("staff", event.at, who=editors.get(event.at, ""), merged=merged)
    how = "channel" if event.kind == "member.edited" else "joining"
    return Origin(how, event.at, channel=event.channel, merged=merged)


def _filled(member: Member) -> set[str]:
    """The fields that merges which still stand filled from the other record."""
    rows = MergedRow.objects.filter(merge__winner=member, merge__undone_at=None, kind="profile")
    return {IN_MERGE.get(name, name) for before in rows.values_list("before", flat=True) for name in before["fields"]}
