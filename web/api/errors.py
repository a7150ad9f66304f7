"""What goes wrong, as answers. Every one has the shape of :mod:`web.problems`."""

from typing import Any

import psycopg
from django import db
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from loyalty.rules.redeeming import Refusal as CouponRefusal
from loyalty.services.coupons import CannotRedeem, CannotUndo, TooManyGuesses
from loyalty.services.joining import CannotJoin
from loyalty.services.orders import Refusal
from members.services.identity import IdentityTaken
from stores.services.answers import OtherCall, StillRunning
from web.outages import is_outage
from web.problems import problem

from .paging import BadCursor

RETRY = 10  # seconds
STATUS = {Refusal.UNKNOWN_STORE: 404, Refusal.UNKNOWN_ORDER: 404, Refusal.OTHER_BODY: 409, Refusal.MORE_THAN_PAID: 409}
COUPON_STATUS = {
    CouponRefusal.UNKNOWN: 404, CouponRefusal.USED: 409, CouponRefusal.VOIDED: 409, CouponRefusal.KEY_USED: 409,
    CouponRefusal.UNDONE: 409, CouponRefusal.HELD: 409,
}  # fmt: skip

WRONG = {  # the beginning of a type of pydantic's errors → what to tell; the first that fits
    "missing": gettext_lazy("is missing"),
    "string_too_long": gettext_lazy("has more than %(max_length)s characters"),
    "string_too_short": gettext_lazy("has fewer than %(min_length)s characters"),
    "too_long": gettext_lazy("has more than %(max_length)s entries"),
    "too_short": gettext_lazy("has fewer than %(min_length)s entries"),
    "string": gettext_lazy("is not a text"),
    "decimal": gettext_lazy("is not a number"),
    "finite_number": gettext_lazy("is not a number"),
    "datetime": gettext_lazy("is not a date with a time"),
    "list": gettext_lazy("is not a list"),
    "literal_error": gettext_lazy("must be %(expected)s"),
}


SHUT: dict[str, tuple[int, Any]] = {  # why a known key is not let in → status and advice
    "bad_signature": (401, gettext_lazy("The signature does not fit this call. The description of the API shows how to sign.")),
    "stale_timestamp": (
        401, gettext_lazy("The time of this call is more than five minutes away from ours. Set the clock, then sign again."),
    ),
    "replayed": (401, gettext_lazy("This nonce was used before. Draw a new one for every call, also when you send it again.")),
    "signature_required": (401, gettext_lazy("This key takes signed calls only.")),
    "not_shared": (403, gettext_lazy("This channel may not share: %(field)s. Headquarters can allow it on the channel's page.")),
    "scope_missing": (403, gettext_lazy("This key lacks the scope %(scope)s. Headquarters can add it on the key's page.")),
}  # fmt: skip


class Refused(Exception):
    """A service did not take what was sent."""

    def __init__(self, refusal: Refusal):
        self.refusal = refusal
        super().__init__(refusal)


class NotLetIn(Exception):
    """The key is not let in here; ``code`` is one of ``SHUT``."""

    def __init__(self, code: str, **words: str):
        self.code, self.words = code, words
        super().__init__(code)


class BadIdempotencyKey(Exception):
    """The header is empty, too long or not plain ASCII."""


class TooManyCalls(Exception):
    """A key called too often in this minute; ``wait`` seconds until it may go on."""

    def __init__(self, wait: int):
        self.wait = wait
        super().__init__(wait)


class TooOften(Exception):
    """A key asked too often; ``wait`` seconds until it may ask again."""

    def __init__(self, wait: int):
        self.wait = wait
        super().__init__(wait)


def install(api: NinjaAPI) -> None:
    """Answer each kind of trouble."""
    api.exception_handler(Refused)(_refused)
    api.exception_handler(NotLetIn)(_shut)
    api.exception_handler(TooManyCalls)(_too_many_calls)
    api.exception_handler(BadIdempotencyKey)(_bad_idempotency_key)
    api.exception_handler(BadCursor)(_bad_cursor)
    api.exception_handler(CannotJoin)(_not_joined)
    api.exception_handler(IdentityTaken)(_identity_taken)
    api.exception_handler(StillRunning)(_still_running)
    api.exception_handler(OtherCall)(_other_call)
    api.exception_handler(TooOften)(_too_often)
    api.exception_handler(CannotRedeem)(_coupon_refused)
    api.exception_handler(CannotUndo)(_not_undone)
    api.exception_handler(TooManyGuesses)(_too_many_guesses)
    api.exception_handler(AuthenticationError)(_not_let_in)
    api.exception_handler(ValidationError)(_malformed)
    api.exception_handler(HttpError)(_unreadable)
    api.exception_handler(RequestDataTooBig)(_too_big)
    api.exception_handler(Http404)(_absent)
    api.exception_handler(db.Error)(_database_trouble)
    api.exception_handler(psycopg.Error)(_database_trouble)


