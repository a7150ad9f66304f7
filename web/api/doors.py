"""How an address of the API is declared: its scope, its answers, and that sending twice takes effect once."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.decorators import decorate_view
from ninja.errors import ConfigError

from stores.rules.scopes import Scope
from stores.services import answers
from stores.services.answers import Answer

from .auth import needs
from .errors import BadIdempotencyKey
from .schemas import PROBLEMS

HEADER = "Idempotency-Key"
LONGEST = 255
Run = Callable[..., HttpResponse]
Door = Callable[[Callable[..., Any]], Callable[..., Any]]


def reads(router: Router, path: str, scope: Scope, out: Any, *, method: str = "GET") -> Door:
    """An address that changes nothing; POST where what is asked must not stand in a log."""
    return _door(router, method, path, scope, {200: out}, ())


def writes(router: Router, path: str, scope: Scope, out: dict[int, Any], *, method: str = "POST") -> Door:
    """An address that changes something: it takes an ``Idempotency-Key``."""
    return _door(router, method, path, scope, out, (_once,))


def _door(router: Router, method: str, path: str, scope: Scope, out: dict[int, Any], around: Any) -> Door:
    extra = {"x-scope": scope.value, "x-idempotent": bool(around)}
    responses = {**out, **PROBLEMS}

    def opened(view: Callable[..., Any]) -> Callable[..., Any]:
        if not view.__doc__:
            raise ConfigError(f"{path} tells partners nothing")
        router.api_operation([method], path, auth=needs(scope), response=responses, openapi_extra=extra)(view)
        return decorate_view(*around)(view)

    return opened


def _once(run: Run) -> Run:
    """Around an operation: whoever is let in and names the call gets its first answer again."""
    operation = run.__self__  # type: ignore[attr-defined]

    @wraps(run)
    def guarded(request: Any, **words: Any) -> HttpResponse:
        if HEADER not in request.headers:
            return run(request, **words)
        if shut := operation._run_checks(request):
            return shut
        try:
            return _answer(request, lambda: run(request, **words))
        except Exception as error:
            return operation.api.on_exception(request, error)

    return guarded


def _answer(request: Any, act: Callable[[], HttpResponse]) -> HttpResponse:
    name = request.headers[HEADER]
    if not (0 < len(name) <= LONGEST and name.isascii() and name.isprintable()):
        raise BadIdempotencyKey

    def do() -> tuple[Answer, HttpResponse]:
        response = act()
        return Answer(response.status_code, response.content), response

    made = answers.once(request.auth, name, _fingerprint(request), do, now=timezone.now())
    return _again(made) if isinstance(made, Answer) else made


def _fingerprint(request: HttpRequest) -> bytes:
    return answers.fingerprint(request.method or "", request.get_full_path(), request.body)


def _again(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json; charset=utf-8")
    response["Idempotent-Replayed"] = "true"
    return response
