"""When a coupon counts and what it takes off, as tables."""

from datetime import timedelta
from decimal import Decimal

import pytest

from loyalty.rules import coupon_codes
from loyalty.rules.redeeming import Refusal, State, Terms, Where, needs_amount, quote, refusal, short
from tests.factories import NOON

D = Decimal
HERE, THERE = 11, 12
BRAND, OTHER = 1, 2
TERMS = Terms("amount", D(10), None, D(0), "store", BRAND)
STATE = State(None, NOON + timedelta(days=1))
SHOP = Where(BRAND, HERE)
MALL = Where(BRAND, None, is_online=True)


@pytest.mark.parametrize(
    ("given", "amount", "off"),
    [
        ({}, "100", "10"),
        ({}, "10", "10"),
        ({}, "7.50", "7.50"),  # never below zero
        ({}, None, "10"),
        ({"threshold": D(100)}, "100", "10"),
        ({"threshold": D(100)}, None, None),  # nobody knows yet
        ({"kind": "percent", "value": D(20)}, "88.90", "17.78"),
        ({"kind": "percent", "value": D(20)}, "0.09", "0.01"),  # 0.018 down to the fen
        ({"kind": "percent", "value": D("12.5")}, "99.99", "12.49"),
        ({"kind": "percent", "value": D("0.01")}, "1", "0.00"),
        ({"kind": "percent", "value": D(20), "most": D(15)}, "1000", "15"),
        ({"kind": "percent", "value": D(20), "most": D(15)}, "50", "10.00"),
        ({"kind": "percent", "value": D(20)}, None, None),
    ],
)
def test_what_a_coupon_takes_off(given, amount, off):
    found = quote(TERMS._replace(**given), amount and D(amount))

    assert found == (off and D(off))
    if found is not None and amount:
        assert found <= D(amount)


@pytest.mark.parametrize(
    ("given", "amount", "reason"),
    [
        ({}, None, None),
        ({}, "0.01", None),
        ({}, "0", Refusal.BAD_AMOUNT),
        ({}, "-5", Refusal.BAD_AMOUNT),
        ({}, "1.001", Refusal.BAD_AMOUNT),
        ({}, "10000000000", Refusal.BAD_AMOUNT),
        ({}, "1E+400", Refusal.BAD_AMOUNT),
        ({"threshold": D(100)}, None, Refusal.AMOUNT_NEEDED),
        ({"kind": "percent"}, None, Refusal.AMOUNT_NEEDED),
        ({"threshold": D(100)}, "99.99", Refusal.BELOW_THRESHOLD),
        ({"threshold": D(100)}, "100.00", None),
    ],
)
def test_an_order_may_be_too_small(given, amount, reason):
    terms = TERMS._replace(**given)

    assert short(terms, amount and D(amount)) is reason
    assert needs_amount(terms) == bool(given)


@pytest.mark.parametrize(
    ("terms", "state", "where", "reason"),
    [
        ({}, {}, SHOP, None),
        ({}, {"expires_at": NOON}, SHOP, Refusal.EXPIRED),
        ({}, {"expires_at": NOON + timedelta(microseconds=1)}, SHOP, None),
        ({}, {"starts_at": NOON}, SHOP, None),
        ({}, {"starts_at": NOON + timedelta(microseconds=1)}, SHOP, Refusal.NOT_YET),
        ({}, {"voided_at": NOON}, SHOP, Refusal.VOIDED),
        ({}, {"redeemed_at": NOON}, SHOP, Refusal.USED),
        ({}, {"redeemed_at": NOON, "expires_at": NOON}, SHOP, Refusal.USED),  # the use is what happened
        ({}, {}, Where(OTHER, 13), Refusal.OTHER_BRAND),
        ({}, {"redeemed_at": NOON}, Where(OTHER, 13), Refusal.OTHER_BRAND),  # a stranger learns nothing more
        ({}, {}, Where(None, HERE), None),
        ({"store_ids": frozenset({HERE})}, {}, SHOP, None),
        ({"store_ids": frozenset({HERE})}, {}, Where(BRAND, THERE), Refusal.OTHER_STORE),
        ({}, {}, MALL, Refusal.STORE_ONLY),
        ({"place": "both"}, {}, MALL, None),
        ({"place": "both"}, {}, SHOP, None),
        ({"place": "both", "store_ids": frozenset({HERE})}, {}, MALL, None),
        ({"place": "online"}, {}, MALL, None),
        ({"place": "online"}, {}, SHOP, Refusal.ONLINE_ONLY),
    ],
)
@pytest.mark.row("002-31")
def test_a_coupon_counts_at_its_time_and_place_only(terms, state, where, reason):
    assert refusal(TERMS._replace(**terms), STATE._replace(**state), where, now=NOON) is reason


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ABCD2345EFGH", "ABCD2345EFGH"),
        (" abcd-2345 efgh ", "ABCD2345EFGH"),
        ("ABCDO345EFGH", "ABCD0345EFGH"),  # O is read as 0: no code has an O
        ("ABCD2345EFG", None),
        ("ABCD2345EFGHJ", None),
        ("ABCD1345EFGH", None),
        ("", None),
        ("' OR 1=1 --", None),
        ("A" * 5000, None),
        ("ＡＢＣＤ　2345 EFGH", "ABCD2345EFGH"),
    ],
)
def test_a_typed_code_is_read_kindly_and_a_malformed_one_not_at_all(typed, code):
    assert coupon_codes.read(typed) == code


def test_codes_use_all_letters_and_do_not_repeat():
    drawn = coupon_codes.make(2000)

    assert len(set(drawn)) == 2000
    assert set("".join(drawn)) == set(coupon_codes.ALPHABET)
    assert all(coupon_codes.read(code) == code for code in drawn)
