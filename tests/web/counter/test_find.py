"""Finding the member who stands at the till, and nobody else."""

from datetime import timedelta

import pytest
import time_machine

from loyalty.models import CouponTemplate
from loyalty.services import joining, programs
from members.models import Identity
from members.queries import cards
from stores.models import StoreCode
from stores.services import codes
from tests.factories import NOON, make_member, make_order, make_staff, make_store

PHONE = "16900001234"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop():
    return make_store()


@pytest.fixture
def member(shop):
    program = programs.ensure(shop.brand, now=NOON)
    CouponTemplate.objects.create(
        program=program, name="见面礼", name_en="Gift", kind="amount", value=15, is_welcome=True
    )
    code = codes.issue(shop, kind=StoreCode.Kind.STORE, by=None, now=NOON)
    return joining.join(
        PHONE, code=code, agrees=True, wants_offers=False, language="zh-hans", name="王小明", now=NOON
    ).member


@pytest.fixture
def till(client, shop):
    client.force_login(make_staff(shop))
    return client


def find(client, text):
    return client.post("/s/find", {"q": text})


def opened(response) -> str | None:
    found = response.context.get("member") if response.context else None
    return found.number if found else None


@pytest.mark.parametrize(
    "typed", [PHONE, "169 0000 1234", "+86 16900001234", "1234 王", "王 1234", "１６９００００１２３４"]
)
def test_a_member_is_found_by_phone_or_by_last_four_and_name(till, member, typed):
    assert opened(find(till, typed)) == member.number


def test_a_member_is_found_by_number_or_card_number_in_any_case(till, member):
    Identity.objects.create(kind=Identity.Kind.CARD, value="QH-77", member=member, added_at=NOON)

    for typed in (member.number, member.number.lower(), "qh-77"):
        assert opened(find(till, typed)) == member.number


def test_the_small_card_shows_tier_balance_and_coupons_and_hides_the_rest(till, member):
    page = find(till, PHONE).content.decode()

    assert all(word in page for word in ["王*", "169****1234", "¥15"])
    assert PHONE not in page.replace(f'value="{PHONE}"', "")
    assert "王小明" not in page


def test_the_small_card_never_shows_another_brands_holding(client, member):
    other = make_store()
    make_order(other, member=member)
    client.force_login(make_staff(other))

    response = find(client, PHONE)

    assert opened(response) == member.number
    assert response.context["card"] is None
    assert "m-note-warning" in response.content.decode()
    assert "¥15" not in response.content.decode()


def test_a_coupons_code_is_the_members_own_and_not_on_the_staffs_page(till, member):
    assert member.coupons.get().code not in find(till, PHONE).content.decode()


def test_four_digits_alone_find_nobody_and_ask_for_the_name(till, member):
    response = find(till, "1234")

    assert response.status_code == 422
    assert "1234 " in response.content.decode()


@pytest.mark.parametrize("typed", ["", "   ", "x" * 200])
def test_what_cannot_be_looked_for_is_refused(till, typed):
    assert find(till, typed).status_code == 422


@pytest.mark.parametrize("typed", ["%", "_", "' OR 1=1 --", "\\", "王_", "M%"])
def test_wild_signs_are_plain_text(till, member, typed):
    response = find(till, typed)

    assert response.status_code == 200
    assert opened(response) is None


def test_several_hits_are_listed_and_each_opens(till, member, shop):
    make_member(phone="16900005678", name="王大明", home_store=shop)

    response = find(till, "王")

    assert len(response.context["hits"]) == 2
    for hit in response.context["hits"]:
        assert opened(till.get(f"/s/members/{hit.number}")) == hit.number


def test_members_of_other_stores_are_strangers(client, member):
    client.force_login(make_staff(make_store()))

    for typed in (PHONE, "1234 王", member.number):
        response = find(client, typed)
        assert response.status_code == 200
        assert response.context["hits"] == []
    assert client.get(f"/s/members/{member.number}").status_code == 404
    assert client.get("/s/members/nobody").status_code == 404


# --- the code on the member's card ---------------------------------------------------------------------
def test_a_scanned_card_opens_its_member_within_a_minute(till, member, clock):
    token = cards.token(member, now=NOON)

    assert opened(find(till, token)) == member.number
    assert opened(find(till, f" {token.lower()} ")) == member.number
    clock.shift(timedelta(seconds=71))
    late = find(till, token)
    assert late.status_code == 422
    assert opened(late) is None


def test_a_forged_card_opens_nobody(till, member):
    token = cards.token(member, now=NOON)

    response = find(till, token[:-1] + ("A" if token[-1] != "A" else "B"))

    assert response.status_code == 422
    assert opened(response) is None


def test_a_real_card_of_another_store_is_recognised_but_not_opened(client, member):
    client.force_login(make_staff(make_store()))

    response = find(client, cards.token(member, now=NOON))

    assert response.status_code == 422
    assert opened(response) is None
    assert "王*" not in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_a_search_asks_the_same_number_of_questions(till, member, shop, django_assert_num_queries, count):
    for n in range(count):
        make_member(name="赵云", home_store=shop, phone=f"1690000777{n}")
    make_member(name="赵云", home_store=shop, phone="16900008888")
    find(till, "赵")

    with django_assert_num_queries(5):
        find(till, "赵")
