"""Partners tell what members did: pages seen, carts filled, stores entered."""

from typing import Annotated, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Router, Schema
from pydantic import AwareDatetime, BaseModel, Field, SkipValidation, ValidationError

from members.rules.event_schemas import SCHEMAS
from members.services import intake
from members.services.intake import NewFact, Told
from stores.queries import stores
from stores.rules.scopes import Scope

from .auth import KeyRequest
from .doors import reads, writes
from .errors import wrong_fields
from .schemas import ShopperIn

router = Router(tags=["Events"])
MOST = 1_000
WORDS: dict[str, Any] = {
    "unknown_event": gettext_lazy("There is no event of this name and version. GET /event-types lists them."),
    "bad_time": gettext_lazy("The time lies in the future or before the year 2000."),
    "unknown_store": gettext_lazy("There is no store with this code that this key may use."),
    "unknown_member": gettext_lazy("Nobody is known by this phone, card or OpenID."),
    "unknown_field": gettext_lazy("This event has no such field."),
    "missing_field": gettext_lazy("This field must be there."),
    "bad_field": gettext_lazy("The value is not of the field's kind."),
}


class EventIn(BaseModel):
    """One event. ``id`` is your own number of it: the same again is taken once, for good."""

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
    type: Annotated[str, Field(min_length=1, max_length=40, examples=["page.viewed"])]
    version: Annotated[int | None, Field(ge=1, le=32_000, description="Empty: the newest")] = None
    at: Annotated[AwareDatetime, Field(description="When it happened; late is no mistake")]
    member: ShopperIn
    store: Annotated[str, Field(max_length=32, description="The store's code, where it was one")] = ""
    data: dict[str, Any] = {}

    def new(self) -> NewFact:
        """The event as the service takes it."""
        return NewFact(self.id, self.type, self.version, self.member.ref(), self.store, self.at, self.data)


class EventsIn(BaseModel):
    """Up to 1,000 events in any order. Each is judged by itself: a bad one keeps nobody out."""

    events: Annotated[list[SkipValidation[EventIn]], Field(min_length=1, max_length=MOST)]


class EventOut(Schema):
    """created, duplicate or rejected. ``reason`` is for programs, ``detail`` for people; empty when taken."""

    id: str
    status: str
    reason: str = ""
    detail: str = ""


class EventsOut(Schema):
    created: int
    duplicate: int
    rejected: int
    items: list[EventOut]


class EventTypeOut(Schema):
    """One event: ``fields`` by name as {kind, needed, choices}, and a sample of ``data``."""

    type: str
    version: int
    fact: str
    label: str
    needs_store: bool
    fields: dict[str, Any]
    sample: dict[str, Any]


class EventTypesOut(Schema):
    items: list[EventTypeOut]


@reads(router, "/event-types", Scope.EVENTS_WRITE, EventTypesOut)
def list_event_types(request: KeyRequest):
    """Every event that may be told, each version with its fields and a sample."""
    return {"items": [_type_out(schema) for schema in SCHEMAS]}


@writes(router, "/events", Scope.EVENTS_WRITE, {200: EventsOut})
def take_events(request: KeyRequest, body: EventsIn):
    """Take up to 1,000 events. Each answers for itself: created, duplicate, or rejected with a reason."""
    key = request.auth
    items, news = _read(body)
    told = intake.record_many(
        list(news.values()), channel=key.channel, within=stores.visible_to_key(key), now=timezone.now()
    )
    for place, each in zip(news, told, strict=True):
        items[place] = EventOut(id=items[place].id, status=each.status, reason=each.code, detail=_detail(each))
    counts = {word: sum(item.status == word for item in items) for word in ("created", "duplicate", "rejected")}
    return EventsOut(items=items, **counts)


def _read(body: EventsIn) -> tuple[list[EventOut], dict[int, NewFact]]:
    """An answer for each event so far, and those that could be read, by their place."""
    items, news = [], {}
    for place, raw in enumerate(body.events):
        name = str(raw.get("id", ""))[:64] if isinstance(raw, dict) else ""
        item = EventOut(id=name, status=intake.REJECTED)
        try:
            news[place] = EventIn.model_validate(raw).new()
        except ValidationError as error:
            item.reason, item.detail = "malformed", wrong_fields(error.errors())
        items.append(item)
    return items, news


def _detail(told: Told) -> str:
    if not told.code:
        return ""
    return _("%(field)s: %(words)s") % {"field": told.field, "words": WORDS[told.code]}


def _type_out(schema: Any) -> EventTypeOut:
    fields = {
        name: {"kind": field.kind, "needed": field.needed, "choices": list(field.choices)}
        for name, field in schema.fields.items()
    }
    return EventTypeOut(
        type=schema.name, version=schema.version, fact=schema.fact.value, label=str(schema.label),
        needs_store=schema.at_store, fields=fields, sample=schema.sample,
    )  # fmt: skip
