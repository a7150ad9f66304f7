"""The merges of a member: what is one now, and what was."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from ..models import Member, Merge


def of(member: Member) -> QuerySet[Merge]:
    """The merges that this member won or lost, the latest first; those taken back, too."""
    rows = Merge.objects.filter(Q(winner=member) | Q(loser=member)).select_related("winner", "loser", "by", "undone_by")
    return rows.order_by("-pk")


def standing(member: Member) -> QuerySet[Merge]:
    """Those that this member won and that still hold."""
    return of(member).filter(winner=member, undone_at=None)
