"""Joining by following a store's code, and by paying with the brand's card."""

from datetime import timedelta
from decimal import Decimal

import pytest

from campaigns.services import hearing
from loyalty.models import Coupon, Entry
from loyalty.services import joining, matching
from loyalty.services.matching import Shown
from members.models import Consent, Event, Identity, Member, Order, StoreBinding
from members.services.prospects import Seen
from stores.models import Channel, Notice
from stores.services import notices
from tests.factories import NOON, make_staff, make_store
from tests.fakes.voices import BY_PLATFORM
from tests.loyalty.coupons import make_template
from tests.members.test_signals import connect
from tests.web.h5.shoppers import make_code

AT = NOON.timestamp()
OPENID, CARD = Identity.Kind.OPENID, Identity.Kind.CARD
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def code():
    store = make_store(code="S00001")
    make_template(store.brand, is_welcome=True)
    return make_code(store, kind="associate", associate=make_staff(store))


def follow(code, number=1, subject="reader-1", *, joins="yes", event="subscribe"):
    channel = Channel.objects.filter(platform="wechat").first() or connect(BY_PLATFORM["wechat"])
    channel.settings["joins"] = joins
    channel.save()
    key = f"qrscene_{code.public}" if event == "subscribe" else code.public
    arrival = BY_PLATFORM["wechat"].tell(AT + number, number, subject, kind=event, extra={"EventKey": key})
    assert notices.receive(channel, arrival, now=NOON).status == 200
    hearing.read_notices(now=LATER)
    return channel


def test_a_follow_by_a_stores_code_makes_a_prospect_who_belongs_to_store_and_associate(code):
    follow(code, joins="")

    person = Member.people.get()
    assert person.is_prospect
    assert (person.home_store, person.associate) == (code.store, code.associate)
    assert not Consent.objects.exists()
    assert not Coupon.objects.exists()


def test_where_following_is_joining_it_makes_one_member_and_asks_nothing_about_offers(code):
    channel = follow(code)
    follow(code, 2)
    follow(code, 3, event="SCAN")

    member = Member.objects.get()
    assert (member.joined_code, member.joined_channel, member.home_store) == (code, channel, code.store)
    assert member.associate == code.associate
    assert list(Consent.objects.values_list("purpose", "is_given", "method")) == [("membership", True, "follow")]
    assert (Coupon.objects.count(), StoreBinding.objects.count()) == (1, 1)
    assert Event.objects.filter(kind="member.joined").count() == 1


def test_a_follow_without_a_code_joins_nobody():
    channel = connect(BY_PLATFORM["wechat"])
    Channel.objects.update(settings=channel.settings | {"joins": "yes"})
    assert notices.receive(channel, BY_PLATFORM["wechat"].tell(AT, extra={"EventKey": ""}), now=NOON).status == 200
    hearing.read_notices(now=LATER)
    assert Member.people.get().is_prospect


def test_who_follows_and_joins_by_phone_later_is_one_member_with_one_gift(code):
    follow(code)
    words = {"agrees": True, "wants_offers": False, "language": "en"}
    by_phone = joining.join("16900001234", code=code, now=LATER, **words).member
    assert Coupon.objects.filter(template__is_welcome=True).count() == 2, "two records as yet"

    met = matching.meet([Shown(matching.PHONE, "16900001234"), Shown(OPENID, "wx0000000000000000:reader-1")], now=LATER)

    assert met.merge
    again = joining.join("16900001234", code=code, now=LATER + timedelta(days=1), **words)
    assert (again.member, again.coupon) == (met.member, None)
    assert Member.objects.get() == met.member != by_phone


# --- paying ----------------------------------------------------------------------------------------------
def pay(attach, number=1, subject="T1", **more):
    channel = Channel.objects.filter(platform="wechat_pay").first() or connect(BY_PLATFORM["wechat_pay"])
    extra = {"attach": attach, "appid": "wx9"} | more
    assert (
        notices.receive(channel, BY_PLATFORM["wechat_pay"].tell(AT, number, subject, extra=extra), now=NOON).status
        < 300
    )
    hearing.read_notices(now=LATER)
    return channel


def test_paying_with_the_brands_card_makes_a_member_whose_first_order_earns(code):
    channel = pay(f"store=S00001;card=K-77;code={code.public}")
    pay(f"store=S00001;card=K-77;code={code.public}")

    member = Member.objects.get()
    assert (member.joined_channel, member.joined_code, member.home_store) == (channel, code, code.store)
    assert set(member.identities.values_list("kind", "value", "is_verified")) == {
        (OPENID, "wx9:o-T1", True), (CARD, f"{code.store.brand.code}:K-77", True)
    }  # fmt: skip
    order = Order.objects.get()
    assert (order.member, order.number, order.amount, order.store) == (member, "T1", Decimal("9.90"), code.store)
    assert Entry.objects.filter(book__asset="points").count() == 1
    assert list(Consent.objects.values_list("purpose", "is_given", "method")) == [("membership", True, "pay")]
    assert Coupon.objects.count() == 1


def test_paying_without_the_card_makes_a_prospect_with_an_order_that_earns_nothing(code):
    pay("store=S00001")

    order = Order.objects.get()
    assert (order.member, order.prospect) == (None, Member.people.get())
    assert not Entry.objects.exists()


@pytest.mark.parametrize("attach", ["", "hello", "store=", "card=K-77", "store=S00001;trade"])
def test_a_payment_that_names_no_store_is_a_fact_and_no_order(attach, code):
    pay(attach, trade_state="SUCCESS" if attach != "store=S00001;trade" else "CLOSED")

    assert Event.objects.filter(kind="payment.made").count() == 1
    assert not Order.objects.exists()


def test_a_payment_at_a_store_nobody_knows_waits_for_a_replay(code):
    pay("store=S00404;card=K-77")

    assert Notice.objects.get().reason == "unknown_store: S00404"
    assert not Member.everyone.exists()


def test_a_member_who_pays_stays_the_same_member(code):
    known = matching.meet([Shown(OPENID, "wx9:o-T1")], now=NOON, seen=Seen(NOON)).member
    pay("store=S00001;card=K-77")
    pay("store=S00001;card=K-77", 2, "T2", payer={"openid": "o-T1"})

    assert Member.objects.get() == known
    assert Order.objects.filter(member=known).count() == 2
    assert Coupon.objects.count() == 1
