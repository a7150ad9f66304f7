"""Eight tills, one coupon: one winner. Eight campaigns, one stock: exactly as many as there are."""

import threading
from decimal import Decimal

import pytest
from django.db import connections, transaction

from loyalty.models import Coupon, CouponTemplate
from loyalty.rules.redeeming import Refusal
from loyalty.services import coupon_templates as services
from loyalty.services import coupons, redeeming
from loyalty.services.coupons import CannotRedeem, CannotVoid
from members.models import Event
from stores.models import LogEntry
from tests.factories import NOON, make_channel, make_member, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template
from tests.races.hands import HANDS, at_once, errors

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def eight_redeem(**given):
    shop = make_store()
    coupon, tills = make_coupon(make_template(shop.brand)), [make_channel() for _ in range(HANDS)]
    return at_once(
        lambda n: coupons.redeem(
            coupon.code, now=NOON, **{"store": shop, "channel": tills[n], "key": f"K{n}"} | given
        )
    )  # fmt: skip


def traces():
    redeemed = Event.objects.filter(kind="coupon.redeemed").count()
    return redeemed, LogEntry.objects.filter(action="coupon.redeemed").count()


def test_eight_tills_that_redeem_at_once_get_one_winner_and_seven_are_told():
    made = eight_redeem()

    assert sum(not isinstance(one, Exception) for one in made) == 1
    assert [one.reason for one in errors(made) if isinstance(one, CannotRedeem)] == [Refusal.USED] * (HANDS - 1)
    assert traces() == (1, 1)
    assert next(one for one in made if not isinstance(one, Exception)).coupon.redeemed_channel is not None


def test_twin_that_only_looks_before_it_writes_has_several_winners(monkeypatch):
    """Without compare-and-set each till sees the coupon unused, and each takes it."""
    gate = threading.Barrier(HANDS)

    def look_then_write(coupon, till, now, **how):
        if Coupon.objects.get(pk=coupon.pk).redeemed_at is not None:
            return False
        gate.wait(timeout=10)
        Coupon.objects.filter(pk=coupon.pk).update(**how)
        return True

    monkeypatch.setattr(redeeming, "_use_up", look_then_write)

    made = eight_redeem()

    assert sum(not isinstance(one, Exception) for one in made) > 1
    assert traces()[1] > 1


def test_the_same_till_that_sends_its_call_eight_times_at_once_gets_eight_equal_answers():
    made = eight_redeem(channel=make_channel(), key="same")

    assert errors(made) == []
    assert len({one.coupon.pk for one in made}) == 1
    assert sorted(one.is_new for one in made) == [False] * (HANDS - 1) + [True]
    assert traces() == (1, 1)


def test_one_key_for_two_coupons_at_once_redeems_one_of_them():
    shop, till = make_store(), make_channel()
    template = make_template(shop.brand)
    held = [make_coupon(template) for _ in range(2)]

    made = at_once(lambda n: coupons.redeem(held[n % 2].code, store=shop, channel=till, key="K", now=NOON))

    assert Coupon.objects.filter(redeemed_at__isnull=False).count() == 1
    assert {one.reason for one in errors(made)} <= {Refusal.KEY_USED}
    assert traces() == (1, 1)


def test_a_coupon_is_used_or_withdrawn_and_never_both():
    shop, head = make_store(), make_staff()
    template = make_template(shop.brand)
    for _ in range(5):
        coupon = make_coupon(template)

        def act(n, coupon=coupon):
            if n % 2:
                return coupons.void(coupon, by=head, now=NOON, reason="x")
            return coupons.redeem(coupon.code, store=shop, now=NOON)

        made = at_once(act)
        assert len(errors(made)) == HANDS - 1
        assert all(isinstance(one, CannotRedeem | CannotVoid) for one in errors(made))


# --- giving out ----------------------------------------------------------------------------------------
def issue(template, crowd, source):
    with transaction.atomic():
        return coupons.issue_many(template, crowd, source=source, now=NOON)


def test_eight_campaigns_that_issue_at_once_give_out_exactly_the_stock():
    template = make_template(stock=50)
    crowd = [make_member().pk for _ in range(20)]

    made = at_once(lambda n: issue(template, crowd, f"campaign:{n}"))

    assert errors(made) == []
    assert sum(len(one) for one in made) == 50
    assert Coupon.objects.count() == Event.objects.filter(kind="coupon.issued").count() == 50
    assert CouponTemplate.objects.get().stock == 0


def test_twin_that_reads_the_stock_and_writes_it_back_gives_out_too_many(monkeypatch):
    def read_then_write(template, count):
        seen = CouponTemplate.objects.get(pk=template.pk).stock
        taken = min(seen, count)
        CouponTemplate.objects.filter(pk=template.pk).update(stock=seen - taken)
        return taken

    monkeypatch.setattr(coupons, "_take", read_then_write)
    template = make_template(stock=50)
    crowd = [make_member().pk for _ in range(20)]

    at_once(lambda n: issue(template, crowd, f"campaign:{n}"))

    assert Coupon.objects.count() > 50


@pytest.mark.parametrize("stock", [None, 30])
def test_eight_hands_that_issue_for_one_cause_give_each_member_one(stock):
    template = make_template(stock=stock)
    crowd = [make_member().pk for _ in range(20)]

    made = at_once(lambda n: issue(template, crowd if n % 2 else crowd[::-1], "campaign:7:1"))

    assert errors(made) == []
    assert all(one == made[0] for one in made)
    assert Coupon.objects.count() == Event.objects.filter(kind="coupon.issued").count() == 20
    assert CouponTemplate.objects.get().stock == (None if stock is None else 10)


def test_an_editor_waits_for_who_gives_out_and_then_finds_the_value_fixed():
    """Giving out without a limit keeps nobody else waiting but the editor."""
    template, member, head, told = make_template(), make_member(), make_staff(), []

    def editor():
        try:
            services.edit(template, stores=[], stock_seen=None, by=head, now=NOON, value=Decimal(1))
        except Exception as refusal:
            told.append(refusal)
        finally:
            connections.close_all()

    with transaction.atomic():
        coupons.issue_many(template, [member.pk], source="s", now=NOON)
        waiting = threading.Thread(target=editor)
        waiting.start()
        waiting.join(timeout=1)
        assert waiting.is_alive()
    waiting.join(timeout=10)

    assert [type(one) for one in told] == [services.BadTemplate]
    assert CouponTemplate.objects.get(pk=template.pk).value == 10
