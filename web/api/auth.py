"""Who is calling: a channel's key, carried (Bearer) or used to sign the call. ``needs`` is what every address says."""

from urllib.parse import quote

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyHeader, HttpBearer

from stores.models import ApiKey
from stores.queries import keys as known
from stores.rules import networks, signatures
from stores.rules.scopes import Scope
from stores.rules.signatures import Sent
from stores.services import keys
from web.addresses import client_address

from .errors import NotLetIn, TooManyCalls


class KeyRequest(HttpRequest):
    """A request whose key was let in."""

    auth: ApiKey


class Signature(APIKeyHeader):
    """`X-Key-Id`, `X-Timestamp` (seconds), `X-Nonce` (16 to 64 characters) and `X-Signature: v1=<hex>`."""

    param_name = "X-Signature"

    def __init__(self, scope: Scope):
        self.scope = scope
        super().__init__()

    def authenticate(self, request: HttpRequest, key: str | None) -> ApiKey | None:
        """The key that signed this very call; nobody learns which part of a wrong signature was wrong."""
        if let_in := getattr(request, "let_in", None):  # asked a second time for the same call
            return let_in
        if not key:
            return None
        now = timezone.now()
        asked = known.by_prefix(request.headers.get("X-Key-Id", "").removeprefix("qy_"), now=now)
        sent = _sent(request)
        secrets = keys.secrets_of(asked, now=now) if asked else [""]
        if not signatures.is_genuine(secrets, sent, key, targets=_other_spellings(request)) or asked is None:
            raise NotLetIn("bad_signature")
        _demand_new(asked, sent)
        return _admitted(request, asked, self.scope)


class ChannelKey(HttpBearer):
    """`Authorization: Bearer qy_<prefix>_<secret>`."""

    def __init__(self, scope: Scope):
        self.scope = scope
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = known.authenticate(token, now=timezone.now())
        if key is not None and key.must_sign:
            raise NotLetIn("signature_required")
        return _admitted(request, key, self.scope) if key else None


def needs(scope: Scope) -> list[Signature | ChannelKey]:
    """Let in keys that hold this scope, signed or carried."""
    return [Signature(scope), ChannelKey(scope)]


def _demand_new(key: ApiKey, sent: Sent) -> None:
    now = timezone.now()
    if not signatures.is_fresh(sent.timestamp, now=now.timestamp()):
        raise NotLetIn("stale_timestamp")
    if not keys.take_nonce(key, sent.nonce, now=now):
        raise NotLetIn("replayed")


def _admitted(request: HttpRequest, key: ApiKey, scope: Scope) -> ApiKey | None:
    """The key, if it may do this from here and now."""
    now, address = timezone.now(), client_address(request)
    if not networks.holds(key.addresses, address):
        keys.note_refusal(key, address=address, now=now)
        return None  # as for a wrong key: who found a secret learns nothing; the key's page tells its owner
    if wait := keys.count_call(key, now=now):
        raise TooManyCalls(wait)
    if not key.may(scope):
        raise NotLetIn("scope_missing", scope=scope)
    request.let_in = key  # type: ignore[attr-defined]
    return key


def _sent(request: HttpRequest) -> Sent:
    words = [request.headers.get(name, "") for name in ("X-Timestamp", "X-Nonce")]
    return Sent(request.method or "", request.get_full_path(), words[0], words[1], request.body)


def _other_spellings(request: HttpRequest) -> list[str]:
    """The address as a partner may have written it: decoded, or with every sign of a number escaped."""
    query = request.META.get("QUERY_STRING", "")
    tail = f"?{query}" if query else ""
    head, number, rest = _around_number(request)
    return [request.path + tail, head + quote(number, safe="") + rest + tail]


def _around_number(request: HttpRequest) -> tuple[str, str, str]:
    match = request.resolver_match
    number = str(match.kwargs.get("number", "")) if match else ""
    head, found, rest = request.path.partition(number) if number else (request.path, "", "")
    return quote(head), found, quote(rest)
