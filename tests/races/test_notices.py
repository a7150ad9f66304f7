"""The same notice in eight hands, and eight readers at one inbox: it is stored once and dealt with once."""

import threading

import pytest
from django.db import connection

from stores.models import Channel, Notice
from stores.services import notices, platforms
from tests.factories import NOON
from tests.fakes.voices import BY_PLATFORM
from tests.races.hands import at_once, errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PAY = BY_PLATFORM["wechat_pay"]
AT = NOON.timestamp()


@pytest.fixture
def channel():
    made = Channel.objects.create(
        code="pay", name="pay", kind="payment", platform="wechat_pay", settings=PAY.settings, created_at=NOON
    )
    for name, value in PAY.secrets.items():
        platforms.set_secret(made, name, value, by=None, now=NOON)
    return made


def eight_tell(channel):
    calls = [PAY.tell(AT, 1) for _ in range(8)]
    return at_once(lambda n: notices.receive(channel, calls[n], now=NOON).status)


def test_eight_copies_of_one_notice_are_one(channel):
    assert eight_tell(channel) == [204] * 8
    assert Notice.objects.get().repeats == 7


@pytest.fixture
def _no_unique_key(monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stores_notice DROP CONSTRAINT notice_once")
    monkeypatch.setattr(notices, "STORE", notices.STORE.split("ON CONFLICT")[0])
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE stores_notice")
        cursor.execute("ALTER TABLE stores_notice ADD CONSTRAINT notice_once UNIQUE (channel_id, key)")


@pytest.mark.usefixtures("_no_unique_key")
def test_without_the_unique_key_eight_copies_are_eight(channel):
    eight_tell(channel)
    assert Notice.objects.count() == 8


def eight_read(channel, *, meet=None):
    for number in range(10):
        notices.receive(channel, PAY.tell(AT + number, number, f"T{number % 3}", sent=AT), now=NOON)
    seen, lock = [], threading.Lock()

    def handle(opened, *, now):
        if meet:
            meet()
        with lock:
            seen.append((opened.content["resource"]["out_trade_no"], opened.happened_at))

    results = at_once(lambda n: notices.deal_with({PAY.says: handle}, now=NOON), 8)
    while notices.deal_with({PAY.says: handle}, now=NOON):
        pass
    assert not errors(results)
    return seen


def test_eight_readers_deal_with_each_notice_once_and_in_the_order_of_its_subject(channel):
    seen = eight_read(channel)
    assert len(seen) == len(set(seen)) == 10
    for order in ("T0", "T1", "T2"):
        moments = [at for name, at in seen if name == order]
        assert moments == sorted(moments)


def test_without_the_lock_readers_deal_with_the_same_notice(channel, monkeypatch):
    def unlocked(now):
        return Notice.objects.filter(state=0, due_at__lte=now).order_by("happened_at", "pk")

    monkeypatch.setattr(notices, "waiting", unlocked)
    together = threading.Barrier(2)

    def meet():
        try:
            together.wait(timeout=2)
        except threading.BrokenBarrierError:
            return

    assert len(eight_read(channel, meet=meet)) > 10
