"""A channel's account at a platform: connected, given secrets, tried, watched, and its notices dealt with again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stores.access import Role
from stores.connectors.base import SendFailed
from stores.models import Channel, ChannelSecret, LogEntry, Notice, NoticeRefusal
from stores.queries import notices as queries
from stores.services import notices, platforms
from tests.factories import NOON, make_brand, make_channel, make_staff
from tests.fakes.voices import BY_PLATFORM

WECHAT = BY_PLATFORM["wechat"]


@pytest.fixture
def office(client, settings):
    settings.LANGUAGE_CODE = "en"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "web.gate.Gate"]  # no second factor here
    client.force_login(make_staff(language="en"))
    return client


def connected(voice=WECHAT, **given):
    channel = make_channel(**{"code": "oa", "kind": "official_account"} | given)
    platforms.configure(
        channel, platform=voice.platform, settings=voice.settings, shares=["tier"], fresh_minutes=60, by=None, now=NOON
    )
    for name, value in voice.secrets.items():
        platforms.set_secret(channel, name, value, by=None, now=NOON)
    channel.refresh_from_db()
    return channel


def test_the_registry_knows_every_kind_of_channel_that_the_requirements_name(office):
    told = office.get("/channels/new/").content.decode()
    for kind in [
        "app", "mall", "mini_program", "marketplace", "store", "pos", "official_account", "wecom", "community",
        "wechat_matrix", "payment", "group_buy", "livestream", "dealer", "own_middle", "other_middle", "member_system",
        "event_system", "wifi", "rfid", "vending",
    ]:  # fmt: skip
        assert f'value="{kind}"' in told
        office.post("/channels/new/", {"code": f"c-{kind}", "name": kind, "kind": kind, "brand": ""})
    assert Channel.objects.filter(code__startswith="c-").count() == 21


def test_a_channel_is_connected_to_a_platform_and_given_its_secrets(office):
    channel = make_channel(code="oa", kind="official_account")
    assert "Tmall" in office.get(f"/channels/{channel.pk}/platforms/").content.decode()
    assert office.get(f"/channels/{channel.pk}/connect/nothing/").status_code == 404
    missing = office.post(f"/channels/{channel.pk}/connect/wechat/", {"shares": ["tier"]})
    assert missing.status_code == 422

    office.post(f"/channels/{channel.pk}/connect/wechat/", {"app_id": "wx1", "fresh_minutes": "60", "shares": ["tier"]})
    channel.refresh_from_db()
    assert (channel.platform, channel.settings, channel.shares) == ("wechat", {"app_id": "wx1"}, ["tier"])

    page = office.get(f"/channels/{channel.pk}/").content.decode()
    assert "http://testserver/notices/oa/" in page
    assert "missing" in page
    office.post(f"/channels/{channel.pk}/secrets/token/", {"value": "canary-of-the-tests"})
    assert office.get(f"/channels/{channel.pk}/secrets/strange/").status_code == 404
    for address in ("", "secrets/token/", "connect/", "edit/"):
        assert "canary" not in office.get(f"/channels/{channel.pk}/{address}").content.decode()
    assert b"canary" not in bytes(ChannelSecret.objects.get().sealed)
    assert "canary" not in str(list(LogEntry.objects.values_list("before", "after")))


def test_a_former_secret_is_ended_by_hand(office):
    channel = connected()
    office.post(f"/channels/{channel.pk}/secrets/token/", {"value": "another-token"})
    assert ChannelSecret.objects.filter(channel=channel, name="token").count() == 2
    assert "former one taken until" in office.get(f"/channels/{channel.pk}/").content.decode()
    office.post(f"/channels/{channel.pk}/secrets/token/end/", {})
    assert platforms.keys_of(channel, now=NOON).live("token") == ("another-token",)


def test_another_platform_starts_without_the_secrets_of_the_one_before(office):
    channel = connected()
    office.post(f"/channels/{channel.pk}/connect/none/", {"fresh_minutes": "", "shares": []})
    channel.refresh_from_db()
    assert (channel.platform, channel.settings) == ("", {})
    assert not ChannelSecret.objects.exists()


def test_a_platform_is_not_changed_under_notices_that_wait(office):
    channel = connected()
    notices.receive(channel, WECHAT.tell(NOON.timestamp()), now=NOON)
    answer = office.post(f"/channels/{channel.pk}/connect/none/", {})
    assert answer.status_code == 422
    assert "still wait" in answer.content.decode()


def test_a_try_says_what_the_platform_said(office, monkeypatch):
    channel = connected()
    monkeypatch.setattr(platforms, "probe", lambda *given, now: "access token for 7200 s")
    page = office.post(f"/channels/{channel.pk}/try/", {}, follow=True).content.decode()
    assert "access token for 7200 s" in page

    def fails(*given, now):
        raise SendFailed("40013 invalid appid", permanent=True)

    monkeypatch.setattr(platforms, "probe", fails)
    answer = office.post(f"/channels/{channel.pk}/try/", {})
    assert answer.status_code == 422
    assert "40013" in answer.content.decode()
    channel.refresh_from_db()
    assert channel.last_error.startswith("40013")
    other = connected(BY_PLATFORM["douyin"], code="dy")
    assert office.get(f"/channels/{other.pk}/try/").status_code == 404


def test_a_silent_channel_turns_red_after_its_limit_and_is_well_after_a_notice(office):
    channel = connected()
    now = timezone.now()
    assert queries.health_of([channel], now=NOON + timedelta(minutes=59))[channel.pk].is_stale is False
    assert queries.health_of([channel], now=NOON + timedelta(days=900))[channel.pk].is_stale is True
    Channel.objects.update(created_at=now - timedelta(days=1))
    assert "Nothing came for too long" in office.get("/channels/").content.decode()
    Channel.objects.update(last_success_at=now)
    assert "Nothing came for too long" not in office.get("/channels/").content.decode()
    Channel.objects.update(fresh_minutes=None, last_success_at=None)
    assert "Nothing came for too long" not in office.get("/channels/").content.decode()


def test_health_counts_what_came_what_waits_and_what_was_refused(office):
    channel = connected()
    now = timezone.now()
    at = now.timestamp()
    for number in range(3):
        notices.receive(channel, WECHAT.tell(at - 60, number, sent=at), now=now)
    notices.receive(channel, WECHAT.tell(at, 9, forged=True), now=now)
    health = queries.health_of([channel], now=now)[channel.pk]
    assert (health.told, health.refused, health.waiting, health.share_bad) == (3, 1, 3, 0.25)
    assert 59 < health.lag.total_seconds() < 62
    assert "wrong signature 1" in office.get(f"/channels/{channel.pk}/").content.decode()
    assert queries.health_of([channel], now=now + timedelta(hours=25))[channel.pk].refused == 0
    assert NoticeRefusal.objects.count() == 1


def test_the_log_of_notices_shows_what_became_of_them_and_replays(office):
    channel = connected()
    notices.receive(channel, WECHAT.tell(NOON.timestamp(), kind="brand_new"), now=NOON)
    notices.deal_with({}, now=NOON)
    notice = Notice.objects.get()
    log = office.get(f"/channels/{channel.pk}/notices/").content.decode()
    assert "wechat.brand_new" in log
    assert "No use for this kind yet" in log
    assert "wechat.brand_new" not in office.get(f"/channels/{channel.pk}/notices/?state=1").content.decode()
    page = office.get(f"/channels/notices/{notice.pk}/").content.decode()
    assert "reader-1" not in page
    office.post(f"/channels/notices/{notice.pk}/replay/", {})
    assert Notice.objects.get().state == Notice.State.NEW
    Notice.objects.update(body=b"")
    assert office.post(f"/channels/notices/{notice.pk}/replay/", {}).status_code == 422


def test_another_brands_account_and_notices_are_nowhere(client, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "web.gate.Gate"]
    mine, other = make_channel(brand=make_brand()), connected(brand=make_brand())
    notices.receive(other, WECHAT.tell(NOON.timestamp()), now=NOON)
    client.force_login(make_staff(mine.brand, role=Role.ADMIN))
    pk = Notice.objects.get().pk
    pages = ("platforms", "connect", "secrets/token", "secrets/token/end", "try", "notices")
    for address in [*(f"{other.pk}/{page}/" for page in pages), f"notices/{pk}/", f"notices/{pk}/replay/"]:
        assert client.get(f"/channels/{address}").status_code == 404
    client.force_login(make_staff(role=Role.ANALYST))
    assert client.get(f"/channels/notices/{pk}/").status_code == 200
    assert client.get(f"/channels/{other.pk}/secrets/token/").status_code == 403
