"""Words that staff put on members."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from stores.models import Staff
from stores.services import log

from ..models import Member, MemberTag, Tag
from . import events, identity


class BadTag(ValueError):
    """Not a word for a tag. The text may be shown."""


@transaction.atomic(durable=True)
def add(member: Member, name: str, *, by: Staff, now: datetime) -> MemberTag:
    """Put a tag on a member; a new word enters the dictionary. Twice is once. Raises BadTag."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 40:
        raise BadTag(_("A tag has 1 to 40 characters."))
    member = identity.hold(member)
    tag, _made = Tag.objects.get_or_create(name=name, defaults={"created_at": now})
    worn, is_new = MemberTag.objects.get_or_create(
        member=member, tag=tag, defaults={"added_at": now, "source": f"staff:{by.pk}"}
    )
    if is_new:
        events.append("member.tagged", member=member, at=now, tag=tag.pk)
        log.record("member.tagged", member, by=by, now=now, store_id=member.home_store_id, after={"tag": name})
    return worn


@transaction.atomic(durable=True)
def remove(member: Member, tag_id: int, *, by: Staff, now: datetime) -> bool:
    """Take a tag off; False when the member did not wear it."""
    worn = MemberTag.objects.filter(member=member, tag=tag_id).select_related("tag").first()
    if worn is None:
        return False
    MemberTag.objects.filter(member=member, tag=tag_id).delete()
    events.append("member.untagged", member=member, at=now, tag=tag_id)
    log.record("member.untagged", member, by=by, now=now, store_id=member.home_store_id, before={"tag": worn.tag.name})
    return True
