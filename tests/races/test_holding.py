"""Tills that hold and tills that redeem race for one coupon: one of them gets it."""

import pytest
from django.db.models import Q

from loyalty.services import coupons, holding, redeeming
from tests.factories import NOON, make_channel, make_store
from tests.loyalty.coupons import make_coupon, make_template
from tests.races.hands import HANDS, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def eight_race(monkeypatch):
    """Four hold, four redeem, each for a receipt of its own; all have looked before the first writes."""
    store = make_store()
    held, till = make_coupon(make_template(store.brand)), make_channel(brand=store.brand)

    def one(n):
        given = {"store": store, "channel": till, "key": f"R{n}", "now": NOON}
        return holding.hold(held.code, **given) if n % 2 else coupons.redeem(held.code, **given)

    return [each for each in at_once(one) if not isinstance(each, Exception)]


@pytest.mark.parametrize("turn", range(5))
def test_of_eight_that_hold_or_redeem_one_gets_the_coupon(monkeypatch, turn):
    assert len(eight_race(monkeypatch)) == 1


def test_twin_that_only_looks_lets_several_through(monkeypatch):
    monkeypatch.setattr(redeeming, "free_for", lambda till, now: Q())
    monkeypatch.setattr(redeeming.Till, "holds", lambda self, coupon: True)

    assert max(len(eight_race(monkeypatch)) for _turn in range(5)) > 1
    assert HANDS == 8
