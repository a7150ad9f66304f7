"""Main: the administrator adds a store manager, who then sees the own store only."""

import time

import pytest
from allauth.mfa.totp.internal import auth as totp

from tests.factories import PASSWORD, TOTP_SECRET, make_member, make_staff, make_store

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def code_now() -> str:
    return totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, int(time.time()) // 30))


def sign_in(page, server, username, password):
    page.goto(f"{server.url}/accounts/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", password)
    page.click("#sign-in button[type=submit], #sign-in .en-button")


def test_an_administrator_adds_a_store_manager_who_signs_in_and_sees_the_own_store_only(page, live_server):
    head = make_staff(language="zh-hans")
    mine, strange = make_store(), make_store()
    own = make_member(name="赵一", home_store=mine)
    other = make_member(name="钱二", home_store=strange)

    sign_in(page, live_server, head.username, PASSWORD)
    page.fill("input[name=code]", code_now())
    page.click(".en-form .en-button")
    page.wait_for_url(f"{live_server.url}/")

    page.goto(f"{live_server.url}/staff/")
    page.click("a[href='/staff/invite/']")
    page.fill("input[name=name]", "林店长")
    page.fill("input[name=username]", "lin.manager")
    page.select_option("select[name=role]", "store_manager")
    assert page.is_hidden("select[name=regions]")
    page.fill("input[name=stores]", mine.code)
    page.click(".q-form-foot .btn-primary")
    word = page.inner_text("#slip-word")

    page.goto(f"{live_server.url}/accounts/logout/")
    page.click(".en-form .en-button")
    page.wait_for_url("**/accounts/login/**")

    sign_in(page, live_server, "lin.manager", word)
    page.wait_for_url("**/accounts/password/")
    page.fill("input[name=oldpassword]", word)
    page.fill("input[name=password1]", "my dog eats rice")
    page.fill("input[name=password2]", "my dog eats rice")
    page.click(".en-form .en-button")
    page.wait_for_url("**/s/**")

    page.goto(f"{live_server.url}/members/")
    listed = page.inner_text("main")
    assert own.number in listed
    assert other.number not in listed
    assert page.goto(f"{live_server.url}/members/{other.number}/").status == 404
    assert page.goto(f"{live_server.url}/staff/{head.pk}/").status == 404
    assert page.goto(f"{live_server.url}/staff/invite/").status == 403
