"""From a scanned code to a card, and everything that may go wrong on the way."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from loyalty.models import CouponTemplate
from loyalty.services import programs
from members.models import Consent, Member, OneTimeCode, StoreBinding
from members.services import consent
from stores.models import Brand, CodeScan
from stores.services import codes
from tests.factories import NOON, make_brand, make_member, make_phone, make_region, make_store

from .shoppers import ask, join, make_code, prove, shown_code

PHONE = "16900001234"


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.DEMO = True


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def speak(client, language):
    client.cookies["django_language"] = language
    return client


# --- the page of the code ------------------------------------------------------------------------------
@pytest.mark.row("000-46")
@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", ["青禾", "西湖店", "文三路 1 号"]), ("en", ["Qinghe", "West Lake", "文三路 1 号"])],
)
def test_the_page_names_brand_store_and_address_before_anything_is_asked(client, language, words):
    brand = make_brand(name="青禾", name_en="Qinghe")
    code = make_code(make_store(make_region(brand), name="西湖店", name_en="West Lake", address="文三路 1 号"))

    page = speak(client, language).get(f"/c/{code.public}").content.decode()

    assert all(word in page for word in words)


def test_the_page_tells_what_joining_gives_while_there_is_some(client):
    code = make_code()
    program = programs.ensure(code.store.brand, now=NOON)
    gift = CouponTemplate.objects.create(
        program=program, name="见面礼", name_en="Gift", kind="amount", value=12, is_welcome=True, stock=1
    )
    assert "¥12" in client.get(f"/c/{code.public}").content.decode()

    CouponTemplate.objects.filter(pk=gift.pk).update(stock=0)

    assert "¥12" not in client.get(f"/c/{code.public}").content.decode()


def test_opening_the_page_counts_one_scan_an_hour_and_changes_nothing_else(client, clock):
    code = make_code()

    for _ in range(3):
        assert client.get(f"/c/{code.public}").status_code == 200
    client.head(f"/c/{code.public}")
    client.get(f"/c/{code.public}", headers={"Sec-Purpose": "prefetch"})
    assert CodeScan.objects.filter(code=code).count() == 1

    clock.shift(timedelta(hours=1))
    client.get(f"/c/{code.public}")
    assert CodeScan.objects.filter(code=code).count() == 2
    assert Member.objects.count() == OneTimeCode.objects.count() == 0


@pytest.mark.parametrize("path", ["code", "terms"])
def test_the_later_pages_opened_first_lead_back_to_the_beginning(client, path):
    code = make_code()

    assert client.get(f"/c/{code.public}/{path}")["Location"] == f"/c/{code.public}"
    assert client.post(f"/c/{code.public}/{path}", {"agrees": "yes", "code": "1"})["Location"] == f"/c/{code.public}"
    assert Member.objects.count() == 0


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_forged_code_explains_itself_and_counts_nothing(client, language):
    code = make_code()
    speak(client, language)
    last = "A" if code.public[-1] != "A" else "B"

    for forged in (code.public[:-1] + last, "AAAAAAAAAAAA", "x", "0" * 12, "%3Cscript%3E"):
        for method in (client.get, client.post):
            response = method(f"/c/{forged}")
            assert response.status_code == 404
            assert b"m-steps" in response.content
    assert CodeScan.objects.count() == 0


def test_a_misshapen_code_asks_the_database_nothing_about_codes(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/c/too-short").status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_revoked_code_says_so_on_every_page_and_names_stores_nearby(client, language):
    region = make_region()
    code = make_code(make_store(region, city="杭州"))
    other = make_store(region, city="杭州", name="邻居店", name_en="Neighbour")
    codes.revoke(code, by=None, now=NOON, reason="stolen")

    for path in ("", "/code", "/terms", "/near"):
        response = speak(client, language).get(f"/c/{code.public}{path}")
        assert response.status_code == 410
        page = response.content.decode()
        assert "2026-03-04" in page
        assert (other.name if language == "zh-hans" else other.name_en) in page
    assert client.post(f"/c/{code.public}", {"phone": PHONE}).status_code == 410
    assert OneTimeCode.objects.count() == 0


def test_a_closed_store_takes_no_members(client):
    code = make_code()
    code.store.closed_on = NOON.date()
    code.store.save(update_fields=["closed_on"])

    response = client.post(f"/c/{code.public}", {"phone": PHONE})

    assert response.status_code == 410
    assert "2026-03-04" in response.content.decode()


def test_the_wrong_store_page_lists_open_stores_of_the_brand_by_distance(client):
    region = make_region()
    code = make_code(make_store(region, latitude=30.0, longitude=120.0))
    for name, latitude in (("远店", 30.5), ("近店", 30.01)):
        make_store(region, name=name, name_en=name, latitude=latitude, longitude=120.0)
    make_store(region, name="关店", name_en="关店", closed_on=NOON.date())
    make_store(name="别家", name_en="别家")

    page = client.get(f"/c/{code.public}/near").content.decode()

    assert page.index("近店") < page.index("远店")
    assert "1.1" in page
    assert "关店" not in page
    assert "别家" not in page


# --- the phone -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["", "12", "not a phone", "12345678901", "<script>"])
def test_what_is_no_phone_is_refused_beside_the_field(client, typed):
    response = client.post(f"/c/{make_code().public}", {"phone": typed})

    assert response.status_code == 422
    assert b'aria-invalid="true"' in response.content
    assert OneTimeCode.objects.count() == 0


def test_the_same_page_follows_for_a_member_and_for_a_stranger(client):
    code = make_code()
    make_member(phone=PHONE)

    known, unknown = (Client().post(f"/c/{code.public}", {"phone": phone}) for phone in (PHONE, "16900004321"))

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_asking_again_too_early_keeps_the_code_that_was_sent(client, clock):
    code = make_code()
    digits = ask(client, code, PHONE)

    again = client.post(f"/c/{code.public}", {"phone": PHONE})

    assert again["Location"] == f"/c/{code.public}/code"
    assert OneTimeCode.objects.count() == 1
    assert client.post(f"/c/{code.public}/code", {"code": digits}).status_code == 302


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_somebody_elses_browser_is_told_when_this_phone_may_be_asked_again(clock, language):
    code = make_code()
    ask(Client(), code, PHONE)

    response = speak(Client(), language).post(f"/c/{code.public}", {"phone": PHONE})

    assert response.status_code == 422
    assert "12:01:00" in response.content.decode()


def test_a_bomber_with_fresh_browsers_is_stopped_by_the_network_cap(clock):
    code = make_code()
    answers = [Client().post(f"/c/{code.public}", {"phone": f"1690000{n:04d}"}).status_code for n in range(63)]

    assert answers.count(302) == 60
    assert answers[60:] == [422] * 3
    assert OneTimeCode.objects.count() == 60


def test_a_forged_forwarded_address_does_not_open_a_fresh_cap(clock):
    code = make_code()
    for n in range(60):
        Client().post(f"/c/{code.public}", {"phone": f"1690000{n:04d}"})

    response = Client().post(f"/c/{code.public}", {"phone": "16900009999"}, headers={"X-Forwarded-For": "192.0.2.77"})

    assert response.status_code == 422


def test_without_the_demo_the_page_never_shows_the_code(client, settings):
    settings.DEMO = False
    code = make_code()

    page = client.get(client.post(f"/c/{code.public}", {"phone": PHONE})["Location"]).content.decode()

    assert "m-demo" not in page


# --- the six digits ------------------------------------------------------------------------------------
def test_the_field_takes_codes_from_the_keyboard_of_the_phone_and_from_the_clipboard(client):
    code = make_code()
    digits = ask(client, code, PHONE)
    page = client.get(f"/c/{code.public}/code").content.decode()

    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page
    assert client.post(f"/c/{code.public}/code", {"code": f" {digits[:3]} {digits[3:]}"}).status_code == 302


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_wrong_codes_are_refused_and_the_sixth_try_is_too_late(client, clock, language):
    code = make_code()
    digits = ask(speak(client, language), code, PHONE)
    wrong = f"{(int(digits) + 1) % 10**6:06d}"

    for _ in range(5):
        assert client.post(f"/c/{code.public}/code", {"code": wrong}).status_code == 422
    late = client.post(f"/c/{code.public}/code", {"code": digits})

    assert late.status_code == 422
    assert b"m-error" in late.content
    assert Member.objects.count() == 0


def test_an_expired_code_is_refused(client, clock):
    code = make_code()
    digits = ask(client, code, PHONE)
    clock.shift(timedelta(minutes=5))

    assert client.post(f"/c/{code.public}/code", {"code": digits}).status_code == 422


def test_a_used_code_is_no_use_to_anybody(client, clock):
    code = make_code()
    digits = ask(client, code, PHONE)
    client.post(f"/c/{code.public}/code", {"code": digits})
    clock.shift(timedelta(minutes=10))

    assert client.post(f"/c/{code.public}/code", {"code": digits})["Location"] == f"/c/{code.public}"
    assert Client().post(f"/c/{code.public}/code", {"code": digits})["Location"] == f"/c/{code.public}"


def test_a_code_of_another_browser_opens_nothing(client, clock):
    code = make_code()
    digits = ask(client, code, PHONE)
    thief = Client()
    clock.shift(timedelta(minutes=1))
    ask(thief, code, PHONE)

    assert thief.post(f"/c/{code.public}/code", {"code": digits}).status_code == 422


# --- consents and the card -----------------------------------------------------------------------------
def test_joining_ends_on_the_card_with_consents_as_ticked(client):
    code = make_code()
    prove(client, code, PHONE)
    page = client.get(f"/c/{code.public}/terms").content.decode()
    assert " checked" not in page

    done = client.post(f"/c/{code.public}/terms", {"agrees": "yes", "name": "王小明"})

    assert done["Location"] == "/m/"
    member = Member.objects.get()
    assert (member.home_store, member.name) == (code.store, "王小明")
    assert {c.purpose: c.is_given for c in Consent.objects.all()} == {"membership": True, "marketing": False}
    assert Consent.objects.filter(address="127.0.0.1").count() == 2
    card = client.get("/m/").content.decode()
    assert member.number in card
    assert PHONE not in card


def test_without_the_first_box_nobody_joins_and_the_second_keeps_its_tick(client):
    code = make_code()
    prove(client, code, PHONE)

    response = client.post(f"/c/{code.public}/terms", {"offers": "yes"})

    assert response.status_code == 422
    assert response.content.decode().count(" checked") == 1
    assert Member.objects.count() == 0


def test_a_double_post_makes_one_member_with_one_consent(client):
    code = make_code()
    join(client, code, PHONE)

    again = client.post(f"/c/{code.public}/terms", {"agrees": "yes"})

    assert again["Location"] == "/m/"
    assert Member.objects.count() == 1
    assert Consent.objects.count() == 2


def test_a_proof_is_worth_ten_minutes(client, clock):
    code = make_code()
    prove(client, code, PHONE)
    clock.shift(timedelta(minutes=10))

    assert client.post(f"/c/{code.public}/terms", {"agrees": "yes"})["Location"] == f"/c/{code.public}"


def test_a_member_who_scans_again_sees_the_card_at_once(client):
    code = make_code()
    join(client, code, PHONE)

    response = client.get(f"/c/{code.public}")

    assert response.status_code == 200
    assert Member.objects.get().number in response.content.decode()


def test_a_member_on_a_new_phone_needs_no_consents_again(client):
    code = make_code()
    join(Client(), code, PHONE)
    OneTimeCode.objects.all().delete()

    assert prove(client, code, PHONE)["Location"] == "/m/"
    assert client.get("/m/").status_code == 200


def test_opening_another_stores_code_moves_nobody_and_checking_in_follows_the_rule(client):
    region = make_region(make_brand(binding=Brand.Binding.LAST))
    here, there = make_code(make_store(region)), make_code(make_store(region))
    join(client, here, PHONE)

    page = client.get(f"/c/{there.public}").content.decode()
    assert "data-visit" in page
    assert Member.objects.get().home_store == here.store

    client.post(f"/c/{there.public}/visit")
    assert Member.objects.get().home_store == there.store
    assert StoreBinding.objects.count() == 2
    assert "data-visit" not in client.get(f"/c/{there.public}").content.decode()


def test_checking_in_as_nobody_leads_to_the_beginning(client):
    code = make_code()

    assert client.post(f"/c/{code.public}/visit")["Location"] == f"/c/{code.public}"


def test_a_member_of_another_brand_is_asked_for_consent_only(client):
    first, second = make_code(), make_code()
    join(client, first, PHONE)

    assert client.get(f"/c/{second.public}")["Location"] == f"/c/{second.public}/terms"
    assert client.post(f"/c/{second.public}/terms", {"agrees": "yes"})["Location"] == "/m/"
    assert Member.objects.count() == 1


@pytest.fixture
def imported():
    """A code, and a member of its brand whom a file brought: enrolled, but never asked."""
    code = make_code()
    member = make_member(phone=PHONE, home_store=code.store)
    program = programs.ensure(code.store.brand, now=NOON)
    programs.enrol_many([member.pk], program, at=NOON)
    CouponTemplate.objects.create(program=program, name="新人券", kind="amount", value=10, is_welcome=True)
    return code, member


def test_a_member_from_a_file_agrees_to_the_terms_and_gets_the_welcome_once(client, imported):
    code, member = imported

    assert prove(client, code, PHONE)["Location"] == f"/c/{code.public}/terms"
    assert client.get("/m/")["Location"] == "/m/sign-in"
    for _ in range(2):
        assert client.post(f"/c/{code.public}/terms", {"agrees": "yes"})["Location"] == "/m/"

    assert Consent.objects.get(member=member, purpose="membership").is_given
    assert member.coupons.count() == 1
    assert client.get(f"/c/{code.public}").status_code == 200


def test_a_member_who_took_the_consent_back_is_asked_again(client):
    code = make_code()
    join(client, code, PHONE)
    member = Member.objects.get()
    consent.withdraw(member, "membership", method="card", now=NOON + timedelta(days=9999))

    assert client.get(f"/c/{code.public}")["Location"] == f"/c/{code.public}/terms"


def test_a_member_from_a_file_sees_the_terms_before_the_card(client, imported):
    _code, member = imported
    page = client.get(client.post("/m/sign-in", {"phone": PHONE})["Location"])

    assert client.post("/m/sign-in/code", {"code": shown_code(page)})["Location"] == "/m/terms"
    assert client.get("/m/")["Location"] == "/m/sign-in"
    assert client.post("/m/terms", {"offers": "yes"}).status_code == 422
    assert client.get("/m/terms").status_code == 200
    assert client.post("/m/terms", {"agrees": "yes"})["Location"] == "/m/"

    assert Consent.objects.get(member=member, purpose="membership").is_given
    assert client.get("/m/").status_code == 200


def test_a_post_without_the_token_of_the_form_is_refused():
    strict = Client(enforce_csrf_checks=True)
    code = make_code()

    assert strict.post(f"/c/{code.public}", {"phone": PHONE}).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_card_asks_the_same_number_of_questions(client, django_assert_num_queries, count):
    code = make_code()
    program = programs.ensure(code.store.brand, now=NOON)
    join(client, code, PHONE)
    member = Member.objects.get()
    for n in range(count):
        template = CouponTemplate.objects.create(program=program, name=f"券{n}", kind="amount", value=1)
        member.coupons.create(
            template=template,
            code=f"ABCDEFGH234{n}",
            source=f"s{n}",
            issued_at=NOON,
            expires_at=NOON + timedelta(days=999),
        )
    client.get("/m/")

    with django_assert_num_queries(11):
        client.get("/m/")


def test_names_that_look_like_code_stay_text(client):
    code = make_code(make_store(name="<script>alert(1)</script>", name_en=""))

    join(client, code, make_phone(), name="<img src=x onerror=alert(1)>")

    page = client.get("/m/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_text_message_that_fails_is_said_and_leads_nowhere(client, settings):
    settings.SMS_CONNECTOR = "console"
    settings.DEMO_NUMBERS_BLOCK_SEND = True
    code = make_code()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stores.connectors.console.connector.ConsoleConnector.is_local", False)
        response = client.post(f"/c/{code.public}", {"phone": PHONE})

    assert response.status_code == 422
    assert b"m-error" in response.content


# --- taps that come twice, and names that are not what they seem --------------------------------------
def test_a_second_tap_on_the_right_code_goes_on_to_the_terms(client):
    code = make_code()
    digits = ask(client, code, PHONE)

    answers = [client.post(f"/c/{code.public}/code", {"code": digits})["Location"] for _ in range(3)]

    assert answers == [f"/c/{code.public}/terms"] * 3


def test_a_tap_that_was_read_before_its_twin_proved_the_phone_goes_on_too(client):
    code = make_code()
    digits = ask(client, code, PHONE)
    key = client.cookies["member"].value
    before = SessionStore(key).load()
    client.post(f"/c/{code.public}/code", {"code": digits})
    proved = SessionStore(key).load()["proven"]

    reads, load = iter([before]), SessionStore.load  # what the twin had read, then what stands there now

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SessionStore, "load", lambda store: next(reads, None) or load(store))
        answer = client.post(f"/c/{code.public}/code", {"code": digits})

    assert proved["phone"] == PHONE
    assert answer.headers.get("Location") == f"/c/{code.public}/terms"


def test_a_used_code_proves_nothing_in_another_browser(client):
    code = make_code()
    digits = ask(client, code, PHONE)
    client.post(f"/c/{code.public}/code", {"code": digits})
    thief = Client()
    thief.cookies["visitor"] = client.cookies["visitor"].value
    OneTimeCode.objects.update(sent_at=NOON - timedelta(days=1))
    ask(thief, code, PHONE)

    assert thief.post(f"/c/{code.public}/code", {"code": digits}).status_code == 422
    assert thief.post(f"/c/{code.public}/terms", {"agrees": "yes"})["Location"] == f"/c/{code.public}"
    assert not Member.objects.exists()


def test_two_tabs_with_two_phones_join_with_the_one_that_was_asked_last(client):
    code = make_code()
    first, second = ask(client, code, PHONE), ask(client, code, "16900005678")

    assert client.post(f"/c/{code.public}/code", {"code": first}).status_code == 422
    assert client.post(f"/c/{code.public}/code", {"code": second}).status_code == 302


def test_a_name_keeps_no_line_end_and_no_mark_that_turns_it_round(client):
    join(client, make_code(), PHONE, name="\u202e王\n小\u200b明")

    assert Member.objects.get().name == "王 小明"
