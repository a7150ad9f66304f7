"""The tag dictionary."""

from collections.abc import Iterable

from django.db.models import Count, QuerySet

from stores.models import Staff

from ..models import MemberTag, Tag
from . import members


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
