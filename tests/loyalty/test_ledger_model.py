"""The ledger against a model of a few lines of plain Python, over random histories."""

from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.models import Program, Standing
from loyalty.queries import reconcile
from loyalty.rules import earning
from loyalty.services import orders, points
from loyalty.services.orders import Status
from tests.factories import NOON, make_member
from tests.loyalty.receipts import LATER, book_of, held, make_shop, new_order, new_refund

CENTS = st.integers(0, 300_000).map(lambda cents: Decimal(cents) / 100)
STEP = st.one_of(
    st.tuples(st.just("order"), CENTS),
    st.tuples(st.just("orders"), st.lists(CENTS, min_size=2, max_size=4)),
    st.tuples(st.just("refund"), st.integers(0, 9), st.integers(1, 100)),
    st.tuples(st.just("refund all"), st.integers(0, 9)),
    st.tuples(st.just("spend"), st.integers(1, 2_000)),
    st.tuples(st.just("correct"), st.integers(-500, 500).filter(bool)),
    st.tuples(st.just("rate"), st.sampled_from(["0", "0.3333", "1", "2.5"])),
    st.tuples(st.just("again"), st.integers(0, 9)),
)


def floor(value):
    return int(value.to_integral_value(rounding=ROUND_FLOOR))


@dataclass
class Model:
    """What a member should hold, by the rules on one page."""

    points: int = 0
    debt: int = 0
    growth: int = 0
    rate: Decimal = Decimal(1)
    orders: list = field(default_factory=list)  # [what was sent, rate, refunded]
    sent: list = field(default_factory=list)

    def gain(self, amount):
        paid = min(self.debt, amount)
        self.debt -= paid
        self.points += amount - paid

    def order(self, new):
        self.orders.append([new, self.rate, Decimal(0)])
        self.gain(floor(new.amount * self.rate))
        self.growth += floor(new.amount)

    def refund(self, place, amount):
        new, rate, before = self.orders[place]
        if amount <= 0 or before + amount > new.amount:
            return False
        left = new.amount - before
        taken = floor(left * rate) - floor((left - amount) * rate)
        self.growth -= floor(left) - floor(left - amount)
        self.debt += max(0, taken - self.points)
        self.points = max(0, self.points - taken)
        self.orders[place][2] += amount
        return True

    @property
    def rank(self):
        return sum(self.growth >= threshold for threshold in (1_000, 5_000, 20_000))


class Play:
    """One random history, told to the services and to the model."""

    def __init__(self):
        self.store, self.till = make_shop()
        self.member, self.model, self.n = make_member(), Model(), 0
        self.book = book_of(self.store.brand)

    def step(self, word, *given):
        self.n += 1
        getattr(self, word.replace(" ", "_"))(*given)

    def order(self, amount):
        self.orders([amount])

    def orders(self, amounts):
        news = [new_order(self.store, self.till, self.member, amount=amount) for amount in amounts]
        done = orders.settle_many(news, now=LATER)
        assert {each.status for each in done} == {Status.CREATED}
        for new in news:
            self.model.order(new)
            self.model.sent.append((orders.settle, new))

    def refund(self, place, percent):
        if self.model.orders:
            new, _, _ = self.model.orders[place % len(self.model.orders)]
            self.give_back(place % len(self.model.orders), (new.amount * percent / 100).quantize(Decimal("0.01")))

    def refund_all(self, place):
        if self.model.orders:
            new, _, refunded = self.model.orders[place % len(self.model.orders)]
            self.give_back(place % len(self.model.orders), new.amount - refunded)

    def give_back(self, place, amount):
        back = new_refund(self.model.orders[place][0], amount=amount)
        took = self.model.refund(place, amount)
        assert (orders.refund(back, now=LATER).status == Status.CREATED) == took
        if took:
            self.model.sent.append((orders.refund, back))

    def spend(self, amount):
        self.move(lambda account: points.spend(account, amount, idem=f"{self.till.pk}:{self.n}", at=NOON), -amount)

    def correct(self, amount):
        cause = f"{self.till.pk}:{self.n}"
        self.move(lambda account: points.adjust(account, amount, idem=cause, at=NOON, reason="x", by=None), amount)

    def move(self, act, amount):
        with transaction.atomic():
            account = points.lock(self.member, self.book)
            if amount < 0 and self.model.points < -amount:
                with pytest.raises(points.NotEnoughPoints):
                    act(account)
                return
            act(account)
        if amount > 0:
            self.model.gain(amount)
        else:
            self.model.points += amount

    def rate(self, rate):
        self.model.rate = Decimal(rate)
        Program.objects.filter(brand=self.store.brand).update(points_per_yuan=rate)

    def again(self, place):
        if self.model.sent:
            door, sent = self.model.sent[place % len(self.model.sent)]
            assert door(sent, now=LATER).status == Status.DUPLICATE

    def agree(self):
        assert reconcile.drifts([self.member.pk]) == []
        if self.model.orders:
            assert held(self.member, self.store.brand) == (self.model.points, self.model.growth, self.model.debt)
            assert Standing.objects.get(member=self.member).tier.rank == self.model.rank


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, min_size=3, max_size=14))
def test_any_history_of_orders_refunds_spends_and_corrections_agrees_with_the_model(db, steps):
    play = Play()
    for step in steps:
        play.step(*step)
    play.agree()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(CENTS.filter(bool), st.sampled_from(["0.3333", "1", "2.5"]), st.lists(st.integers(1, 99), max_size=6))
def test_refunds_in_any_steps_take_back_exactly_what_was_earned(amount, rate, percents):
    """Pure arithmetic: whatever the steps, the last cent takes the last point."""
    done, taken = Decimal(0), 0
    for percent in [*percents, 100]:
        after = amount if percent == 100 else min(amount, done + (amount * percent / 100).quantize(Decimal("0.01")))
        taken += earning.take_back(amount, before=done, after=after, rate=Decimal(rate))
        done = after
    assert taken == floor(amount * Decimal(rate))
