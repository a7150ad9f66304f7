"""Whose phone, card or openid this is. The pair (kind, value) is the key: the database lets one member own it."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from stores.models import Channel
from stores.services import log

from ..models import Identity, Member

Kind = Identity.Kind


class IdentityTaken(Exception):
    """The phone, card or openid belongs to another member. The text may be shown."""

    def __str__(self) -> str:
        return _("This number belongs to another member.")


def resolve(*, phone: str | None = None, card: str | None = None, openid: str | None = None) -> Member | None:
    """The member behind a canonical phone, a card number or an openid; the first of them that is known decides.

    After a merge the member's ``came_as`` says whose identity it was: what is written through it goes back with it.
    """
    asked = [(Kind.PHONE, phone), (Kind.CARD, card), (Kind.OPENID, openid)]
    for kind, value in asked:
        if not value:
            continue
        found = Identity.objects.select_related("member").filter(kind=kind, value=value).first()
        if found:
            found.member.came_as = found.came_as
            return found.member
    return None


class _Moved(Exception):
    """The record that was just locked stands for nobody any more."""


def hold(member: Member) -> Member:
    """The person that this record stands for, not to be merged until the transaction ends. Inner.

    The record itself, or the one it was merged into; then ``came_as`` says as whom it came.
    """
    while True:
        found = Member.everyone.filter(pk=member.pk).values_list(Coalesce("merged_into", "id"), flat=True)
        with suppress(_Moved), transaction.atomic():  # a savepoint: what was locked in vain is let go at once
            held = Member.everyone.select_for_update(of=("self",), no_key=True).get(pk=found.get())
            if held.merged_into_id is not None:
                raise _Moved
            held.came_as = member.came_as if held.pk == member.pk else member.pk
            return held


def claim(kind: int, value: str, member_id: int, *, now: datetime, channel: Channel | None, verified: bool) -> int:
    """Let a member own an identity unless somebody does; the id of its owner after that. Inner.

    Of two that race, the second waits at the unique key until the first has committed, then finds it owned.
    """
    Identity.objects.bulk_create(
        [Identity(kind=kind, value=value, member_id=member_id, is_verified=verified, added_at=now, channel=channel)],
        ignore_conflicts=True,
    )
    return Identity.objects.filter(kind=kind, value=value).values_list("member_id", flat=True)[0]


def attach(
    member: Member, kind: int, value: str, *, now: datetime, channel: Channel | None = None, verified: bool = False
) -> Identity:
    """Give a member one more identity; harmless when it is theirs already. Raises IdentityTaken. Inner."""
    owner = claim(kind, value, member.pk, now=now, channel=channel, verified=verified)
    if owner != member.pk:
        raise IdentityTaken
    if verified:
        confirm(kind, value)
    return Identity.objects.get(kind=kind, value=value)


def confirm(kind: int, value: str, *, of: Member | None = None) -> None:
    """Note that its owner (``of``: if it is this one) has proved to hold it. Inner."""
    rows = Identity.objects.filter(kind=kind, value=value, is_verified=False)
    (rows.filter(member=of) if of else rows).update(is_verified=True)


def hand_over(kind: int, value: str, to: Member, *, now: datetime) -> bool:
    """An identity was given out again and is another person's from now on; whether it was not theirs already. Inner."""
    held = Identity.objects.select_for_update().filter(kind=kind, value=value).exclude(member=to).first()
    if held is None:
        return False
    former = Member.everyone.get(pk=held.member_id)
    Identity.objects.filter(kind=kind, value=value).update(
        member=to, is_verified=True, added_at=now, came_as=to.came_as
    )
    for member, side in ((former, "lost"), (to, "got")):
        log.record(
            "identity.handed_over",
            member,
            by=None,
            now=now,
            store_id=member.home_store_id,
            after={side: held.get_kind_display()},
        )
    return True
