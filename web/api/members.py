"""Members: found, joined, edited; what they are known by and what they agreed to."""

from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Router, Status

from loyalty.queries import accounts
from loyalty.services import partner_joining
from loyalty.services.orders import Refusal
from members.models import Consent, Identity, Member
from members.queries import for_keys, identities
from members.rules import phones
from members.services import partners
from stores.models import ApiKey, Store
from stores.queries import keys, stores
from stores.rules import masking
from stores.rules.scopes import Scope
from stores.services import limits

from . import sharing
from .auth import KeyRequest
from .doors import reads, writes
from .errors import Refused, TooOften
from .member_schemas import (
    WORDS,
    ConsentIn,
    ConsentOut,
    ConsentsOut,
    IdentitiesOut,
    IdentityIn,
    IdentityOut,
    JoinIn,
    JoinOut,
    ProfileIn,
)
from .schemas import HoldingOut, LookupIn, MemberOut

router = Router(tags=["Members"])


# --- who ----------------------------------------------------------------------------------------------
@reads(router, "/members/lookup", Scope.MEMBERS_READ, MemberOut, method="POST")
def look_up(request: KeyRequest, body: LookupIn):
    """Find a member by phone, card or OpenID: name and phone masked, with tier and balance in the brands of this key.

    Only who takes part in one of those brands, or belongs to or bought at a store of this key, is found.
    """
    _count(request.auth)
    member = shown(identities.owner(body.ref()), request.auth)
    if member is None:
        raise Http404
    return member


@reads(router, "/members/{number}", Scope.MEMBERS_READ, MemberOut)
def get_member(request: KeyRequest, number: str):
    """A member by number, as in a look-up."""
    return shown(member_of(request.auth, number).pk, request.auth)


@writes(router, "/members", Scope.MEMBERS_WRITE, {200: JoinOut, 201: JoinOut})
def join(request: KeyRequest, body: JoinIn):
    """Make somebody a member of the store's brand, with the consents they gave.

    Safe to send again: a phone that is a member's answers 200 with that member, who then takes part in this brand too.
    """
    key = request.auth
    done = partner_joining.join(
        phones.normalise(body.phone) or "", channel=key.channel, store=store_of(key, body.store), name=body.name,
        agrees=body.consents.membership, wants_offers=body.consents.marketing, language=body.language, now=timezone.now(),
    )  # fmt: skip
    out = JoinOut(
        status="joined" if done.is_new else "known", is_enrolled=done.is_enrolled,
        coupon=done.coupon.code if done.coupon else None, member=shown(done.member.pk, key),
    )  # fmt: skip
    return Status(201 if done.is_new else 200, out)


@writes(router, "/members/{number}", Scope.MEMBERS_WRITE, {200: MemberOut}, method="PATCH")
def edit(request: KeyRequest, number: str, body: ProfileIn):
    """Change a member's profile; what the body leaves out stays."""
    member = member_of(request.auth, number)
    partners.edit(member, body.changes(), channel=request.auth.channel, now=timezone.now())
    return shown(member.pk, request.auth)


# --- known by -----------------------------------------------------------------------------------------
@reads(router, "/members/{number}/identities", Scope.MEMBERS_READ, IdentitiesOut)
def list_identities(request: KeyRequest, number: str):
    """What the member is known by, masked."""
    held = for_keys.identities(member_of(request.auth, number))
    return {"items": [_identity_out(each) for each in held if sharing.may_name(request.auth, each.kind)]}


@writes(router, "/members/{number}/identities", Scope.MEMBERS_WRITE, {200: IdentityOut})
def attach_identity(request: KeyRequest, number: str, body: IdentityIn):
    """Say by what else the member is known. It stays unproven until the member shows it; another's is refused (409)."""
    member = member_of(request.auth, number)
    return _identity_out(partners.attach(member, body.ref(), channel=request.auth.channel, now=timezone.now()))


