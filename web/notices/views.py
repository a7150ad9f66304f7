"""One view: the request as it came goes to the service, and its answer goes back as it is."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from stores.queries import notices as told
from stores.services import notices

MOST = notices.MOST  # bytes of a body


@csrf_exempt  # signed by the platform instead
@require_http_methods(["GET", "POST"])
def hear(request: HttpRequest, code: str, word: str = "") -> HttpResponse:
    """Take what a platform tells the channel of this code."""
    channel = told.listening(code)
    if channel is None:
        return HttpResponse("unknown", status=404, content_type="text/plain")
    try:
        arrival = arrival_of(request)
    except RequestDataTooBig:
        return HttpResponse("too long", status=413, content_type="text/plain")
    said = notices.receive(channel, arrival, now=timezone.now())
    return HttpResponse(said.body, status=said.status, content_type=said.kind)


def arrival_of(request: HttpRequest) -> notices.Arrival:
    """The request untouched. Raises RequestDataTooBig."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MOST:
        raise RequestDataTooBig
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = request.META.get("QUERY_STRING", "")
    return notices.Arrival(request.method or "", request.path, query, headers, request.body)
