"""The door for platforms, over HTTP."""

import pytest

from stores.models import Channel, Notice
from stores.services import platforms
from tests.factories import NOON
from tests.fakes.voices import VOICES

AT = NOON.timestamp()


@pytest.fixture(params=VOICES, ids=lambda voice: voice.platform)
def voice(request, time_machine_at_noon):
    channel = Channel.objects.create(
        code="x",
        name="x",
        kind="app",
        platform=request.param.platform,
        settings=request.param.settings,
        created_at=NOON,
    )
    for name, value in request.param.secrets.items():
        platforms.set_secret(channel, name, value, by=None, now=NOON)
    return request.param


@pytest.fixture
def time_machine_at_noon(time_machine):
    time_machine.move_to(NOON, tick=False)


def post(client, arrival, **more):
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in arrival.headers.items()}
    return client.post(
        f"{arrival.path}?{arrival.query}", arrival.body, content_type="application/octet-stream", **headers, **more
    )


def test_a_notice_comes_in_and_is_answered(client, voice):
    assert post(client, voice.tell(AT)).status_code < 300
    assert Notice.objects.get().kind == voice.says


def test_a_forged_one_is_turned_away(client, voice):
    assert post(client, voice.tell(AT, forged=True)).status_code == 401
    assert not Notice.objects.exists()


def test_an_unknown_channel_is_no_secret_and_nothing(client):
    assert client.post("/notices/nobody/", b"{}", content_type="application/json").status_code == 404
    assert client.put("/notices/nobody/", b"{}").status_code == 405


def test_a_body_of_more_than_a_mebibyte_is_not_read(client):
    Channel.objects.create(code="x", name="x", kind="app", platform="signed", created_at=NOON)
    answer = client.post("/notices/x/", b"x" * (1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413
