"""What a signature covers, by the published vector; from where a key may call."""

import pytest

from stores.rules import networks, signatures
from stores.rules.signatures import Sent

VECTOR = Sent(
    "POST", "/api/v1/pos/events", "1700000000", "nonce123", b'{"event":"sale","receipt_no":"R0001","store":"SH001"}'
)  # fmt: skip
GOLDEN = "v1=3391ddda724db9e51d7c84db6dffccebb0d25efc8aae89cc410206931c18e749"
SENT = VECTOR._replace(nonce="0123456789abcdef")
RIGHT = signatures.sign("pos-secret", SENT)


def test_the_published_vector_of_tills_holds():
    assert signatures.sign("pos-secret", VECTOR) == GOLDEN


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"}, {"target": "/api/v1/pos/events?a=1"}, {"target": "/api/v1/orders"},
        {"timestamp": "1700000001"}, {"nonce": "0123456789abcdeg"}, {"body": b"{}"}, {"nonce": "short"},
        {"nonce": "x" * 65}, {"timestamp": "170000000"}, {"timestamp": "now"},
    ],
)  # fmt: skip
def test_a_signature_fits_one_call_only(changed):
    assert signatures.is_genuine(["pos-secret"], SENT, RIGHT)
    assert not signatures.is_genuine(["pos-secret"], SENT._replace(**changed), RIGHT)


@pytest.mark.parametrize("given", ["", "v1=", RIGHT.upper(), RIGHT[3:], RIGHT.replace("v1", "v2"), RIGHT + "0", "签名"])
def test_another_word_is_no_signature(given):
    assert not signatures.is_genuine(["pos-secret"], SENT, given)


def test_either_of_two_secrets_signs_and_none_signs_nothing():
    assert signatures.is_genuine(["new-secret", "pos-secret"], SENT, RIGHT)
    assert not signatures.is_genuine([], SENT, RIGHT)


@pytest.mark.parametrize(("off", "fresh"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_five_minutes_of_clock_are_borne(off, fresh):
    assert signatures.is_fresh("1700000000", now=1700000000 + off) is fresh


@pytest.mark.parametrize(
    ("text", "address", "holds"),
    [
        ("", "8.8.8.8", True), ("10.0.0.0/8", "10.9.8.7", True), ("10.0.0.0/8", "11.0.0.1", False),
        ("10.1.2.3", "10.1.2.3", True), ("10.1.2.3/8", "10.200.0.1", True), ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "10.0.0.1", False), ("10.0.0.0/8，192.0.2.1", "192.0.2.1", True), ("10.0.0.0/8", "", False),
    ],
)  # fmt: skip
def test_a_key_is_let_in_from_its_networks_only(text, address, holds):
    assert networks.holds(networks.read(text), address) is holds


@pytest.mark.parametrize("text", ["300.1.1.1", "example.com", "10.0.0.0/33", "::1/129"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(networks.NoNetwork):
        networks.read(text)
