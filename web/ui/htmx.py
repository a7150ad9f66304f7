"""What htmx says on a request, and what we answer."""

import json

from django.http import HttpRequest, HttpResponse


def is_partial(request: HttpRequest) -> bool:
    """True when htmx asks for a fragment; False for a full page, also when htmx restores its history."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def push_url(response: HttpResponse, url: str) -> HttpResponse:
    """Tell htmx which address the browser should show."""
    response["HX-Push-Url"] = url
    return response


def trigger(response: HttpResponse, event: str, **detail) -> HttpResponse:
    """Fire a browser event once the answer has arrived."""
    response["HX-Trigger"] = json.dumps({event: detail})
    return response


def redirect(url: str) -> HttpResponse:
    """A redirect that htmx follows with a full page."""
    return HttpResponse(status=204, headers={"HX-Redirect": url})
