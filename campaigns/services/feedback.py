"""What a member says about a message and the visit after it: one tap on a number, words if they like."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from stores.models import Brand

from ..models import Delivery, Feedback
from ..rules import links
from .links import NoSuchLink, found

__all__ = ["SCORES", "FeedbackProblem", "NoSuchLink", "answer", "brand_of", "given"]
SCORES = range(1, 6)
LONGEST = 300


class FeedbackProblem(Exception):
    """The answer cannot be taken. The text may be shown."""


def brand_of(token: str) -> Brand:
    """Who asks. Raises NoSuchLink."""
    return found(token, links.FEEDBACK)[0].brand


def given(token: str) -> Feedback | None:
    """What was answered so far. Raises NoSuchLink."""
    return Feedback.objects.filter(delivery=found(token, links.FEEDBACK)[1]).first()


@transaction.atomic(durable=True)
def answer(token: str, score: int, words: str = "", *, now: datetime) -> None:
    """Take the answer; a second one replaces the first. Raises NoSuchLink, FeedbackProblem."""
    _campaign, delivery = found(token, links.FEEDBACK)
    if score not in SCORES:
        raise FeedbackProblem(_("Choose a number from 1 to 5."))
    if not Delivery.objects.filter(pk=delivery, sent_at__isnull=False).exists():
        raise FeedbackProblem(_("This message never left, so there is nothing to say about it."))
    said = "".join(sign if sign.isprintable() else " " for sign in words).strip()[:LONGEST]
    Feedback.objects.bulk_create(
        [Feedback(delivery_id=delivery, score=score, words=said, at=now)],
        update_conflicts=True, unique_fields=["delivery"], update_fields=["score", "words", "at"],
    )  # fmt: skip
