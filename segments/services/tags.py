"""The tag dictionary, and tags for a whole audience at once. One member's tags: ``members.services.tags``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from members.models import Tag
from members.services import events
from stores.models import Staff
from stores.services import log

from ..queries import exact, scoped

TAG = """
    INSERT INTO members_membertag (member_id, tag_id, added_at, source)
    SELECT m.id, %(tag)s, %(now)s, %(source)s FROM members_member m WHERE m.id = ANY(%(ids)s::int[])
      AND m.merged_into_id IS NULL AND m.joined_at IS NOT NULL
    ON CONFLICT (member_id, tag_id) DO NOTHING
    RETURNING member_id
"""
SLICE = 20_000  # members in one statement


class BadTag(ValueError):
    """Not a word for the dictionary. The text may be shown."""


@transaction.atomic(durable=True)
def define(name: str, *, name_en: str = "", group: str = "", description: str = "", by: Staff, now: datetime) -> Tag:
    """Put a word into the dictionary. Raises BadTag when it is there already."""
    tag = Tag(name=_word(name), name_en=name_en.strip()[:40], group=group.strip()[:40], created_at=now)
    tag.description = description.strip()[:200]
    _save(tag)
    log.record("tag.defined", tag, by=by, now=now, after={"name": tag.name, "group": tag.group})
    return tag


@transaction.atomic(durable=True)
def rename(
    tag: Tag, *, name: str, name_en: str = "", group: str = "", description: str = "", by: Staff, now: datetime
) -> Tag:
    """Change a word; members and rules keep it, since they know it by its id. Raises BadTag."""
    held = Tag.objects.select_for_update().get(pk=tag.pk)
    before = {"name": held.name, "group": held.group}
    held.name, held.name_en, held.group = _word(name), name_en.strip()[:40], group.strip()[:40]
    held.description = description.strip()[:200]
    _save(held)
    log.record("tag.renamed", held, by=by, now=now, before=before, after={"name": held.name, "group": held.group})
    return held


@transaction.atomic(durable=True)
def retire(tag: Tag, *, by: Staff, now: datetime) -> bool:
    """Stop giving a tag out; members who wear it keep it. False when it was retired already."""
    if not Tag.objects.filter(pk=tag.pk, retired_at=None).update(retired_at=now):
        return False
    log.record("tag.retired", tag, by=by, now=now, before={"name": tag.name})
    return True


@transaction.atomic(durable=True)
def tag_audience(tag: Tag, rule: Any, *, by: Staff, now: datetime) -> int:
    """Put a tag on every member whom the rule names now and whom ``by`` may see; how many got it.

    Raises BadTag, RuleError and TooSlow.
    """
    held = _held(tag)
    count = _give(held, scoped.seen(exact.find(rule, now=now).ids, by).tolist(), source=f"audience:{by.pk}", now=now)
    log.record("tag.given", held, by=by, now=now, after={"name": held.name, "members": count, "rule": rule})
    return count


@transaction.atomic(durable=True)
def tag_members(tag: Tag, ids: Sequence[int], *, by: Staff, now: datetime) -> int:
    """Put a tag on these members, all of whom ``by`` may see; how many got it. Raises BadTag."""
    held = _held(tag)
    count = _give(held, ids, source=f"staff:{by.pk}", now=now)
    log.record("tag.given", held, by=by, now=now, after={"name": held.name, "members": count, "asked": len(ids)})
    return count


def _held(tag: Tag) -> Tag:
    held = Tag.objects.select_for_update().get(pk=tag.pk)
    if held.retired_at is not None:
        raise BadTag(_("This tag is retired and is not given out any more."))
    return held


def _give(tag: Tag, ids: Sequence[int], *, source: str, now: datetime) -> int:
    """Some statements for any number of members; how many did not wear the tag before."""
    count = 0
    for begin in range(0, len(ids), SLICE):
        given: dict[str, Any] = {"tag": tag.pk, "now": now, "source": source, "ids": list(ids[begin : begin + SLICE])}
        with connection.cursor() as cursor:
            cursor.execute(TAG, given)
            fresh = [row[0] for row in cursor.fetchall()]
        count += events.append_many(
            events.NewEvent("member.tagged", pk, now, data={"tag": tag.pk}) for pk in sorted(fresh)
        )
    return count


def _word(name: str) -> str:
    word = " ".join(name.split())
    if not 0 < len(word) <= 40 or not word.isprintable():
        raise BadTag(_("A tag has 1 to 40 characters."))
    return word


def _save(tag: Tag) -> None:
    try:
        with transaction.atomic():  # a word that is taken must not end the caller's transaction
            tag.save()
    except IntegrityError as error:
        raise BadTag(_("This word is in the dictionary already.")) from error
