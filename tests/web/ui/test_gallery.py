"""The frame and the components."""

import pytest
from django.template import Context, Template, TemplateSyntaxError

from tests.factories import make_region, make_staff


def test_the_gallery_shows_every_component(client):
    answer = client.get("/ui/")
    assert answer.status_code == 200
    assert b"q-badge-warn" in answer.content


def test_home_opens_for_head_office_and_sends_strangers_to_sign_in(client):
    assert client.get("/").headers["Location"].startswith("/accounts/login/?next=/")
    client.force_login(make_staff(make_region()))
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_component_refuses_an_attribute_it_does_not_know():
    with pytest.raises(TemplateSyntaxError, match="card takes"):
        Template('{% load ui %}{% card colour="red" %}x{% endcard %}')


def test_a_badge_refuses_an_unknown_tone():
    with pytest.raises(TemplateSyntaxError, match="no tone"):
        Template('{% load ui %}{% badge "x" "purple" %}').render(Context())