def wrong_fields(errors: list[Any]) -> str:
    """Which fields are wrong and how, in the caller's language and without repeating what was sent."""
    return "; ".join(f"{_place(error['loc'])}: {_why(error['type'], error.get('ctx') or {})}" for error in errors[:10])


def _place(steps: tuple[int | str, ...]) -> str:
    """``member.phone``; the place of a whole body is ``body``."""
    inner = steps[2:] if steps[:2] == ("body", "body") else steps
    return ".".join(str(step) for step in inner or ("body",))


def _why(kind: str, limits: dict[str, Any]) -> str:
    """A sentence for an error of pydantic, by its type."""
    if kind == "value_error":  # one of ours, from schemas
        return str(limits.get("error", ""))
    words = next((words for start, words in WRONG.items() if kind.startswith(start)), _("is not of the right kind"))
    return str(words) % limits


def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    refusal = error.refusal
    return problem(STATUS.get(refusal, 422), refusal.value, _("This was not taken"), refusal.label)


def _shut(request: HttpRequest, error: NotLetIn) -> HttpResponse:
    status, advice = SHUT[error.code]
    answer = problem(status, error.code, _("This key is not let in"), str(advice) % error.words)
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def _too_many_calls(request: HttpRequest, error: TooManyCalls) -> HttpResponse:
    text = _("This key used up its calls of this minute. Wait, then go on.")
    return problem(429, "too_many", _("Too many calls"), text, retry=error.wait)


def _bad_idempotency_key(request: HttpRequest, error: Exception) -> HttpResponse:
    advice = _("Idempotency-Key takes 1 to 255 plain characters.")
    return problem(400, "bad_idempotency_key", _("This request could not be read"), advice)


def _bad_cursor(request: HttpRequest, error: BadCursor) -> HttpResponse:
    return problem(422, "malformed", _("Some fields are wrong"), str(error))


def _not_joined(request: HttpRequest, error: CannotJoin) -> HttpResponse:
    return problem(422, "cannot_join", _("This was not taken"), str(error))


def _identity_taken(request: HttpRequest, error: IdentityTaken) -> HttpResponse:
    return problem(409, "identity_taken", _("This was not taken"), str(error))


def _still_running(request: HttpRequest, error: Exception) -> HttpResponse:
    text = _("The same call is still running. Ask again with the same key in a second.")
    return problem(409, "still_running", _("One moment"), text, retry=1)


def _other_call(request: HttpRequest, error: Exception) -> HttpResponse:
    text = _("This Idempotency-Key was used for another call. Draw a new one.")
    return problem(422, "other_call", _("This was not taken"), text)


def _too_often(request: HttpRequest, error: TooOften) -> HttpResponse:
    text = _("This key looked up too many members in this minute. Wait, then go on.")
    return problem(429, "too_many", _("Too many look-ups"), text, retry=error.wait)


def _coupon_refused(request: HttpRequest, error: CannotRedeem) -> HttpResponse:
    status = COUPON_STATUS.get(error.reason, 422)
    return problem(status, error.reason.value, _("This coupon was not taken"), str(error))


def _not_undone(request: HttpRequest, error: CannotUndo) -> HttpResponse:
    return problem(409, "too_late", _("This was not taken back"), str(error))


def _too_many_guesses(request: HttpRequest, error: TooManyGuesses) -> HttpResponse:
    return problem(429, "too_many", _("Too many unknown codes"), str(error), retry=error.wait)


def _not_let_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = problem(
        401,
        "unauthorized",
        _("No valid key"),
        _("Send a live key, or sign the call with one: Authorization: Bearer qy_…"),
    )
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(422, "malformed", _("Some fields are wrong"), wrong_fields(error.errors))


def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "unreadable", _("This request could not be read"), _("The body must be JSON."))


def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413, "too_large", _("That was too much at once"), _("Split the batch and send the parts."))


def _absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not_found", _("There is nothing here"))


def _database_trouble(request: HttpRequest, error: Exception) -> HttpResponse:
    if not is_outage(error):
        raise error  # a mistake of ours: 500
    return problem(503, "unavailable", _("Back in a moment"), _("Send the same again: it is taken once."), retry=RETRY)
