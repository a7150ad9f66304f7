"""Who is calling: the network address that limits and log lines use."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller. Only the hop that our own proxy wrote is believed (BEHIND_PROXY), never what a client says."""
    direct = _plain(request.META.get("REMOTE_ADDR", "")) or "127.0.0.1"
    if settings.SECURE_PROXY_SSL_HEADER is None:
        return direct
    return _plain(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1]) or direct


def _plain(text: str) -> str:
    """An address in its one spelling, or nothing when the text is none. IPv4 within IPv6 counts as what it is."""
    try:
        found = ipaddress.ip_address(text.strip().split("%")[0])
    except ValueError:
        return ""
    inner = getattr(found, "ipv4_mapped", None)
    return str(inner or found)


def login_name(request: HttpRequest, credentials: dict | None) -> str:
    """The name somebody tries to sign in with, in one spelling, so that upper case opens no second account of tries."""
    given = credentials or {}
    return str(given.get("username") or given.get("login") or request.POST.get("login") or "").strip().lower()[:60]
