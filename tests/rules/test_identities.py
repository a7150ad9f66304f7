"""One form for each kind of identity, with its scope."""

import pytest

from members.rules.identities import BadIdentity, Split, canonical, split

KEPT = {
    ("phone", "+86 169-0000-0001", ""): "16900000001",
    ("phone", "１６９０００００００１", ""): "16900000001",
    ("card", " qh 00 77 ", "QH"): "qh:QH0077",
    ("openid", "oAbC-1", "wx12"): "wx12:oAbC-1",
    ("unionid", "uXy", ""): "uXy",
    ("email", " Anna@Example.COM ", ""): "anna@example.com",
    ("wecom", "wmAb", ""): "wmAb",
    ("alipay", "2088000000000001", ""): "2088000000000001",
    ("buyer", "AAH:1", "tmall"): "tmall:AAH:1",
}


@pytest.mark.parametrize("given", KEPT)
def test_an_identity_has_one_form(given):
    kind, value, scope = given
    kept = canonical(kind, value, scope=scope)

    assert kept == KEPT[given]
    inside = split(kind, kept)
    assert canonical(kind, inside.value, scope=inside.scope) == kept, "its own form stays as it is"


def test_two_brands_may_use_one_card_number():
    assert canonical("card", "7", scope="a") != canonical("card", "7", scope="b")


def test_a_device_is_kept_as_a_hash():
    kept = canonical("device", "phone-7")
    assert len(kept) == 64
    assert "phone" not in kept
    assert canonical("device", kept) == kept


def test_a_value_from_before_scopes_has_none():
    assert split("card", "QH0077") == Split("", "QH0077")
    assert split("openid", "wx12:o1") == Split("wx12", "o1")


@pytest.mark.parametrize(
    ("kind", "value", "scope"),
    [("phone", "12", ""), ("email", "anna", ""), ("card", "7", ""), ("unionid", "u", "app"), ("openid", "", "wx"),
     ("openid", "o", "two words"), ("openid", "o" * 128, "wx"), ("fax", "1", ""), ("device", "", "")],
)  # fmt: skip
def test_what_cannot_be_an_identity_is_refused(kind, value, scope):
    with pytest.raises(BadIdentity):
        canonical(kind, value, scope=scope)
