"""Which addresses a webhook may reach: nobody's inner network, at saving and again at connecting."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

PORTS = {443, 8443}


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet: not private, local, shared, reserved or a disguise of such."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None:
            return is_public(str(inner))
        if found in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast and not found.is_reserved


def problem_of(url: str, *, may_stay_inside: bool) -> str:
    """Why a URL may not be called, as one word: shape, scheme, login, port or private; empty if it may.

    A name is looked up at connecting, by ``PublicResolver``: what it says here may be different then.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "shape"
    if not parts.hostname or len(url) > 300:
        return "shape"
    if parts.username or parts.password:
        return "login"
    if parts.scheme != "https" and not (may_stay_inside and parts.scheme == "http"):
        return "scheme"
    if may_stay_inside:
        return ""
    if (port or 443) not in PORTS:
        return "port"
    host = parts.hostname.rstrip(".").lower()
    if host == "localhost" or host.endswith((".local", ".internal", ".localhost")):
        return "private"
    return "private" if _as_number(host) and not is_public(_as_number(host)) else ""


def _as_number(host: str) -> str:
    """The IP address that a host is, in any of its old spellings (``127.1``, ``0x7f000001``); empty for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return ""
