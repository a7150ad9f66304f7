"""Campaigns, tries and one-time codes through Aliyun and Tencent: what their codes mean, and what they tell later."""

import pytest
from django.utils import timezone

from campaigns.models import Delivery, Receipt
from campaigns.services import hearing
from members.models import Identity
from stores.connectors.calling import as_json
from stores.connectors.hearing import Arrival
from stores.models import Channel, Sender
from stores.services import notices, platforms, senders, texting
from tests.campaigns.makers import make_campaign, make_members, make_sender, run, tally
from tests.factories import NOON, make_phone
from tests.fakes.platforms import AliyunSms, TencentSms

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]
GIVEN = {"key_id": "K", "sign_name": "青禾", "templates": "SMS_1 ${words}"}


@pytest.fixture(autouse=True)
def _inside(settings):
    settings.SENDERS_MAY_STAY_INSIDE = True
    settings.DEMO_NUMBERS_BLOCK_SEND = False  # the gateway is ours


def aliyun(fake, **given):
    return make_sender(**{"kind": "aliyun_sms", "secret": "s", "settings": GIVEN | {"gateway": fake.url}} | given)


def tencent(fake, **given):
    chosen = GIVEN | {"gateway": fake.url, "app_id": "1400", "templates": "100 {1}"}
    return make_sender(**{"kind": "tencent_sms", "secret": "s", "settings": chosen} | given)


@pytest.mark.parametrize(("make", "fake"), [(aliyun, AliyunSms), (tencent, TencentSms)])
def test_a_campaign_leaves_through_the_platforms_own_interface(make, fake):
    with fake() as platform:
        campaign = make_campaign(make_members(12), sender=make(platform))
        run()
    assert tally(campaign) == {("SENT", ""): 12}
    assert len(platform.sent) == 12
    named = {str(one.get("OutId") or one.get("SessionContext")) for one in platform.sent}
    assert named == {f"d{pk}" for pk in Delivery.objects.values_list("pk", flat=True)}
    assert set(Delivery.objects.values_list("provider_id", flat=True)) <= {
        f"{c}{n}" for c in "BS" for n in range(1, 13)
    }


def test_a_refused_reader_does_not_hold_up_the_others():
    with AliyunSms() as platform:
        members = make_members(4)
        phone = Identity.objects.get(member=members[0], kind=Identity.Kind.PHONE).value
        platform.within(f"m{phone}", 1, 60)  # somebody else sent to this phone a moment ago
        campaign = make_campaign(members, sender=aliyun(platform))
        run()
    assert tally(campaign) == {("SENT", ""): 3, ("FAILED", "refused"): 1}


def test_a_lost_reply_is_of_unknown_fate_until_the_receipt_comes():
    with AliyunSms() as platform:
        sender = aliyun(platform)
        platform.moods.append("drop")
        campaign = make_campaign(make_members(1), sender=sender)
        run()
    assert tally(campaign) == {("UNKNOWN", "unreachable"): 1}
    channel = Channel.objects.create(
        code="sms", name="sms", kind="sms", platform="aliyun_sms", settings={"key_id": "K"}, created_at=NOON
    )
    platforms.set_secret(channel, "address_word", "a-long-secret-word", by=None, now=NOON)
    report = {
        "out_id": platform.sent[0]["OutId"], "biz_id": "B1", "success": True, "err_code": "DELIVERED",
        "report_time": "2026-03-04 12:00:00", "phone_number": "16900001234",
    }  # fmt: skip
    arrival = Arrival(
        "POST", "/notices/sms/a-long-secret-word", "", {}, as_json([report, report | {"out_id": "d999999"}])
    )
    assert notices.receive(channel, arrival, now=NOON).status == 200
    assert hearing.read_notices(now=timezone.now()) == 2
    assert tally(campaign) == {("SENT", ""): 1}
    assert Receipt.objects.get().detail == "DELIVERED"


def test_another_accounts_receipt_says_nothing_about_our_messages():
    with AliyunSms() as platform:
        campaign = make_campaign(make_members(1), sender=aliyun(platform))
        run()
    channel = Channel.objects.create(
        code="sms", name="sms", kind="sms", platform="aliyun_sms", settings={"key_id": "other"}, created_at=NOON
    )
    platforms.set_secret(channel, "address_word", "a-long-secret-word", by=None, now=NOON)
    report = as_json([{"out_id": platform.sent[0]["OutId"], "biz_id": "B1", "success": False, "err_code": "X"}])
    notices.receive(channel, Arrival("POST", "/notices/sms/a-long-secret-word", "", {}, report), now=NOON)
    hearing.read_notices(now=timezone.now())
    assert not Receipt.objects.exists()
    assert tally(campaign) == {("SENT", ""): 1}


def test_an_account_out_of_money_lets_messages_wait():
    with AliyunSms() as platform:
        sender = aliyun(platform, settings=GIVEN | {"gateway": platform.url, "sign_name": "别人"})
        campaign = make_campaign(make_members(2), sender=sender)
        run()
    assert ("FAILED", "refused") not in tally(campaign)
    assert not platform.sent
    assert Sender.objects.get().errors_in_row > 0


def test_a_one_time_code_leaves_through_the_sender_that_the_setting_names(settings):
    text = "SMS_9 [${brand}] ${code} is your code. It is valid for ${minutes} minutes. Tell it to nobody."
    with AliyunSms() as platform:
        aliyun(platform, code="codes", settings=GIVEN | {"gateway": platform.url, "templates": text})
        settings.SMS_CONNECTOR = "sender:codes"
        receipt = texting.send_code(make_phone(), "123456", sender="Qinghe", minutes=5, language="en")
    assert receipt.reference == "B1"
    assert platform.sent[0]["TemplateCode"] == "SMS_9"
    assert '"code": "123456"' in platform.sent[0]["TemplateParam"]
    settings.SMS_CONNECTOR = "sender:nobody"
    with pytest.raises(texting.SendFailed, match="no active sender"):
        texting.send_code(make_phone(), "123456", sender="Qinghe", minutes=5, language="en")


@pytest.mark.parametrize(
    "change",
    [{"secret": ""}, {"medium": 2}, {"settings": GIVEN | {"templates": "nothing"}}, {"settings": {"key_id": "K"}},
     {"settings": GIVEN | {"gateway": "ftp://x"}}, {"settings": GIVEN | {"app_id": "1"}}],
)  # fmt: skip
def test_a_gateway_that_could_not_work_is_refused(change):
    good = {
        "code": "g",
        "name": "g",
        "kind": "aliyun_sms",
        "medium": 1,
        "settings": GIVEN,
        "secret": "s",
        "by": None,
        "now": NOON,
    }
    with pytest.raises(senders.SenderProblem):
        senders.create(**good | change)
    assert senders.create(**good).kind == "aliyun_sms"
