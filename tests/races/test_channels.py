"""Five channels at once, and a database that goes away."""

import json
import random
import sys
import threading
import time

import psycopg
import pytest
from django import db
from django.db import close_old_connections, connection, connections, transaction
from django.test import Client

from loyalty.models import Account, Entry, Lot
from loyalty.queries import reconcile
from loyalty.services import points, tiers
from members.models import Order, OrderLine
from members.rules import receipts
from members.services import events
from stores.models import Channel
from stores.services import keys
from tests.factories import NOON, make_channel, make_member
from tests.loyalty.receipts import book_of, held, make_shop, phone_of
from tests.races.hands import at_once, errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
AT = NOON.isoformat()


def post(token, path, body, **headers):
    """One request as a server would run it, with a connection that is looked after before and after."""
    close_old_connections()
    try:
        return Client(raise_request_exception=False).post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {token}"} | headers,
        )  # fmt: skip
    finally:
        close_old_connections()


def key_of(channel):
    return keys.issue(channel, name="till", stores=[], by=None, now=NOON)[1]


def totals():
    """Everything that a replay could move."""
    accounts = Account.objects.order_by("member_id", "book_id")
    return (
        list(accounts.values_list("member_id", "book_id", "balance", "debt", "earned", "spent", "version")),
        Entry.objects.count(), Order.objects.count(), OrderLine.objects.count(), Lot.objects.count(),
    )  # fmt: skip


class Script:
    """What one channel does: 200 events over shared members, drawn beforehand from a seed."""

    def __init__(self, n, store, channel, members, phones):
        self.token, self.draw = key_of(channel), random.Random(n)
        self.n, self.store, self.members, self.phones = n, store, members, phones
        self.book = book_of(store.brand)
        self.steps = [(self.batch, at, self._orders(at)) for at in range(6)]
        self.steps += [(self.refund, at, self.draw.randrange(1, 9_000)) for at in range(40)]
        self.steps += [(self.spend, at, self.draw.randrange(1, 200)) for at in range(20)]
        self.steps += [(self.touch, at, self.draw.randrange(1, 20)) for at in range(20)]

    def _orders(self, at):
        return [
            {
                "number": f"{self.n}-{at * 20 + place}", "store": self.store.code, "paid_at": AT,
                "amount": f"{self.draw.randrange(100, 30_000) / 100:.2f}",
                "member": {"phone": self.draw.choice(self.phones)}, "lines": [{"sku": "A", "amount": "1"}],
            }
            for place in range(20)
        ]  # fmt: skip

    def run(self, *, shuffled):
        steps = list(self.steps)
        if shuffled:
            self.draw.shuffle(steps)
        for act, at, given in steps:
            act(at, given)

    def batch(self, at, sent):
        answer = post(self.token, "/orders/batch", {"orders": sent})
        assert answer.status_code == 200, answer.content

    def refund(self, at, cents):
        body = {"number": f"{self.n}-R{at}", "amount": f"{cents / 100:.2f}", "refunded_at": AT}
        answer = post(self.token, f"/orders/{self.n}-{at * 3}/refunds", body)
        assert answer.status_code in {200, 201, 409}, answer.content

    def spend(self, at, amount):
        self._move(at, lambda account, cause: points.spend(account, amount, idem=cause, at=NOON), "spend")

    def touch(self, at, amount):
        self._move(at, lambda account, cause: points.earn(account, amount, idem=cause, at=NOON), "touch")

    def _move(self, at, act, word):
        member = self.members[at % len(self.members)]
        try:
            with transaction.atomic():
                act(points.lock(member, self.book), f"{word}:{self.n}:{at}")
        except points.NotEnoughPoints:
            assert word == "spend"


@pytest.mark.row("003-13")
def test_five_channels_post_1000_mixed_events_at_once_and_replays_change_nothing():
    """Orders in batches, refunds, spends and touches; then all of it again, in other orders."""
    store, _ = make_shop()
    kinds = [Channel.Kind.APP, Channel.Kind.MALL, Channel.Kind.MINI_PROGRAM, Channel.Kind.POS, Channel.Kind.MARKETPLACE]
    members = [make_member() for _ in range(12)]
    phones = [phone_of(member) for member in members]
    scripts = [
        Script(n, store, make_channel(kind=kind, brand=store.brand), members, phones) for n, kind in enumerate(kinds)
    ]
    assert sum(20 if act == script.batch else 1 for script in scripts for act, _, _ in script.steps) == 1000

    assert errors(at_once(lambda n: scripts[n].run(shuffled=False), count=5)) == []
    first = totals()
    assert reconcile.drifts() == []
    assert first[2] == 600

    _forget_refused_spends(scripts)
    assert errors(at_once(lambda n: scripts[n].run(shuffled=True), count=5)) == []
    assert totals() == first


def _forget_refused_spends(scripts):
    """A spend or refund that was refused is no event: a replay sends what was taken."""
    causes = set(Entry.objects.values_list("idem", flat=True))
    for script in scripts:
        script.steps = [
            step for step in script.steps if step[0] != script.spend or f"spend:{script.n}:{step[1]}" in causes
        ]


# --- the database goes away ----------------------------------------------------------------------------
def order(store, member_phone, number):
    return {
        "number": number, "store": store.code, "amount": "100", "paid_at": AT, "member": {"phone": member_phone},
        "lines": [{"sku": "A", "amount": "100"}],
    }  # fmt: skip