# --- agreed to ----------------------------------------------------------------------------------------
@reads(router, "/members/{number}/consents", Scope.CONSENTS_READ, ConsentsOut)
def list_consents(request: KeyRequest, number: str):
    """The answers that hold, one for each purpose the member was ever asked about."""
    return _consents_out(member_of(request.auth, number))


@writes(router, "/members/{number}/consents", Scope.CONSENTS_WRITE, {200: ConsentsOut})
def answer_consent(request: KeyRequest, number: str, body: ConsentIn):
    """Pass a yes or a no on. A no after a yes withdraws it, and holds from that moment for messages that wait, too."""
    key = request.auth
    member = member_of(key, number)
    partners.answer(
        member, body.purpose, is_given=body.is_given, language=body.language, now=timezone.now(),
        store=store_of(key, body.store) if body.store else None,
    )  # fmt: skip
    return _consents_out(member)


# --- shared -------------------------------------------------------------------------------------------
def member_of(key: ApiKey, number: str) -> Member:
    """The member with this number, if the key may know them; 404 for a stranger as for nobody."""
    _count(key)
    member = for_keys.by_number(number)
    if member is None or shown(member.pk, key) is None:
        raise Http404
    return member


def store_of(key: ApiKey, code: str) -> Store:
    """The store with this code that the key speaks for. Raises Refused."""
    store = stores.visible_to_key(key).select_related("brand").filter(code=code).first() if code.isprintable() else None
    if store is None:
        raise Refused(Refusal.UNKNOWN_STORE)
    return store


def shown(member_id: int | None, key: ApiKey) -> MemberOut | None:
    """A member as this key may see them; None for nobody and for a stranger to the key's brands and stores."""
    member = identities.member(member_id)
    if member is None:
        return None
    brands = set(keys.brands_of(key).values_list("pk", flat=True))
    held = [each for each in accounts.holdings(member) if each.brand.pk in brands]
    if not held and not identities.is_known_at(member, stores.visible_to_key(key)):
        return None
    return MemberOut(
        number=member.number,
        name=phones.mask_name(member.name) if sharing.may(key, "name") else "",
        phone=phones.mask(identities.phone_of(member) or "") if sharing.may(key, "phone") else "",
        joined_at=member.joined_at,
        holdings=[holding_out(each, key) for each in held],
    )


def holding_out(holding: accounts.Holding, key: ApiKey) -> HoldingOut:
    """A member's place in one brand, in the caller's language, as far as the key's channel may share it."""
    in_chinese = (get_language() or "").startswith("zh")
    tier = holding.tier.name if in_chinese else holding.tier.name_en or holding.tier.name
    out = HoldingOut(brand=holding.brand.code, tier=tier if sharing.may(key, "tier") else "")
    if sharing.may(key, "points"):
        out.points, out.growth, out.debt = holding.points, holding.growth, holding.debt
        out.to_next_tier = holding.to_next
    return out


def _count(key: ApiKey) -> None:
    if wait := limits.count_lookup(key, now=timezone.now()):
        raise TooOften(wait)


def _identity_out(held: Identity) -> IdentityOut:
    value = phones.mask(held.value) if held.kind == Identity.Kind.PHONE else masking.masked(held.value)
    return IdentityOut(
        kind=WORDS.get(held.kind, str(held.kind)), value=value, is_verified=held.is_verified, added_at=held.added_at,
        channel=held.channel.code if held.channel else None,
    )  # fmt: skip


def _consents_out(member: Member) -> ConsentsOut:
    return ConsentsOut(items=[_consent_out(each) for each in for_keys.consents(member).values()])


def _consent_out(held: Consent) -> ConsentOut:
    text = held.text
    return ConsentOut(
        purpose=held.purpose, is_given=held.is_given, at=held.at, method=held.method,
        text_version=text.version if text else None, text_language=text.language if text else None,
        text_sha256=text.sha256 if text else None,
    )  # fmt: skip
