"""What every request passes, whoever asks: no NUL in an address, one shape of answers to programs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from .errors import API, page

NUL = "\0"


class NoNul:
    """Answers 400 to a NUL in the path or the query: no column can hold one, so no row could ever be found by it.

    Stands after the language, before everything that looks something up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        query = request.META.get("QUERY_STRING", "")
        if NUL in request.path or NUL in query or "%00" in query:
            return page(request, 400)
        return self.get_response(request)


class MethodNotAllowed:
    """Answers 405 to a program in the shape of every other problem, with the methods that are allowed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 405 or not request.path.startswith(API):
            return response
        answer = page(request, 405)
        answer["Allow"] = response["Allow"]
        return answer
