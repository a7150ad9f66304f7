"""What a member said yes to, and through what. The latest answers hold; how, is said once, here and in docs/consent.md.

Offers may come through a medium when the latest answer about that medium, or about every medium, is yes, and the
latest about that medium itself is not no. So a yes to offers opens every medium, a no to one medium stays until a yes
to the same medium, and a no to everything ends all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ..models import Consent, Member
from ..models.consent import Medium, Purpose

# Whether it holds, for one purpose and one medium (0: every medium). No answers: NULL.
HOLDS = """
    (array_agg(a.is_given ORDER BY a.at DESC, a.id DESC))[1]
        AND COALESCE((array_agg(a.is_given ORDER BY a.at DESC, a.id DESC) FILTER (WHERE a.medium = @medium))[1], true)
"""
# The same as one value about ``@member``; a LATERAL join or a column takes it.
HELD = f"""
    SELECT {HOLDS} AS is_given FROM members_consent a
    WHERE a.member_id = @member AND a.purpose = %(purpose)s AND a.medium IN (0, @medium)
"""  # noqa: S608 -- constants only
STATE = f"""
    SELECT p.purpose, x.medium, h.is_given, h.row_id FROM (VALUES ('membership', 0), ('marketing', 0), ('marketing', 1),
        ('marketing', 2), ('marketing', 3)) AS x (of_purpose, medium)
    JOIN unnest(%(purposes)s::text[]) AS p (purpose) ON p.purpose = x.of_purpose
    JOIN LATERAL (
        SELECT {HOLDS.replace("@medium", "x.medium")} AS is_given,
            (array_agg(a.id ORDER BY (a.medium = x.medium AND NOT a.is_given) DESC, a.at DESC, a.id DESC))[1] AS row_id
        FROM (
            SELECT DISTINCT ON (c.medium) c.* FROM members_consent c
            WHERE c.member_id = %(member)s AND c.purpose = p.purpose AND c.medium IN (0, x.medium)
            ORDER BY c.medium, c.at DESC, c.id DESC
        ) a
    ) h ON true
    ORDER BY p.purpose, x.medium
"""  # noqa: S608 -- constants only


@dataclass(frozen=True)
class Standing:
    """What holds for one purpose and medium. ``row`` is the answer that decides it; None: never asked."""

    purpose: str
    medium: int
    is_given: bool
    row: Consent | None

    @property
    def at(self) -> datetime | None:
        return self.row.at if self.row else None

    @property
    def medium_name(self) -> str:
        return str(Medium(self.medium).label)

    @property
    def purpose_name(self) -> str:
        return str(Purpose(self.purpose).label)


def held(member: str, medium: str) -> str:
    """SQL: whether the yes to ``%(purpose)s`` holds for ``member`` and ``medium``, two SQL expressions; NULL: not asked."""
    return HELD.replace("@member", member).replace("@medium", medium)


def holds(member: Member, purpose: str, medium: int = Medium.EVERY) -> bool:
    """Whether the yes holds now. ``medium`` 0 asks about the answer that speaks for every medium."""
    with connection.cursor() as cursor:
        cursor.execute(held("%(member)s", "%(medium)s"), {"member": member.pk, "purpose": purpose, "medium": medium})
        return bool(cursor.fetchone()[0])


def state(member: Member, purposes: Sequence[str] = tuple(Purpose.values)) -> list[Standing]:
    """Everything that holds, in two questions: each purpose for every medium, and offers for each."""
    with connection.cursor() as cursor:
        cursor.execute(STATE, {"member": member.pk, "purposes": list(purposes)})
        found = cursor.fetchall()
    rows = Consent.objects.select_related("text", "store").in_bulk([row for *_what, row in found if row])
    return [Standing(purpose, medium, bool(given), rows.get(row)) for purpose, medium, given, row in found]


def has_agreed(member: Member) -> bool:
    """Whether the membership terms hold for the member: the latest answer. Members from files and tills gave none."""
    return holds(member, Purpose.MEMBERSHIP)


def wants_anything(member: Member) -> bool:
    """Whether offers may come through any medium at all."""
    return any(each.is_given for each in state(member, [Purpose.MARKETING]) if each.medium)


def history(member: Member) -> list[Consent]:
    """Every answer the member ever gave, the latest first."""
    rows = Consent.objects.filter(member=member).select_related("text", "store")
    return list(rows.order_by("-at", "-pk"))
