"""Pairs that wait for a person: opened by matching, decided once. Inner, but for the look around."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q

from stores.models import Staff
from stores.services import log

from ..models import MatchCase, Member

# Same name and birthday is a guess and no more; names that half a town shares on one day are no guess even.
LOOK = """
    INSERT INTO members_matchcase (one_id, other_id, outcome, rule, agrees, differs, found_at, state, reason)
    SELECT a.id, b.id, 'propose', 'name+birthday', '["name", "birthday"]', '[]', %(now)s, 'open', ''
    FROM members_member a JOIN members_member b ON b.name = a.name AND b.birthday = a.birthday AND b.id > a.id
    WHERE a.name <> '' AND a.birthday IS NOT NULL AND a.merged_into_id IS NULL AND b.merged_into_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM members_matchcase c WHERE c.one_id = a.id AND c.other_id = b.id)
    ORDER BY a.id, b.id LIMIT %(most)s
    ON CONFLICT DO NOTHING
"""


def open_case(
    one_id: int, other_id: int, *, outcome: str, rule: str, agrees: Sequence[str], differs: Sequence[str], now: datetime
) -> MatchCase:
    """The pair's case; the first finding stays, and so does a decision."""
    low, high = sorted((one_id, other_id))
    found, _made = MatchCase.objects.get_or_create(
        one_id=low, other_id=high,
        defaults={
            "outcome": outcome, "rule": rule[:60], "agrees": list(agrees), "differs": list(differs), "found_at": now,
        },
    )  # fmt: skip
    return found


def shares_phone(member: Member) -> bool:
    """Whether two different people were seen on a phone of this member: without the name it proves nothing any more."""
    mine = MatchCase.objects.filter(Q(one=member) | Q(other=member), agrees__contains=["phone"])
    return mine.filter(Q(state=MatchCase.State.APART) | Q(rule="family phone")).exists()


def look_around(*, now: datetime, most: int = 1_000) -> int:
    """Propose members of one name and birthday; how many pairs are new. Pairs decided before stay decided."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")  # once a night, over everybody
        cursor.execute(LOOK, {"now": now, "most": most})
        return cursor.rowcount


def decide(case: MatchCase, state: str, *, reason: str, by: Staff, now: datetime) -> bool:
    """Note the decision of an open case; False when somebody was quicker."""
    given = {"state": state, "reason": reason[:200], "decided_by": by, "decided_at": now}
    if not MatchCase.objects.filter(pk=case.pk, state=MatchCase.State.OPEN).update(**given):
        return False
    if state == MatchCase.State.APART:
        for member in Member.everyone.filter(pk__in=[case.one_id, case.other_id]):
            log.record("member.kept_apart", member, by=by, now=now, store_id=member.home_store_id, reason=reason)
    return True
