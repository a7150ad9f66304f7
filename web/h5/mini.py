"""The door of mini-programs: what their joining page shows, and the one tap that joins. JSON; WeChat's codes are the proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from loyalty.queries import cards
from loyalty.services import authorised_joining
from loyalty.services.admitting import Where
from loyalty.services.authorised_joining import Tap
from loyalty.services.joining import CannotJoin, Joined
from members.rules import consent_texts, phones
from stores.models import StoreCode
from stores.queries import codes
from stores.queries import notices as told
from stores.services import limits
from stores.services.mini_programs import Handed, NotNow, NotProven
from web.addresses import client_address

LONGEST = 4096  # characters of one value
WORDS = ("login_code", "phone_code", "encrypted_data", "iv")


View = Callable[[HttpRequest, Where], JsonResponse]


class Bad(Exception):
    """What was sent cannot be read: the name of the field."""


def _problem(status: int, code: str, detail: object = "") -> JsonResponse:
    return JsonResponse({"code": code, "detail": str(detail)}, status=status)


def at_scene(view: View) -> Callable[..., JsonResponse]:
    """Decorator: the mini-program and the live code behind a scene as ``where``; 404 for any other, and other brands'."""

    @wraps(view)
    def found(request: HttpRequest, channel: str, public: str) -> JsonResponse:
        asked, code = told.listening(channel), _code(public)
        if asked is None or asked.platform != "mini_program" or code is None:
            return _problem(404, "unknown_code")
        if asked.brand_id not in (None, code.store.brand_id):
            return _problem(404, "unknown_code")
        return view(request, Where(asked, code.store, code))

    return never_cache(found)


def _code(public: str) -> StoreCode | None:
    try:
        code = codes.find(public)
    except codes.UnknownCode:
        return None
    return code if code.is_live and code.store.closed_on is None else None


@require_GET
@at_scene
def page(request: HttpRequest, where: Where) -> JsonResponse:
    """What the joining page shows before the one tap: the store, the gift, the terms with their version."""
    gift = cards.welcome_of(where.store.brand)
    texts = [consent_texts.current(purpose, _language()) for purpose in ("membership", "marketing")]
    return JsonResponse({
        "store": {"code": where.store.code, "name": where.store.name, "name_en": where.store.name_en},
        "gift": gift.name if gift else None,
        "terms": [each._asdict() | {"sha256": each.sha256} for each in texts],
    })  # fmt: skip


@csrf_exempt  # no session: WeChat's codes say who it is
@require_POST
@at_scene
def join(request: HttpRequest, where: Where) -> JsonResponse:
    """The one tap: login code and phone code (or the older sealed payload), the version of the terms agreed to."""
    now, who = timezone.now(), f"mini:{client_address(request)}"
    if wait := limits.guess_wait(who, now=now):
        answer = _problem(429, "too_many")
        answer["Retry-After"] = str(wait)
        return answer
    try:
        done = authorised_joining.join(_tap(request), where, now=now)
    except tuple(REFUSALS) as reason:
        if isinstance(reason, NotProven):
            limits.count_guess(who, now=now)
        return _problem(*REFUSALS[type(reason)], reason)
    return JsonResponse(_told(done), status=201 if done.is_new else 200)


REFUSALS: dict[type[Exception], tuple[int, str]] = {
    Bad: (422, "malformed"), CannotJoin: (409, "cannot_join"), NotProven: (403, "not_proven"), NotNow: (503, "unavailable"),
}  # fmt: skip


def _tap(request: HttpRequest) -> Tap:
    """What was sent. Raises Bad."""
    said = _body(request)
    words = {name: said.get(name, "") for name in WORDS}
    for name, value in words.items():
        if not isinstance(value, str) or len(value) > LONGEST:
            raise Bad(name)
    if not words["login_code"] or not (words["phone_code"] or (words["encrypted_data"] and words["iv"])):
        raise Bad("phone_code" if words["login_code"] else "login_code")
    version, offers = said.get("terms_version"), said.get("wants_offers")
    if type(version) is not int or offers not in (None, True, False):
        raise Bad("wants_offers" if type(version) is int else "terms_version")
    return Tap(Handed(*words.values()), version, offers, _language(), client_address(request))


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        said = json.loads(request.body)
    except (ValueError, RequestDataTooBig):
        raise Bad("body") from None
    if not isinstance(said, dict):
        raise Bad("body")
    return said


def _language() -> str:
    return "en" if (translation.get_language() or "").startswith("en") else "zh-hans"


def _told(done: Joined) -> dict[str, Any]:
    return {
        "status": "joined" if done.is_new else "known",
        "member": done.member.number,
        "name": phones.mask_name(done.member.name),
        "coupon": done.coupon.code if done.coupon else None,
    }
