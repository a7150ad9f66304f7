"""The brand's colours as a stylesheet of its own: our policy allows no colours inside a page."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from web.ui import colours


@require_safe
def brand_style(request: HttpRequest, colour: str) -> HttpResponse:
    """Tokens made from the six hex digits in the address, which never change: keep them for a year."""
    response = HttpResponse(colours.stylesheet(f"#{colour}"), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
