"""The tag dictionary."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Count, QuerySet

from stores.models import Staff

from ..models import ImportRun, MemberTag, Tag
from . import members


class Given(NamedTuple):
    """A tag on a member with how it came: a colleague, also for a whole audience, or the run of a file."""

    row: MemberTag
    by: Staff | None = None
    to_audience: bool = False
    run: ImportRun | None = None


def dictionary() -> QuerySet[Tag]:
    """Every word, also the retired ones. The dictionary is the chain's: all who may open it see the same words."""
    return Tag.objects.all()


def in_use() -> QuerySet[Tag]:
    """The words that may be given out."""
    return Tag.objects.filter(retired_at=None).order_by("group", "name", "pk")


def worn(tags: Iterable[Tag], staff: Staff) -> dict[int, int]:
    """How many of the members whom this person may see wear each of these tags, by tag id."""
    rows = MemberTag.objects.filter(tag__in=[tag.pk for tag in tags])
    if not staff.sees_every_store:
        rows = rows.filter(member__in=members.visible_to(staff).values("pk"))
    return dict(rows.order_by().values_list("tag").annotate(Count("member")))


def given(rows: Sequence[MemberTag]) -> list[Given]:
    """How these tags came, in two questions: ``source`` says ``staff:7``, ``audience:7`` (a colleague's), ``import:3``."""
    told = [
        (row, kind, int(key) if key.isdecimal() else 0)
        for row in rows
        for kind, _sign, key in [row.source.partition(":")]
    ]
    people = Staff.objects.in_bulk({key for _row, kind, key in told if kind in {"staff", "audience"}})
    runs = ImportRun.objects.in_bulk({key for _row, kind, key in told if kind == "import"})
    return [
        Given(row, run=runs.get(key)) if kind == "import" else Given(row, people.get(key), kind == "audience")
        for row, kind, key in told
    ]
