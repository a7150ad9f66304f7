"""Gateways tell what became of messages: delivered or failed. docs/senders.md shows a call."""

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.security import APIKeyHeader
from pydantic import AwareDatetime, Field

from campaigns.services import receipts
from campaigns.services.receipts import Told
from stores.models import Sender
from stores.queries import senders as known
from stores.services import senders

from .schemas import PROBLEMS


class SenderRequest(HttpRequest):
    """A request that the other side of a sender has signed."""

    auth: Sender


class SenderSignature(APIKeyHeader):
    """``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` by the secret of the sender in the path."""

    param_name = "webhook-signature"

    def __call__(self, request: HttpRequest) -> Sender | None:
        match = request.resolver_match
        sender = known.by_code(match.kwargs["code"]) if match else None
        words = [request.headers.get(f"webhook-{word}", "") for word in ("id", "timestamp", "signature")]
        if sender is None or not senders.is_genuine(
            sender, name=words[0], at=words[1], signature=words[2], body=request.body, now=timezone.now()
        ):
            return None
        return sender

    def authenticate(self, request: HttpRequest, key: str | None) -> None:
        """Not by this word alone: the whole call is signed."""


class ReceiptIn(Schema):
    """One message. ``key`` as it was sent."""

    key: Annotated[str, Field(max_length=30)]
    kind: Literal["delivered", "failed"]
    at: AwareDatetime
    detail: Annotated[str, Field(max_length=400)] = ""


class ReportIn(Schema):
    receipts: Annotated[list[ReceiptIn], Field(min_length=1, max_length=1000)]


class ReportOut(Schema):
    """``new``: lines that were not known yet."""

    new: int


router = Router(auth=SenderSignature(), tags=["Receipts"])


@router.post("/receipts/{slug:code}", response={200: ReportOut, **PROBLEMS})
def report(request: SenderRequest, code: str, body: ReportIn):
    """What became of up to 1,000 messages. Sending a line again is safe; lines about others' messages are passed over."""
    now = timezone.now()
    told = [Told(line.key, line.kind, min(line.at, now), line.detail) for line in body.receipts]
    return {"new": receipts.note_many(request.auth, told)}
