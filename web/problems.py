"""How every answer of the API says that something is wrong: one shape, in the caller's language."""

from typing import Any

from django.http import JsonResponse


def problem(status: int, code: str, title: Any, detail: Any = "", *, retry: int = 0) -> JsonResponse:
    """{type, title, detail, code} as RFC 9457 has it. ``code`` is for programs, ``title`` and ``detail`` for people.

    ``retry``: seconds until another try makes sense.
    """
    body = {"type": f"urn:quanyu:problem:{code}", "title": str(title), "detail": str(detail), "code": code}
    answer = JsonResponse(body, status=status, content_type="application/problem+json")
    answer["Cache-Control"] = "no-store"
    if retry:
        answer["Retry-After"] = str(retry)
    return answer
