"""The way in: password, throttle, second factor, sessions and their end."""

import time
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from stores.access import Role
from stores.models import Chain, LogEntry, Staff
from stores.queries import demo
from stores.queries import invites as links
from stores.services import second_factor, staff
from tests.factories import NOON, PASSWORD, TOTP_SECRET, make_region, make_staff, make_store

LOGIN, CODE, ACCOUNT = "/accounts/login/", "/accounts/login/code/", "/account/"


def code_now(secret=TOTP_SECRET, *, steps=0) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


def sign_in(client, person, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": person.username, "password": password}, **extra)


@pytest.fixture
def head():
    return make_staff()


# --- password ------------------------------------------------------------------------------------------
def test_store_staff_get_in_with_name_and_password_and_land_on_the_store_phone(client):
    response = sign_in(client, make_staff(make_store()))

    assert (response.status_code, response["Location"]) == (302, "/s/")
    assert LogEntry.objects.filter(action="session.started").count() == 1


@pytest.mark.parametrize(("language", "words"), [("en", "not correct"), ("zh-hans", "不正确")])
def test_a_wrong_password_is_said_without_telling_whether_the_name_exists(client, language, words):
    person = make_staff(make_store())
    client.cookies["django_language"] = language

    known = client.post(LOGIN, {"login": person.username, "password": "wrong wrong wrong"})
    unknown = client.post(LOGIN, {"login": "nobody-here", "password": "wrong wrong wrong"})

    for response in (known, unknown):
        assert words in response.content.decode()
    assert known.content.count(b"en-note-error") == unknown.content.count(b"en-note-error") == 1


@pytest.mark.parametrize(("language", "words"), [("en", "closed for 15 minutes"), ("zh-hans", "15")])
def test_five_wrong_passwords_close_the_door_for_a_quarter_of_an_hour(client, language, words):
    person = make_staff(make_store())
    client.cookies["django_language"] = language
    with time_machine.travel(NOON, tick=False) as clock:
        answers = [sign_in(client, person, "wrong wrong wrong") for _ in range(5)]
        right = sign_in(client, person)

        assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
        assert (right.status_code, right["Retry-After"]) == (429, "900")
        assert words in right.content.decode()
        assert LogEntry.objects.filter(action="session.locked_out", object_id=person.pk).exists()
        clock.shift(timedelta(minutes=15, seconds=1))
        assert sign_in(client, person).status_code == 302


def test_one_persons_lock_does_not_close_the_door_for_others(client):
    loud, calm = make_staff(make_store()), make_staff(make_store())
    for _ in range(6):
        sign_in(client, loud, "wrong wrong wrong")

    assert sign_in(Client(), calm).status_code == 302


def test_a_forged_forwarded_address_does_not_open_a_locked_door(client):
    person = make_staff(make_store())
    for n in range(5):
        sign_in(client, person, "wrong wrong wrong", headers={"X-Forwarded-For": f"203.0.113.{n}"})

    assert sign_in(client, person, headers={"X-Forwarded-For": "203.0.113.99"}).status_code == 429


def test_somebody_who_left_is_told_so_only_with_the_right_password(client, head):
    person = make_staff(make_store(), is_active=False)

    assert sign_in(client, person)["Location"] == "/accounts/inactive/"
    assert sign_in(client, person, "wrong wrong wrong").status_code == 200


def test_pages_of_the_library_that_we_do_not_need_do_not_exist(client):
    for path in ("/accounts/signup/", "/accounts/password/reset/", "/accounts/email/", "/accounts/"):
        assert client.get(path).status_code == 404


# --- first password ------------------------------------------------------------------------------------
def test_a_given_password_opens_only_the_page_that_replaces_it(client, head):
    done = staff.invite("mei", name="梅", role=Role.STORE_MANAGER, nodes=[make_store()], by=head, now=NOON)
    sign_in(client, done.staff, done.password)

    assert client.get(ACCOUNT)["Location"] == "/accounts/password/"
    response = client.post(
        "/accounts/password/",
        {"oldpassword": done.password, "password1": "my dog eats rice", "password2": "my dog eats rice"},
    )
    assert response.status_code == 302
    assert client.get(ACCOUNT).status_code == 200
    done.staff.refresh_from_db()
    assert not done.staff.must_change_password


@pytest.mark.parametrize("bad", ["short", "123456789012345", "password1234", "1q2w3e4r5t6y7u8i", "staffstaff-mei"])
def test_short_common_numeric_and_own_name_passwords_are_refused(client, head, bad):
    done = staff.invite("staffstaff-mei", name="梅", role=Role.ASSOCIATE, nodes=[make_store()], by=head, now=NOON)
    sign_in(client, done.staff, done.password)

    response = client.post("/accounts/password/", {"oldpassword": done.password, "password1": bad, "password2": bad})

    assert response.status_code == 200
    assert b"en-error" in response.content
    done.staff.refresh_from_db()
    assert done.staff.must_change_password


def test_a_new_password_ends_all_other_sessions(client):
    person, other = make_staff(make_store()), Client()
    sign_in(client, person)
    sign_in(other, person)

    client.post(
        "/accounts/password/",
        {"oldpassword": PASSWORD, "password1": "my dog eats rice", "password2": "my dog eats rice"},
    )

    assert client.get(ACCOUNT).status_code == 200
    assert other.get(ACCOUNT)["Location"].startswith(LOGIN)


def test_an_invitation_link_sets_the_first_password_once(client):
    person = make_staff(make_store(), password="!unusable")
    path = f"/accounts/welcome/{links.token(person)}/"

    assert client.get(path).status_code == 200
    short = client.post(path, {"password1": "short", "password2": "short"})
    done = client.post(path, {"password1": "my dog eats rice", "password2": "my dog eats rice"})

    assert (short.status_code, done.status_code) == (422, 302)
    assert client.get(path).status_code == 410
    assert sign_in(client, person, "my dog eats rice").status_code == 302


# --- second factor -------------------------------------------------------------------------------------
def test_headquarters_need_the_code_after_the_password(client, head):
    assert sign_in(client, head)["Location"] == CODE
    assert client.get(ACCOUNT)["Location"].startswith(LOGIN)

    assert client.post(CODE, {"code": code_now()})["Location"] == "/"
    assert client.get(ACCOUNT).status_code == 200


def test_a_wrong_code_opens_nothing_and_many_of_them_close_the_step(client, head):
    sign_in(client, head)

    answers = [client.post(CODE, {"code": "000000" if code_now() != "000000" else "111111"}) for _ in range(5)]
    right = client.post(CODE, {"code": code_now()})

    assert all(answer.status_code == 200 for answer in [*answers, right])
    assert client.get(ACCOUNT)["Location"].startswith(LOGIN)


def test_a_code_opens_once_even_on_another_server(client, head):
    from django.core.cache import cache  # noqa: PLC0415 -- the other server does not share what this one remembers

    with time_machine.travel(NOON, tick=False):
        code = code_now()
        sign_in(client, head)
        assert client.post(CODE, {"code": code}).status_code == 302
        cache.clear()
        thief = Client()
        sign_in(thief, head)

        assert thief.post(CODE, {"code": code}).status_code == 200
        assert thief.get(ACCOUNT)["Location"].startswith(LOGIN)


def test_a_time_step_is_spent_once(head):
    factor = Authenticator.objects.get(user=head)

    assert second_factor.spend(factor, 1000)
    assert not second_factor.spend(Authenticator.objects.get(user=head), 1000)
    assert not second_factor.spend(Authenticator.objects.get(user=head), 999)
    assert second_factor.spend(Authenticator.objects.get(user=head), 1001)


def test_the_secret_rests_encrypted(head):
    assert TOTP_SECRET not in str(Authenticator.objects.get(user=head).data)


@pytest.mark.parametrize("role", sorted(Role.HEADQUARTERS))
def test_headquarters_without_a_second_factor_reach_only_its_enrolment(client, role):
    person = make_staff(role=role, second_factor=False)
    sign_in(client, person)

    for path in ("/", ACCOUNT, "/engine/", "/accounts/recovery-codes/"):
        assert client.get(path)["Location"] == "/accounts/second-factor/", path
    page = client.get("/accounts/second-factor/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    done = client.post("/accounts/second-factor/", {"code": code_now(secret)})
    assert done["Location"] == "/accounts/recovery-codes/"
    assert client.get(ACCOUNT).status_code == 200


def test_a_recovery_code_opens_once(client):
    person = make_staff(role=Role.ANALYST, second_factor=False)
    sign_in(client, person)
    secret = client.get("/accounts/second-factor/").context["form"].secret
    client.post("/accounts/second-factor/", {"code": code_now(secret)})
    codes = client.get("/accounts/recovery-codes/").context["unused_codes"]
    client.post("/accounts/logout/")

    for expected in (302, 200):
        browser = Client()
        sign_in(browser, person)
        assert browser.post(CODE, {"code": codes[0]}).status_code == expected


def test_the_engineers_door_has_no_password_form_of_its_own(client):
    root = make_staff(is_superuser=True)

    answer = client.post("/engine/login/", {"username": root.username, "password": PASSWORD})

    assert answer.status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_day_old_session_is_asked_again_before_recovery_codes_are_made(client):
    person = make_staff(make_store())
    make = "/accounts/recovery-codes/new/"
    with time_machine.travel(NOON, tick=False) as clock:
        sign_in(client, person)
        assert "again" not in client.get(make).get("Location", "")
        clock.shift(timedelta(hours=1))
        assert client.get(make)["Location"].startswith("/accounts/again/")


# --- the demo's help -----------------------------------------------------------------------------------
@pytest.fixture
def demo_chain(settings):
    settings.DEMO = True
    head = make_staff(make_region().brand, role=Role.MARKETER, second_factor=False)
    Chain.objects.update(is_demo=True)
    second_factor.enrol_demo([head])
    return head


def test_a_newcomer_gets_into_the_demo_with_what_the_pages_show(client, demo_chain):
    page = client.get(LOGIN).content.decode()
    assert demo_chain.username in page
    sign_in(client, demo_chain)

    code = client.get(CODE).context["demo_code"]

    assert client.post(CODE, {"code": code}).status_code == 302
    assert client.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("spoil", ["setting", "chain", "second_chain"])
def test_outside_the_demo_no_login_and_no_code_is_ever_shown(client, demo_chain, settings, spoil):
    if spoil == "setting":
        settings.DEMO = False
    elif spoil == "chain":
        Chain.objects.update(is_demo=False)
    else:
        Chain.objects.create(name="真实连锁", is_demo=False)

    page = client.get(LOGIN)
    sign_in(client, demo_chain)
    step = client.get(CODE)

    assert b"en-demo" not in page.content + step.content
    assert settings.DEMO_PASSWORD.encode() not in page.content + step.content
    assert demo.known_secret(demo_chain.username).encode() not in page.content + step.content
    with pytest.raises(second_factor.NotTheDemo):
        second_factor.enrol_demo([demo_chain])


def test_an_own_second_factor_on_the_demo_chain_is_never_shown(client, demo_chain):
    own = make_staff(role=Role.ANALYST)
    sign_in(client, own)

    assert b"en-demo" not in client.get(CODE).content


# --- sessions ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "idle", "absolute"),
    [
        (Role.ANALYST, timedelta(minutes=30), timedelta(hours=12)),
        (Role.ASSOCIATE, timedelta(hours=12), timedelta(days=7)),
    ],
)
def test_sessions_end_when_idle_too_long_and_after_their_whole_life(client, role, idle, absolute):
    person = make_staff(*([] if role == Role.ANALYST else [make_store()]), role=role)
    little = timedelta(seconds=90)
    with time_machine.travel(NOON, tick=False) as clock:
        client.force_login(person)
        assert client.get(ACCOUNT).status_code == 200
        clock.shift(idle - little)
        assert client.get(ACCOUNT).status_code == 200
        clock.shift(idle + little)
        assert client.get(ACCOUNT)["Location"].startswith(LOGIN)

    with time_machine.travel(NOON, tick=False) as clock:
        client.force_login(person)
        steps = int(absolute / (idle * 0.9)) + 2
        answers = []
        for _ in range(steps):
            answers.append(client.get(ACCOUNT).status_code)
            clock.shift(idle * 0.9)
        assert answers[0] == 200
        assert answers[-1] == 302
        assert answers.count(200) <= absolute / (idle * 0.9) + 1


def test_an_expired_htmx_request_sends_the_whole_page_to_sign_in(client):
    with time_machine.travel(NOON, tick=False) as clock:
        client.force_login(make_staff())
        client.get(ACCOUNT)
        clock.shift(timedelta(hours=1))
        answer = client.get(ACCOUNT, headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith(LOGIN)


def test_leaving_and_a_new_role_end_the_session_at_the_next_click(client, head):
    for act in (
        lambda person: staff.leave(person, by=head, now=NOON),
        lambda person: staff.change_role(person, role=Role.ASSOCIATE, nodes=[make_store()], by=head, now=NOON),
        lambda person: staff.reset_password(person, by=head, now=NOON),
    ):
        person, browser = make_staff(make_store()), Client()
        browser.force_login(person)
        assert browser.get(ACCOUNT).status_code == 200
        act(person)
        assert browser.get(ACCOUNT)["Location"].startswith(LOGIN)


@pytest.mark.parametrize("change", [{"role": Role.ASSOCIATE}, {"is_active": False}, {"scope": "region"}])
def test_even_a_change_behind_our_back_ends_the_session(client, change):
    person = make_staff(make_store())
    client.force_login(person)
    client.get(ACCOUNT)

    Staff.objects.filter(pk=person.pk).update(**change)

    assert client.get(ACCOUNT)["Location"].startswith(LOGIN)


def test_the_session_list_shows_every_browser_and_ends_one(client):
    person, phone = make_staff(make_store()), Client(headers={"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger"})
    sign_in(client, person)
    sign_in(phone, person)
    phone.get(ACCOUNT)

    page = client.get(ACCOUNT).content.decode()
    assert "WeChat" in page
    other = UserSession.objects.get(session_key=phone.session.session_key)
    assert client.post(f"/account/sessions/{other.pk}/end/").status_code == 302

    assert phone.get(ACCOUNT)["Location"].startswith(LOGIN)
    assert client.get(ACCOUNT).status_code == 200


def test_nobody_ends_a_strangers_session(client):
    stranger, theirs = make_staff(make_store()), Client()
    sign_in(theirs, stranger)
    theirs.get(ACCOUNT)
    client.force_login(make_staff())

    row = UserSession.objects.get(user=stranger)

    assert client.post(f"/account/sessions/{row.pk}/end/").status_code == 404
    assert theirs.get(ACCOUNT).status_code == 200


def test_signing_out_everywhere_else_keeps_this_browser(client):
    person = make_staff(make_store())
    others = [Client() for _ in range(3)]
    for browser in [client, *others]:
        sign_in(browser, person)
        browser.get(ACCOUNT)

    client.post("/account/sessions/others/end/")

    assert client.get(ACCOUNT).status_code == 200
    assert all(browser.get(ACCOUNT).status_code == 302 for browser in others)


def test_signing_out_clears_the_browser_and_the_server(client):
    sign_in(client, make_staff(make_store()))
    key = client.session.session_key

    answer = client.post("/accounts/logout/")

    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.filter(session_key=key).exists()


def test_signed_in_pages_are_never_kept_by_the_browser(client, head):
    client.force_login(head)

    assert client.get(ACCOUNT)["Cache-Control"] == "no-store"


def test_a_desks_cookie_ends_with_the_browser_and_a_store_phones_stays(client, head):
    sign_in(client, head)
    client.post(CODE, {"code": code_now()})
    assert client.session.get_expire_at_browser_close()

    phone = Client()
    sign_in(phone, make_staff(make_store()))
    assert not phone.session.get_expire_at_browser_close()


# --- language ------------------------------------------------------------------------------------------
def test_the_door_speaks_the_browsers_language_and_the_cookie_wins(client):
    assert b'lang="en"' in client.get(LOGIN, headers={"Accept-Language": "en-GB,en;q=0.9"}).content
    assert b'lang="zh-Hans"' in client.get(LOGIN, headers={"Accept-Language": "zh-CN,zh;q=0.9"}).content
    client.cookies["django_language"] = "zh-hans"
    assert b'lang="zh-Hans"' in client.get(LOGIN, headers={"Accept-Language": "en"}).content


def test_language_and_time_zone_belong_to_the_person(client):
    person = make_staff(make_store(), language="zh-hans")
    client.force_login(person)
    assert b'lang="zh-Hans"' in client.get(ACCOUNT, headers={"Accept-Language": "en"}).content

    answer = client.post(ACCOUNT, {"language": "en", "time_zone": "Europe/Berlin", "email": "", "phone": ""})

    assert answer.status_code == 302
    person.refresh_from_db()
    assert (person.language, person.time_zone) == ("en", "Europe/Berlin")
    assert b'lang="en"' in client.get(ACCOUNT, headers={"Accept-Language": "zh-CN"}).content
