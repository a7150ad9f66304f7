"""What was launched and has not begun: taken back as a draft, or moved to another time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from stores.models import Staff
from stores.services import log

from ..models import Campaign
from . import fanout
from .campaigns import CampaignProblem

Kind, Status = Campaign.Kind, Campaign.Status


@transaction.atomic(durable=True)
def take_back(campaign: Campaign, *, by: Staff | None, now: datetime, undo: timedelta = timedelta()) -> Campaign:
    """Make a draft again of what was launched, while nothing of it was prepared. Raises CampaignProblem.

    It keeps its content and limits. A start that only the launch gave it, within ``undo``, is taken off; the audience
    that the launch locked is let go, since the draft may get another one and is counted anew when it is launched.
    """
    held = _locked(campaign)
    if held.status == Status.DRAFT:
        raise CampaignProblem(_("It is a draft already: nothing is sent."))
    if held.kind == Kind.LOCAL:
        raise CampaignProblem(_("The promotion of a store cannot be taken back. Stop it instead."))
    if not held.is_untouched or not _is_quiet(held):
        raise CampaignProblem(_("Sending has begun, so it can no longer be taken back. Pause or stop it instead."))
    before = {"status": held.status, "starts_at": held.starts_at.isoformat() if held.starts_at else ""}
    if held.starts_at and held.launched_at and held.starts_at <= held.launched_at + undo:
        held.starts_at = None
    if held.segment_id is not None:
        held.snapshot = None
    held.status, held.launched_by, held.launched_at, held.stop_reason, held.updated_at = (
        Status.DRAFT,
        None,
        None,
        "",
        now,
    )
    held.save(
        update_fields=["status", "starts_at", "snapshot", "launched_by", "launched_at", "stop_reason", "updated_at"]
    )
    log.record("campaign.taken_back", held, by=by, now=now, store_id=held.store_id, before=before)
    return held


@transaction.atomic(durable=True)
def move(campaign: Campaign, *, starts_at: datetime, by: Staff | None, now: datetime) -> Campaign:
    """Let a campaign that waits for its time begin at another one. Raises CampaignProblem."""
    held = _locked(campaign)
    if held.status != Status.SCHEDULED or held.kind != Kind.SCHEDULED:
        raise CampaignProblem(_("Only a campaign that waits for its start can be moved."))
    if starts_at <= now:
        raise CampaignProblem(_("This time lies in the past. Choose a later one."))
    if held.ends_at is not None and held.ends_at <= starts_at:
        raise CampaignProblem(_("It would begin after its end. Choose an earlier time, or take it back and edit it."))
    before = {"starts_at": held.starts_at.isoformat() if held.starts_at else ""}
    held.starts_at, held.updated_at = starts_at, now
    held.save(update_fields=["starts_at", "updated_at"])
    after = {"starts_at": starts_at.isoformat()}
    log.record("campaign.moved", held, by=by, now=now, store_id=held.store_id, before=before, after=after)
    return held


def _locked(campaign: Campaign) -> Campaign:
    """The row as it is; until we are through, the scheduler and the readers of events wait."""
    return Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)


def _is_quiet(campaign: Campaign) -> bool:
    """Whether no slice of its messages is being made right now, unseen until it is committed."""
    return fanout.is_mine(campaign)
