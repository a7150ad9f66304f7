"""What the inbox brings: two members became one or two again, or something happened that a campaign may answer.

Messages follow their member; what both got for the same cause stays where it is, and a waiting one of the two is not
sent. What counts for the frequency cap adds up. Each step can be read twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from members.models import Event, Merge, MergedRow

from ..models import ContactCount, Delivery
from . import triggers

MOVE = """
    UPDATE campaigns_delivery d SET member_id = %(winner)s, came_as = COALESCE(d.came_as, d.member_id)
    WHERE d.member_id = %(loser)s AND NOT EXISTS (
        SELECT 1 FROM campaigns_delivery w
        WHERE (w.campaign_id, w.member_id, w.step, w.medium, w.occurrence)
            = (d.campaign_id, %(winner)s, d.step, d.medium, d.occurrence))
"""
BACK = """
    UPDATE campaigns_delivery SET member_id = %(loser)s, came_as = NULLIF(came_as, %(loser)s)
    WHERE member_id = %(winner)s AND came_as = ANY(%(sides)s::int[])
"""
ADD = """
    INSERT INTO campaigns_contactcount AS held (member_id, medium, day, count)
    SELECT %(winner)s, medium, day, count FROM campaigns_contactcount WHERE member_id = %(loser)s ORDER BY medium, day
    ON CONFLICT (member_id, medium, day) DO UPDATE SET count = held.count + EXCLUDED.count
"""
TABLES = ("campaigns_delivery", "campaigns_contactcount")  # what follows a merge: moved, and added up
MERGES = frozenset({"member.merged", "member.unmerged"})
FOLLOWED = "messages"  # a line of the manifest: this app has followed
TAKE = """
    UPDATE campaigns_contactcount held SET count = GREATEST(held.count - l.count, 0)
    FROM campaigns_contactcount l
    WHERE held.member_id = %(winner)s AND l.member_id = %(loser)s AND (held.medium, held.day) = (l.medium, l.day)
"""


def on_event(event: Event, *, now: datetime) -> None:
    """Deal with one event. Inner."""
    if event.kind not in MERGES:
        triggers.on_event(event, now=now)
    elif event.member_id == event.data["loser"]:  # the winner hears of it too
        follow(Merge.objects.get(pk=event.data["merge"]), is_merge=event.kind == "member.merged")


def follow(merge: Merge, *, is_merge: bool) -> None:
    """Move the messages of a merge, or move them back. Inner.

    Told of a merge that was taken back meanwhile, or of the end of one that it never followed, it does nothing.
    """
    winner, loser = merge.winner_id, merge.loser_id
    given: dict[str, Any] = {"winner": winner, "loser": loser, "sides": [loser, *_along(merge)]}
    has_followed = MergedRow.objects.filter(merge=merge, kind=FOLLOWED)
    if is_merge == has_followed.exists() or (is_merge and merge.undone_at is not None):
        return
    with connection.cursor() as cursor:
        if is_merge:
            cursor.execute(MOVE, given)
            cursor.execute(ADD, given)
            MergedRow.objects.create(merge=merge, kind=FOLLOWED, key=ContactCount.objects.filter(member=loser).count())
        else:
            cursor.execute(BACK, given)
            cursor.execute(TAKE, given)
            has_followed.delete()
    if is_merge:
        waiting = Delivery.objects.filter(Q(status=Delivery.Status.PENDING), member=loser)
        waiting.update(status=Delivery.Status.SUPPRESSED, reason=Delivery.Reason.GONE)


def _along(merge: Merge) -> list[int]:
    return list(MergedRow.objects.filter(merge=merge, kind="along").values_list("key", flat=True))
