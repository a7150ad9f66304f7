"""What people may ask about their own data: a copy, a correction, a stop, an erasure. Erasing itself: ``erasing``."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from stores.models import Staff
from stores.services import log

from ..models import Member, PrivacyRequest
from ..rules import privacy as rules
from . import events, identity

Kind, State = PrivacyRequest.Kind, PrivacyRequest.State


class CannotAnswer(Exception):
    """The request cannot be answered like this. The text may be shown."""


@transaction.atomic(durable=True)
def ask(
    member: Member, kind: str, *, came_by: str, words: str = "", by: Staff | None = None, now: datetime
) -> PrivacyRequest:  # fmt: skip
    """Note what the person asks. The same question while it is open is the same request."""
    member = identity.hold(member)
    open_one = PrivacyRequest.objects.filter(member=member, kind=Kind(kind), state=State.OPEN).first()
    if open_one:
        return open_one
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    made = PrivacyRequest.objects.create(
        member=member, kind=kind, came_by=came_by, words=words.strip()[:500], asked_at=now, due_on=rules.due_on(today),
        noted_by=by, came_as=member.came_as,
    )  # fmt: skip
    _log("privacy.asked", made, by=by, now=now)
    return made


@transaction.atomic(durable=True)
def answer(request: PrivacyRequest, *, words: str, by: Staff, now: datetime) -> PrivacyRequest:
    """Do what is asked, and say so. For a copy or a correction it only notes that it was given or made.

    Raises CannotAnswer without words, for an answered request and for an erasure, which has a door of its own.
    """
    request = hold(request)
    if request.kind == Kind.ERASE:
        raise CannotAnswer(_("An erasure has a page of its own."))
    if request.kind in (Kind.RESTRICT, Kind.RELEASE):
        restrict(request.member, is_on=request.kind == Kind.RESTRICT, by=by, now=now)
    return close(request, State.DONE, words=words, by=by, now=now)


@transaction.atomic(durable=True)
def refuse(request: PrivacyRequest, *, words: str, by: Staff, now: datetime) -> PrivacyRequest:
    """Say no, with the reason that the person will read. Raises CannotAnswer."""
    return close(hold(request), State.REFUSED, words=words, by=by, now=now)


def restrict(member: Member, *, is_on: bool, by: Staff | None, now: datetime) -> None:
    """Stop (or allow again) every message to this member; a merge takes the stop along. Points stay theirs. Inner."""
    held = identity.hold(member)
    if bool(held.restricted_at) == is_on:
        return
    held.restricted_at = now if is_on else None
    held.save(update_fields=["restricted_at"])
    kind = "member.restricted" if is_on else "member.released"
    events.append(kind, member=held, at=now)
    log.record(kind, held, by=by, now=now, store_id=held.home_store_id)


def hold(request: PrivacyRequest) -> PrivacyRequest:
    """The request, locked and still open. Inner. Raises CannotAnswer."""
    held = PrivacyRequest.objects.select_for_update(of=("self",)).select_related("member").get(pk=request.pk)
    if held.state != State.OPEN:
        raise CannotAnswer(_("This request was answered already."))
    return held


def close(request: PrivacyRequest, state: str, *, words: str, by: Staff, now: datetime) -> PrivacyRequest:
    """Note the answer of a held request. Inner. Raises CannotAnswer without words."""
    if len(words.strip()) < 2:
        raise CannotAnswer(_("Say what was done, or why not."))
    request.state, request.decided_by, request.decided_at = state, by, now
    request.answer = words.strip()[:300]
    request.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    _log("privacy.refused" if state == State.REFUSED else "privacy.answered", request, by=by, now=now)
    return request


def _log(action: str, request: PrivacyRequest, *, by: Staff | None, now: datetime) -> None:
    """The log names the kind and the member's number, never the person's words."""
    member = Member.everyone.get(pk=request.member_id)
    log.record(
        action,
        member,
        by=by,
        now=now,
        store_id=member.home_store_id,
        after={"kind": request.kind, "request": request.pk},
    )
