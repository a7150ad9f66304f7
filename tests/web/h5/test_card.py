"""The member's card: a code that renews itself, the member's choices, and the way back to it."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as given
from django.contrib.sessions.models import Session
from django.test import Client

from loyalty.models import Coupon, CouponTemplate
from loyalty.services import programs
from members.models import Consent, Member, OneTimeCode
from members.queries import cards
from members.rules import cards as rules
from tests.factories import NOON, make_member, make_staff, make_store

from .shoppers import join, make_code, shown_code

PHONE = "16900001234"


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.DEMO = True


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def holder(client):
    join(client, make_code(), PHONE)
    return client


def test_a_stranger_is_led_to_the_sign_in(client):
    for path in ("/m/", "/m/qr"):
        assert client.get(path)["Location"] == "/m/sign-in"
    for path in ("/m/offers", "/m/leave"):
        assert client.post(path)["Location"] == "/m/sign-in"


def test_the_code_on_the_card_names_the_member_for_a_minute(clock):
    member = make_member()
    token = cards.token(member, now=NOON)

    assert rules.read(token, key=given.SECRET_KEY, now=NOON + timedelta(seconds=60)) == member.number
    with pytest.raises(rules.OldToken):
        rules.read(token, key=given.SECRET_KEY, now=NOON + timedelta(seconds=71))


@pytest.mark.parametrize("place", range(36))
def test_a_changed_sign_in_the_code_is_noticed(place):
    token = rules.make("M0000000422", key="k", now=NOON)
    other = "A" if token[place] != "A" else "B"

    with pytest.raises(rules.BadToken):
        rules.read(token[:place] + other + token[place + 1 :], key="k", now=NOON)


def test_a_code_signed_for_something_else_or_with_another_key_is_refused():
    token = rules.make("M0000000422", key="other", now=NOON)

    for text in (token, "", "QM", token[:-1], "M0000000422"):
        with pytest.raises(rules.BadToken):
            rules.read(text, key="k", now=NOON)


def test_a_code_from_the_future_is_refused():
    with pytest.raises(rules.OldToken):
        rules.read(rules.make("M0000000422", key="k", now=NOON + timedelta(minutes=5)), key="k", now=NOON)


def test_the_picture_renews_itself_and_is_never_cached(holder, clock):
    first = holder.get("/m/qr")
    clock.shift(timedelta(seconds=60))
    second = holder.get("/m/qr")

    assert first["Content-Type"] == "image/svg+xml"
    assert "no-store" in first["Cache-Control"]
    assert first.content != second.content


def test_offers_go_on_and_off(holder):
    for answer, expected in (("yes", True), ("no", False)):
        holder.post("/m/offers", {"wanted": answer})
        latest = Consent.objects.filter(purpose="marketing").order_by("-pk").first()
        assert latest.is_given is expected
        assert latest.method == "card"


def test_logging_out_ends_the_session_on_the_server_too(holder):
    cookie = holder.cookies["member"].value
    holder.post("/m/leave")

    assert not Session.objects.filter(session_key=cookie).exists()
    thief = Client()
    thief.cookies["member"] = cookie
    assert thief.get("/m/").status_code == 302


def test_the_session_gets_a_fresh_key_when_the_member_is_proved(client):
    code = make_code()
    client.post(f"/c/{code.public}", {"phone": PHONE})
    before = client.cookies["member"].value

    OneTimeCode.objects.all().delete()
    join(client, code, PHONE)

    assert client.cookies["member"].value != before


def test_an_invented_cookie_opens_nothing(client):
    client.cookies["member"] = "x" * 32
    client.cookies["visitor"] = "../../etc/passwd"

    assert client.get("/m/").status_code == 302


def test_a_members_session_is_no_staff_session_and_the_other_way_round(holder):
    assert "/accounts/login/" in holder.get("/s/")["Location"]
    staff = Client()
    staff.force_login(make_staff(make_store()))
    assert staff.get("/m/").status_code == 302


def test_a_member_signs_in_on_a_new_phone(client):
    join(Client(), make_code(), PHONE)
    OneTimeCode.objects.all().delete()

    page = client.get(client.post("/m/sign-in", {"phone": PHONE})["Location"])
    done = client.post("/m/sign-in/code", {"code": shown_code(page)})

    assert done["Location"] == "/m/"
    assert Member.objects.get().number in client.get("/m/").content.decode()
    assert client.get("/m/sign-in")["Location"] == "/m/"


def test_a_second_tap_on_the_code_goes_on_to_the_terms(client):
    make_member(phone=PHONE)
    page = client.get(client.post("/m/sign-in", {"phone": PHONE})["Location"])

    answers = [client.post("/m/sign-in/code", {"code": shown_code(page)})["Location"] for _ in range(2)]

    assert answers == ["/m/terms"] * 2


def test_a_stranger_with_a_right_code_becomes_no_member_by_signing_in(client):
    page = client.get(client.post("/m/sign-in", {"phone": PHONE})["Location"])

    answer = client.post("/m/sign-in/code", {"code": shown_code(page)})

    assert answer.status_code == 422
    assert Member.objects.count() == 0
    assert client.get("/m/").status_code == 302


def test_a_code_for_signing_in_is_no_code_for_joining(client):
    code = make_code()
    digits = shown_code(client.get(client.post("/m/sign-in", {"phone": PHONE})["Location"]))

    assert client.post(f"/c/{code.public}/code", {"code": digits})["Location"] == f"/c/{code.public}"


def test_a_member_by_file_without_any_programme_still_has_a_card(client):
    make_member(phone=PHONE)
    page = client.get(client.post("/m/sign-in", {"phone": PHONE})["Location"])
    client.post("/m/sign-in/code", {"code": shown_code(page)})
    client.post("/m/terms", {"agrees": "yes"})

    assert client.get("/m/").status_code == 200


def test_a_member_by_file_who_agrees_on_the_card_finds_the_welcome_coupon_there(client):
    shop = make_store()
    program = programs.ensure(shop.brand, now=NOON)
    CouponTemplate.objects.create(program=program, name="见面礼", kind="amount", value=12, is_welcome=True)
    member = make_member(phone=PHONE, home_store=shop)
    programs.enrol_many([member.pk], program, at=NOON)
    page = client.get(client.post("/m/sign-in", {"phone": PHONE})["Location"])
    client.post("/m/sign-in/code", {"code": shown_code(page)})

    for _ in range(2):  # a double post
        assert client.post("/m/terms", {"agrees": "yes"})["Location"] == "/m/"

    assert Coupon.objects.count() == 1
    assert "见面礼" in client.get("/m/").content.decode()


def test_another_brands_card_is_one_tap_away_and_an_unknown_brand_shows_ones_own(holder):
    first = Member.objects.get().home_store.brand
    second = make_code()
    holder.post(f"/c/{second.public}/terms", {"agrees": "yes"})

    own = holder.get("/m/").content.decode()
    assert f"?brand={second.store.brand.code}" in own
    other = holder.get(f"/m/?brand={second.store.brand.code}").content.decode()
    assert f"?brand={first.code}" in other
    assert holder.get("/m/?brand=nothing").status_code == 200
