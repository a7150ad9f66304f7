"""Language and time zone of the signed-in person."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation


def remember_language(response: HttpResponseBase, language: str) -> HttpResponseBase:
    """Keep a chosen language in this browser; it wins over the one in the person's account."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax", secure=settings.HTTPS
    )
    return response


class LanguageAndTimeZone:
    """The cookie's language, else the person's own; times in the person's zone. Stands after authentication."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        staff = request.user
        if not staff.is_authenticated:
            return self.get_response(request)
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and staff.language in dict(settings.LANGUAGES):
            translation.activate(staff.language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(zone_of(staff.time_zone)):
            return self.get_response(request)


def zone_of(name: str) -> ZoneInfo:
    """The named zone; the chain's own when the name is not one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)
