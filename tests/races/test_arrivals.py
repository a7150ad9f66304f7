"""One person, told of many times at once: one member, one order, one entry, one gift; each with its twin."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, transaction

from campaigns.services import hearing
from loyalty.models import Coupon, Entry
from loyalty.services import arrivals, joining, programs
from members.models import Identity, Member, Order
from members.services import consent
from stores.models import Channel
from stores.services import notices
from stores.services.notices import Opened
from tests.factories import NOON, make_store
from tests.fakes.voices import BY_PLATFORM
from tests.loyalty.coupons import make_template
from tests.members.test_signals import connect
from tests.races.hands import at_once, errors
from tests.web.h5.shoppers import make_code

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
COPIES, FIFTY = 5, 50


def ground():
    store = make_store(code="S00001")
    make_template(store.brand, is_welcome=True)
    programs.ensure(store.brand, now=NOON)
    consent.ensure_texts(now=NOON)
    return store, connect(BY_PLATFORM["wechat_pay"])


def told():
    return BY_PLATFORM["wechat_pay"].tell(
        NOON.timestamp(), 1, "T1", extra={"attach": "store=S00001;card=K1", "appid": "wx9"}
    )


def figures():
    return SimpleNamespace(
        members=Member.everyone.count(), orders=Order.objects.count(),
        entries=Entry.objects.filter(book__asset="points").count(), gifts=Coupon.objects.count(),
    )  # fmt: skip


ONE = SimpleNamespace(members=1, orders=1, entries=1, gifts=1)


def test_five_copies_of_a_payment_notice_make_one_of_everything():
    _store, channel = ground()
    arrivals_of = [told() for _ in range(COPIES)]

    def copy(number):
        assert notices.receive(channel, arrivals_of[number], now=NOON).status < 300
        return hearing.read_notices(now=NOON)

    assert errors(at_once(copy, COPIES)) == []
    hearing.read_notices(now=NOON)
    assert figures() == ONE


def five_at_once(channel):
    """The same payment dealt with by five hands that know nothing of each other, past the inbox that would stop them."""
    inside = {
        "out_trade_no": "T1", "trade_state": "SUCCESS", "payer": {"openid": "o-1"}, "amount": {"total": 990},
        "attach": "store=S00001;card=K1", "appid": "wx9",
    }  # fmt: skip

    def one(number):
        opened = Opened(channel, arrivals.PAID, f"EV-{number}", NOON, NOON, False, {"resource": inside})
        with transaction.atomic():
            arrivals.hear(opened, now=NOON)

    return at_once(one, COPIES)


def test_five_hands_past_the_inbox_make_one_of_everything_as_well():
    _store, channel = ground()

    assert errors(five_at_once(channel)) == []

    assert figures() == ONE


@pytest.fixture
def _no_unique_keys():
    keys = {
        "members_identity": ("members_identity_pkey", "PRIMARY KEY (kind, value)"),
        "members_order": ("order_once_per_channel", "UNIQUE (channel_id, number)"),
    }
    with connection.cursor() as cursor:
        for table, (name, _shape) in keys.items():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    with connection.cursor() as cursor:
        for table, (name, shape) in keys.items():
            cursor.execute(f"TRUNCATE {table} CASCADE")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {shape}")


@pytest.mark.usefixtures("_no_unique_keys")
def test_without_the_unique_keys_the_same_five_hands_do_not(monkeypatch):
    _store, channel = ground()
    statements = {"members.services.orders": "INSERT_ORDERS"}
    for module, name in statements.items():
        held = __import__(module, fromlist=[name])
        monkeypatch.setattr(held, name, getattr(held, name).replace("ON CONFLICT (channel_id, number) DO NOTHING", ""))

    answers = five_at_once(channel)

    assert errors(answers) or figures() != ONE


def fifty_join():
    code = make_code()
    make_template(code.store.brand, is_welcome=True)
    programs.ensure(code.store.brand, now=NOON)
    consent.ensure_texts(now=NOON)
    words = {"agrees": True, "wants_offers": False, "language": "zh-hans", "now": NOON}

    def one(_number):
        for _try in range(20):  # who waits too long for the lock is asked to try again
            with suppress(OperationalError):
                return joining.join("16900001234", code=code, **words)
        raise AssertionError("never got in")

    return at_once(one, FIFTY)


def test_fifty_who_join_with_one_phone_at_once_become_one_member_with_one_gift():
    answers = fifty_join()

    assert errors(answers) == []
    assert len({answer.member.pk for answer in answers}) == 1
    assert sum(answer.is_new for answer in answers) == 1
    assert (Member.everyone.count(), Identity.objects.count(), Coupon.objects.count()) == (1, 1, 1)


@pytest.mark.usefixtures("_no_unique_keys")
def test_without_the_unique_key_of_identities_fifty_become_several():
    answers = fifty_join()

    assert errors(answers) or Member.everyone.count() > 1
    assert Channel.objects.count() == 0
