"""The member's own coupons: to use, used, run out; each with its code, and nobody else's."""

from datetime import timedelta

import pytest
import time_machine

from loyalty.services import coupons
from members.models import Identity
from tests.factories import NOON, make_store
from tests.loyalty.coupons import make_coupon, make_template

from .shoppers import join, make_code

PHONE = "16900001234"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.DEMO = True
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop():
    return make_store(name="武林店", name_en="Wulin")


@pytest.fixture
def holder(client, shop):
    join(client, make_code(shop), PHONE)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def member(holder):
    return Identity.objects.get(value=PHONE).member


def coupon(member, shop, columns=None, **given):
    return make_coupon(make_template(shop.brand, **given), member, **(columns or {}))


def read(client, path) -> str:
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_strangers_are_led_to_the_sign_in(client):
    for path in ("/m/coupons", "/m/coupons/1"):
        assert client.get(path)["Location"] == "/m/sign-in"


def test_a_coupon_shows_its_code_in_groups_with_a_qr_and_its_terms(holder, member, shop):
    held = coupon(member, shop, threshold=100, terms="不与其他优惠同享")

    page = read(holder, f"/m/coupons/{held.pk}")

    assert f"{held.code[:4]} {held.code[4:8]} {held.code[8:]}" in page
    assert all(word in page for word in ["<svg", "¥10", "¥100", "不与其他优惠同享", "Every store of"])
    assert "<script" not in page


def test_the_stores_where_it_counts_are_named(holder, member, shop):
    held = coupon(member, shop)
    held.template.stores.add(shop)

    assert "Wulin" in read(holder, f"/m/coupons/{held.pk}")


@pytest.mark.parametrize(
    ("terms", "terms_en", "chinese", "english"),
    [("限堂食", "Eat in only", "限堂食", "Eat in only"), ("限堂食", "", "限堂食", '<span lang="zh-Hans">限堂食</span>'),
     ("", "Eat in only", "", "Eat in only"), ("<b>", "", "&lt;b&gt;", "&lt;b&gt;")],
)  # fmt: skip
def test_conditions_speak_the_readers_language(holder, member, shop, terms, terms_en, chinese, english):
    held = coupon(member, shop, terms=terms, terms_en=terms_en)
    for language, shown, other in (("en", english, ""), ("zh-hans", chinese, terms_en)):
        holder.cookies["django_language"] = language
        for path in ("/m/coupons", f"/m/coupons/{held.pk}"):
            page = holder.get(path).content.decode()
            assert shown in page
            assert not other or other not in page


def test_the_last_day_is_the_day_before_its_midnight(holder, member, shop):
    held = coupon(member, shop, valid_until=NOON.date() + timedelta(days=3))

    assert "until 2026-03-07" in read(holder, f"/m/coupons/{held.pk}")
    assert "until 2026-03-07" in read(holder, "/m/coupons")


def test_used_run_out_and_later_coupons_show_no_code(holder, member, shop):
    used, old = coupon(member, shop), coupon(member, shop, {"expires_at": NOON - timedelta(days=1)})
    later = coupon(member, shop, {"starts_at": NOON + timedelta(days=1)})
    coupons.redeem(used.code, store=shop, now=NOON)

    for held, word in ((used, "Used 2026-03-04 12:00 at Wulin"), (old, "ran out"), (later, "counts from 2026-03-05")):
        page = read(holder, f"/m/coupons/{held.pk}")
        assert word in page
        assert "m-coupon-qr" not in page
        assert held.code[8:] not in page


def test_the_wallet_parts_what_is_to_use_from_what_is_over(holder, member, shop):
    usable, used = coupon(member, shop, name_en="Fresh"), coupon(member, shop, name_en="Spent")
    coupon(member, shop, {"expires_at": NOON - timedelta(days=1)}, name_en="Stale")
    gone = coupon(member, shop, {"voided_at": NOON}, name_en="Gone")
    coupons.redeem(used.code, store=shop, now=NOON)

    fresh, over = read(holder, "/m/coupons").split("Used and run out")

    assert ("Fresh" in fresh, "Spent" in fresh, "Stale" in fresh) == (True, False, False)
    assert ("Fresh" in over, "Spent" in over, "Stale" in over) == (False, True, True)
    assert "Gone" not in fresh + over
    assert holder.get(f"/m/coupons/{gone.pk}").status_code == 404
    assert "Fresh" in read(holder, "/m/")
    assert "Spent" not in read(holder, "/m/")
    assert usable.code not in read(holder, "/m/coupons")


def test_an_empty_wallet_says_so(holder):
    assert "No coupons at the moment" in read(holder, "/m/coupons")


def test_a_strangers_coupon_is_not_found(holder, shop):
    assert holder.get(f"/m/coupons/{make_coupon(make_template(shop.brand)).pk}").status_code == 404
    assert holder.get("/m/coupons/999999").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_wallet_asks_the_same_number_of_questions(holder, member, shop, django_assert_num_queries, count):
    for _ in range(count):
        coupons.redeem(coupon(member, shop).code, store=shop, now=NOON)
        coupon(member, shop)
    holder.get("/m/coupons")

    with django_assert_num_queries(4):
        holder.get("/m/coupons")
