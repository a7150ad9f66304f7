"""Who is calling, however the network writes it."""

import pytest
from django.test import RequestFactory

from web.addresses import client_address


@pytest.mark.parametrize(
    ("remote", "seen"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", "127.0.0.1"),
        ("unix:", "127.0.0.1"),
    ],
)
def test_an_address_has_one_spelling(remote, seen):
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote)) == seen


@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, not an address", "10.0.0.1"),
        ("198.51.100.7,", "10.0.0.1"),
        ("' OR 1=1", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_behind_a_proxy_only_its_own_hop_counts_and_nonsense_never(settings, forwarded, seen):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == seen
