"""What staff correct in a member's profile."""

from datetime import date, datetime

from django.db import transaction

from stores.models import Staff
from stores.services import log

from ..models import Member
from ..rules import phones
from ..rules.receipts import printable
from . import events, identity

FIELDS = ("name", "gender", "birthday", "language", "note")


@transaction.atomic(durable=True)
def edit(
    member: Member, *, name: str, gender: str, birthday: date | None, language: str, note: str,
    by: Staff, now: datetime,
) -> Member:  # fmt: skip
    """Save the profile. The log names the fields that changed; personal values stand there masked."""
    given = {
        "name": printable(name),
        "gender": gender,
        "birthday": birthday,
        "language": language,
        "note": note.strip(),
    }
    locked = identity.hold(member)
    changed = [field for field in FIELDS if getattr(locked, field) != given[field]]
    if not changed:
        return locked
    before = {field: shown(field, getattr(locked, field)) for field in changed}
    for field in changed:
        setattr(locked, field, given[field])
    locked.updated_at = now
    locked.save(update_fields=[*changed, "updated_at"])
    after = {field: shown(field, given[field]) for field in changed}
    events.append("member.edited", member=locked, at=now, fields=changed)
    log.record("member.edited", locked, by=by, now=now, store_id=locked.home_store_id, before=before, after=after)
    return locked


def shown(field: str, value: object) -> str:
    """A value as the log may keep it."""
    if field == "name":
        return phones.mask_name(str(value))
    if field in {"birthday", "note"}:
        return "***" if value else ""
    return str(value or "")