def test_while_the_database_is_away_the_api_answers_503_and_then_goes_on():
    store, till = make_shop()
    member = make_member()
    token, phone = key_of(till), phone_of(member)
    host = connection.settings_dict["HOST"]
    connection.close()

    connection.settings_dict["HOST"] = "/nonexistent"
    try:
        started = time.monotonic()
        away = post(token, "/orders", order(store, phone, "1"), **{"Accept-Language": "en"})
        took = time.monotonic() - started
    finally:
        connection.settings_dict["HOST"] = host
    back = post(token, "/orders", order(store, phone, "1"))

    assert (away.status_code, away["Retry-After"]) == (503, "10")
    assert away.json()["code"] == "unavailable"
    assert "it is taken once" in away.json()["detail"]
    assert took < 3
    assert back.status_code == 201


def test_a_connection_that_dies_in_the_middle_leaves_nothing_half_done(monkeypatch):
    store, till = make_shop()
    member = make_member()
    token, phone = key_of(till), phone_of(member)
    whole = tiers.reevaluate_in

    def die_first(*given, **more):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return whole(*given, **more)

    monkeypatch.setattr(tiers, "reevaluate_in", die_first)
    died = post(token, "/orders", order(store, phone, "1"))
    monkeypatch.undo()
    stored = Order.objects.count(), Entry.objects.count()
    again = post(token, "/orders", order(store, phone, "1"))

    assert (died.status_code, died["Retry-After"]) == (503, "10")
    assert stored == (0, 0)
    assert again.status_code == 201
    assert reconcile.drifts() == []


def kill_this_connection():
    """As an administrator would, from another connection; waits until it is dead."""
    pid, other = connection.connection.info.backend_pid, connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


@pytest.mark.parametrize(("module", "name"), [(receipts, "printable"), (events.json, "dumps")])
def test_a_connection_that_dies_within_a_copy_is_answered_503(monkeypatch, module, name):
    """What COPY raises does not pass through Django's cursor, which gives database errors their Django class."""
    store, till = make_shop()
    member = make_member()
    token, phone = key_of(till), phone_of(member)
    whole, kills = getattr(module, name), []

    def die_first(*given, **more):
        if not kills and sys._getframe(1).f_code.co_name in {"_write_lines", "append_many"}:
            kills.append(kill_this_connection())
        return whole(*given, **more)

    monkeypatch.setattr(module, name, die_first)
    batch = {"orders": [order(store, phone, "1"), order(store, phone, "2")]}  # one order's lines go without a COPY
    died = post(token, "/orders/batch", batch)
    monkeypatch.undo()
    stored = Order.objects.count(), Entry.objects.count()
    again = post(token, "/orders/batch", batch)

    assert len(kills) == 1
    assert (died.status_code, died["Retry-After"]) == (503, "10")
    assert stored == (0, 0)
    assert again.status_code == 200
    assert Order.objects.count() == 2


@pytest.mark.parametrize("kind", [db.OperationalError, db.InterfaceError, psycopg.OperationalError,
                                  psycopg.InterfaceError, psycopg.errors.AdminShutdown])  # fmt: skip
def test_every_word_for_a_lost_database_is_answered_503(monkeypatch, kind):
    store, till = make_shop()
    token, phone = key_of(till), phone_of(make_member())

    def lost(*given, **more):
        raise kind("gone")

    monkeypatch.setattr(tiers, "reevaluate_in", lost)
    answer = post(token, "/orders", order(store, phone, "1"))

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


@pytest.mark.parametrize("kind", [db.DatabaseError, db.IntegrityError, psycopg.DatabaseError])
def test_another_database_error_is_503_only_when_the_connection_is_gone(monkeypatch, kind):
    store, till = make_shop()
    token, phone = key_of(till), phone_of(make_member())

    def fail(*given, **more):
        if gone:
            connection.close()
        raise kind("oh")

    monkeypatch.setattr(tiers, "reevaluate_in", fail)
    gone = False
    ours = post(token, "/orders", order(store, phone, "1"))
    gone = True
    lost = post(token, "/orders", order(store, phone, "1"))

    assert (ours.status_code, lost.status_code) == (500, 503)


def test_tills_that_send_again_after_a_503_lose_and_double_nothing():
    """Connections are killed for three seconds while four tills post; each repeats what was answered 503."""
    store, till = make_shop()
    member = make_member()
    token, phone = key_of(till), phone_of(member)
    until = time.monotonic() + 3
    answers = []

    def kill(_n):
        while time.monotonic() < until:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            time.sleep(0.05)

    def send(n):
        sent = 0
        while time.monotonic() < until or sent == 0:
            number, status = f"{n}-{sent}", 503
            while status == 503:
                status = post(token, "/orders", order(store, phone, number)).status_code
                answers.append(status)
            assert status in {200, 201}
            sent += 1
        return sent

    connections.close_all()
    done = at_once(lambda n: kill(n) if n == 4 else send(n), count=5)

    assert errors(done) == []
    assert 503 in answers
    assert Order.objects.count() == sum(done[:4])
    assert held(member, store.brand)[0] == 100 * sum(done[:4])
    assert reconcile.drifts() == []


def test_the_helpers_of_these_tests_really_run_at_once():
    """A barrier inside the work would hang for ever if the hands took turns."""
    gate = threading.Barrier(3, timeout=5)

    assert errors(at_once(lambda n: gate.wait(), count=3)) == []
