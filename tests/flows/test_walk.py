"""The walk through the house, over HTTP: a receipt becomes a tier, a message, a coupon, a second receipt and a figure."""

import re

import pytest
from django.utils import timezone

from campaigns import tasks
from campaigns.models import Campaign
from loyalty.models import Account, Coupon
from loyalty.services import coupon_templates, joining, programs
from members.models import Event, Inbox, Order
from stores.access import Role
from stores.services import codes
from tests.campaigns.makers import make_webhook
from tests.campaigns.provider import Provider
from tests.factories import NOON, make_channel, make_staff, make_store
from tests.web.api.test_orders import Till

PHONE, BROWSER = "16900004321", "Mozilla/5.0 (Linux; Android 14)"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def provider(settings):
    settings.SENDERS_MAY_STAY_INSIDE, settings.DEMO_NUMBERS_BLOCK_SEND = True, False  # the gateway is ours
    with Provider() as gateway:
        yield gateway


@pytest.fixture
def store():
    """A store whose brand has its programme: silver from 1,000."""
    opened = make_store()
    programs.ensure(opened.brand, now=NOON)
    return opened


@pytest.fixture
def shopper(store):
    """She scanned the poster, agreed to offers, and reads English."""
    poster = codes.issue(store, kind="store", by=None, now=NOON)
    return joining.join(PHONE, code=poster, agrees=True, wants_offers=True, language="en", now=timezone.now()).member


@pytest.fixture
def marketer(client):
    staff = make_staff(role=Role.MARKETER)
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


def wake():
    """What the clock does every few seconds."""
    for task in (tasks.read_events, tasks.start_due, tasks.send_messages):
        task()


def figures(page):
    """The report page as words: what stands beside each label."""
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))
    return lambda label: re.search(rf"\b{label} (¥?[\d,.]+)", text)[1]


def test_from_the_first_receipt_to_the_figure_on_the_report_page(client, marketer, store, shopper, provider, settings):
    settings.UNDO_SECONDS = 0  # the first minute after a launch has its own tests
    till = Till(client, make_channel(brand=store.brand))
    receipt = {"store": store.code, "member": {"phone": PHONE}, "paid_at": timezone.now().isoformat()}

    # A marketer says whom: whoever spent 1,000 in the last 30 days …
    spent = {"node": "1:0:orders", "n1-days": "30", "n1-agg": "sum", "n1-op": "gte", "n1-value": "1000"}
    client.post("/segments/new/", spent | {"name": "Big spenders", "description": ""})
    segment = re.search(r"/segments/(\d+)/", client.get("/segments/").content.decode())[1]

    # … when: as soon as the tier changes; what: a message with a coupon of 30 yuan. And launches it.
    gift = {"name": "银卡礼", "name_en": "Silver gift", "kind": "amount", "value": 30, "threshold": 100}
    coupon = coupon_templates.create(store.brand.program, **gift, by=marketer, now=NOON)
    whom = {"name": "Silver", "brand": store.brand.pk, "segment": segment}
    whom |= {"kind": "triggered", "trigger": "tier.changed"}
    editor = client.post("/campaigns/new/", whom).url.removesuffix("content/")
    said = {"sender": make_webhook(provider).pk, "text_en": "{coupon} for you: {code} {link}"}
    client.post(editor + "content/", said)
    client.post(editor + "coupon/", {"coupon_template": coupon.pk})
    limits = {"drop_stale_after": 48, "cap_count": 3, "cap_days": 7, "window_days": 14}
    client.post(editor + "schedule/", limits | {"quiet_from": "00:00", "quiet_until": "00:00"})
    client.post(editor + "launch/")
    assert Campaign.objects.get().status == "running"

    # 1–8. The till posts an order: identity, order, points, growth and tier before the receipt is printed.
    printed = till.post("/orders", receipt | {"number": "T-1", "amount": "1280.00"})[1]
    assert (printed["earned_points"], printed["member"]["number"]) == (1280, shopper.number)
    assert printed["member"]["holdings"][0]["tier"] == "Silver"
    assert Event.objects.filter(member=shopper, kind="tier.changed").count() == 1
    assert Inbox.objects.filter(reader="campaigns", event__kind="tier.changed").count() == 1
    assert provider.bodies == []

    # 9–11. The clock ticks: she is in the audience, the campaign enters her once, the gateway takes one message.
    wake()
    [message] = provider.bodies
    code, link = re.search(r"Silver gift for you: ([\w ]+) https?://[^/]+(/l/\S+)", message["text"]).groups()
    assert message["to"] == PHONE
    assert client.get(link, headers={"User-Agent": BROWSER}).status_code == 302

    # 12. At the till the coupon counts once. The same order sent again stays one order, a second till is told so.
    used = {"code": code, "store": store.code, "key": "K-1", "amount": "200.00", "order_number": "T-2"}
    assert till.post("/coupons/check", used)[1]["discount"] == "30.00"
    assert till.post("/coupons/redeem", used)[1]["status"] == "redeemed"
    assert till.post("/coupons/redeem", used)[1]["status"] == "duplicate"
    assert till.post("/coupons/redeem", used | {"key": "K-2"})[1]["code"] == "used"
    second = receipt | {"number": "T-2", "amount": "170.00", "paid_at": timezone.now().isoformat()}
    assert till.post("/orders", second)[0] == 201

    # 13–14. Ticks that find nothing new say nothing new. What came of it, on the campaign's page: to the person and to the fen.
    wake()
    shown = figures(client.get(editor))
    labels = ("Planned", "Sent", "Opened the link", "Used the coupon", "Orders", "Sales", "Taken off by coupons")
    assert [shown(label) for label in labels] == ["1", "1", "1", "1", "1", "¥170.00", "¥30.00"]
    assert len(provider.bodies) == Coupon.objects.count() == 1
    assert (Order.objects.count(), Account.objects.get(member=shopper, book__asset="points").balance) == (2, 1450)
