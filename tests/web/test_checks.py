"""The deployment checks say what is wrong, and nothing when all is right."""

import pytest

from web import checks


def ids(found):
    return [message.id for message in found]


def test_a_demo_is_not_deployed(settings):
    settings.DEMO = True
    assert ids(checks.demo_is_off()) == ["quanyu.E001"]
    settings.DEMO = False
    assert checks.demo_is_off() == []


def test_printed_codes_want_a_key_of_their_own(settings):
    settings.STORE_CODE_KEY = f"store-code:{settings.SECRET_KEY}"
    assert ids(checks.codes_have_their_own_key()) == ["quanyu.I002"]
    settings.STORE_CODE_KEY = "another"
    assert checks.codes_have_their_own_key() == []


def test_a_deployment_whose_codes_go_nowhere_is_told_so(settings):
    settings.SMS_CONNECTOR = "console"
    (told,) = checks.text_messages_leave()
    assert (told.id, "DEMO" in told.hint, "not sent" in told.msg) == ("quanyu.I003", True, True)
    settings.SMS_CONNECTOR = "another"
    assert checks.text_messages_leave() == []


@pytest.mark.django_db
def test_a_database_that_may_forget_is_refused_everywhere_but_in_tests(settings):
    assert checks.database_keeps_what_it_confirms(databases=["default"]) == []
    settings.TESTING = False
    assert ids(checks.database_keeps_what_it_confirms(databases=["default"])) == ["quanyu.E005", "quanyu.E005"]
