"""What partners send and get about members: joining, profile, identities, consents, points."""

from datetime import date, datetime
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field, model_validator

from members.models import Identity
from members.rules import phones
from members.rules.receipts import MemberRef

from .schemas import MemberOut

Kind = Identity.Kind
# names that travel ↔ kinds that are stored
KINDS: dict[str, int] = {
    "phone": Kind.PHONE, "card": Kind.CARD, "openid": Kind.OPENID, "unionid": Kind.UNIONID, "email": Kind.EMAIL
}  # fmt: skip
WORDS = {kind: word for word, kind in KINDS.items()}
Plain = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[str, Field(max_length=60, pattern=Plain)]
Language = Annotated[Literal["zh-hans", "en"], Field(description="In which the text was shown")]
Purpose = Literal["membership", "marketing"]


class ConsentsIn(Schema):
    """What the person said, word for word. Leave ``marketing`` out when nobody asked: it is never inferred."""

    membership: Annotated[bool, Field(description="Agreed to the membership terms and privacy notice")]
    marketing: Annotated[bool | None, Field(description="Wants offers and news; null: not asked")] = None


class JoinIn(Schema):
    """Somebody becomes a member. The phone must have been proved to be theirs."""

    phone: Annotated[str, Field(max_length=40, examples=["16900000001"])]
    store: Annotated[str, Field(max_length=32, description="The store's code")]
    consents: ConsentsIn
    language: Language = "zh-hans"
    name: Name = ""

    @model_validator(mode="after")
    def _is_phone(self) -> "JoinIn":
        if phones.normalise(self.phone) is None:
            raise ValueError(_("phone is not a phone number"))
        return self


class JoinOut(Schema):
    """``joined`` when this call made the member, ``known`` when the phone was a member's before."""

    status: Literal["joined", "known"]
    is_enrolled: Annotated[bool, Field(description="This call opened the brand's programme for them")]
    coupon: Annotated[str | None, Field(description="The code of the welcome coupon, when there is one")]
    member: MemberOut | None


class ProfileIn(Schema):
    """What to change; what is left out stays."""

    name: Name | None = None
    gender: Annotated[Literal["", "f", "m"] | None, Field(description="Empty: not told")] = None
    birthday: date | None = None
    language: Literal["zh-hans", "en"] | None = None

    @model_validator(mode="after")
    def _something(self) -> "ProfileIn":
        if not self.model_fields_set:
            raise ValueError(_("name something to change"))
        if self.birthday and not date(1900, 1, 1) <= self.birthday <= date(2100, 1, 1):
            raise ValueError(_("birthday is out of range"))
        return self

    def changes(self) -> dict[str, object]:
        """What was named; null empties a birthday and leaves everything else."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in given.items() if value is not None or name == "birthday"}


class IdentityIn(Schema):
    """One thing that the member is known by."""

    kind: Literal["phone", "card", "openid", "unionid", "email"]
    value: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]

    def ref(self) -> MemberRef:
        if self.kind == "phone":
            return MemberRef.phone(self.value)
        value = self.value.lower() if self.kind == "email" else self.value
        return MemberRef(KINDS[self.kind], value)

    @model_validator(mode="after")
    def _is_what_it_says(self) -> "IdentityIn":
        if self.kind == "phone" and phones.normalise(self.value) is None:
            raise ValueError(_("value is not a phone number"))
        if self.kind == "email" and not 0 < self.value.find("@") < len(self.value) - 1:
            raise ValueError(_("value is not an e-mail address"))
        return self


class IdentityOut(Schema):
    """``value`` is masked."""

    kind: str
    value: str
    is_verified: bool
    added_at: datetime
    channel: Annotated[str | None, Field(description="Code of the channel that brought it")]


class IdentitiesOut(Schema):
    items: list[IdentityOut]


class ConsentIn(Schema):
    """A yes or a no that the person gave just now, to the current text in that language."""

    purpose: Purpose
    is_given: bool
    language: Language = "zh-hans"
    store: Annotated[str, Field(max_length=32, description="The store's code, when it was given in one")] = ""


class ConsentOut(Schema):
    """The answer that holds for one purpose, and the very text it was given to."""

    purpose: str
    is_given: bool
    at: datetime
    method: str
    text_version: int | None
    text_language: str | None
    text_sha256: str | None


class ConsentsOut(Schema):
    items: list[ConsentOut]


class EntryOut(Schema):
    """One movement. ``amount`` moved the balance, ``owed`` the debt; ``balance_after`` is what stood there then."""

    id: int
    brand: str
    asset: str
    kind: str
    amount: int
    owed: int
    balance_after: int
    occurred_at: datetime
    reason: str


class EntriesOut(Schema):
    items: list[EntryOut]
    next: Annotated[str | None, Field(description="The `cursor` of the next page; null at the end")]
