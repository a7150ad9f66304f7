"""What is wrong in the loop is answered clearly in both languages, on the page where it was asked, and changes nothing."""

import json
import re
from datetime import timedelta
from html import escape, unescape

import pytest
import time_machine
from django.utils.translation import gettext, override

from campaigns.models import Campaign, Delivery
from loyalty.models import Coupon
from loyalty.rules.redeeming import TEXTS, Refusal
from segments.models import Segment
from segments.services import segments
from stores.access import Role
from tests.campaigns.makers import make_campaign, make_members
from tests.campaigns.test_promotions import PLACE, make_pattern, neighbours
from tests.factories import NOON, make_channel, make_member, make_region, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template
from tests.web.api.test_orders import Till
from tests.web.counter.test_promotions import wish
from tests.web.portal.test_campaigns import SCHEDULE

pytestmark = pytest.mark.django_db
LANGUAGES = ("zh-hans", "en")
Reason = Delivery.Reason


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def marketer(client):
    staff = make_staff(role=Role.MARKETER)
    client.force_login(staff)
    return staff


@pytest.fixture
def shop():
    return make_store(**PLACE)


@pytest.fixture
def manager(client, shop):
    staff = make_staff(shop)
    client.force_login(staff)
    return staff


def speak(client, language):
    client.cookies["django_language"] = language


def english(words) -> str:
    """The sentence as it stands in the program."""
    with override("en"):
        return str(words)


def is_said(page: str, sentence: str, language: str) -> bool:
    """Whether the page says this sentence, whatever stands in its places for names and figures."""
    with override(language):
        said = gettext(sentence)
    assert (said == sentence) is (language == "en"), f"no Chinese for: {sentence}"
    pieces = [each.strip(" ,.，。") for each in re.split(r"%\(\w+\)[sd]", said.replace("%%", "%"))]
    return all(escape(each) in page or each in unescape(page) for each in pieces if each)


def told(answer, sentence, language) -> bool:
    assert answer.status_code in {200, 409, 422}
    return is_said(answer.content.decode(), sentence, language)


def deep(times):
    rule = {"attr": "age", "op": "gte", "value": 1}
    for _ in range(times):
        rule = {"all": [rule]}
    return rule


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"attr": "password", "op": "in", "value": ["x"]}, "There is no field “%(name)s”."),
        ({"attr": "age", "op": "gte", "value": "old"}, "Expected a whole number."),
        ({"attr": "gender", "op": "in", "value": "f"}, "Choose at least one."),
        (deep(99), "Groups may stand inside each other %(most)d deep at most."),
        ("{", "This is not readable as JSON."),
    ],
)
def test_a_rule_that_cannot_be(client, marketer, language, rule, sentence):
    speak(client, language)
    text = rule if isinstance(rule, str) else json.dumps(rule)
    answer = client.post("/segments/new/", {"name": "x", "description": "", "rule": text})

    assert told(answer, sentence, language)
    assert not Segment.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_start_in_the_past_and_a_second_launch(client, marketer, language):
    speak(client, language)
    make_members(2, gender="f")
    rule = {"all": [{"attr": "gender", "op": "in", "value": ["f"]}]}
    audience = segments.save(None, name="女会员", description="", rule=rule, by=marketer, now=NOON)
    campaign = make_campaign(status="draft", starts_at=None, segment=audience)

    late = client.post(f"/campaigns/{campaign.pk}/schedule/", SCHEDULE | {"starts_at": "2020-01-01T10:00"})
    first = client.post(f"/campaigns/{campaign.pk}/launch/", follow=True)
    second = client.post(f"/campaigns/{campaign.pk}/launch/", follow=True)

    assert told(late, "The start lies in the past. Choose a later time, or leave it empty.", language)
    assert not told(first, "It was launched already. Nothing was sent twice.", language)
    assert told(second, "It was launched already. Nothing was sent twice.", language)
    assert Campaign.objects.get().launched_at == NOON


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_gateway_did_and_an_opt_out_are_said_as_reasons_on_the_run_page(client, marketer, language):
    """That each behaviour ends in its reason is shown over the wire in tests.campaigns; this is what people read."""
    speak(client, language)
    ends = [(Delivery.Status.UNKNOWN, Reason.UNREACHABLE), (Delivery.Status.UNKNOWN, Reason.GARBLED),
            (Delivery.Status.UNKNOWN, Reason.INTERRUPTED), (Delivery.Status.FAILED, Reason.REFUSED),
            (Delivery.Status.SUPPRESSED, Reason.NO_CONSENT)]  # fmt: skip
    people = make_members(len(ends))
    campaign = make_campaign(people, status="running")
    for member, (status, reason) in zip(people, ends, strict=True):
        Delivery.objects.create(
            campaign=campaign, member=member, medium=1, batch_no=0, status=status, reason=reason, created_at=NOON
        )

    page = client.get(f"/campaigns/{campaign.pk}/")
    people_behind = client.get(f"/campaigns/{campaign.pk}/messages/")

    for _status, reason in ends:
        sentence = english(reason.label)
        assert told(page, sentence, language), sentence
        assert told(people_behind, sentence, language), sentence


COUPONS = [
    (Refusal.EXPIRED, {"expires_at": NOON}, {}),
    (Refusal.VOIDED, {"voided_at": NOON}, {}),
    (Refusal.USED, {"redeemed_at": NOON, "discount": 1}, {}),
    (Refusal.NOT_YET, {"starts_at": NOON + timedelta(days=1)}, {}),
    (Refusal.OTHER_STORE, {}, {"elsewhere": True}),
    (Refusal.OTHER_BRAND, {}, {"stranger": True}),
    (Refusal.UNKNOWN, {}, {"forged": True}),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("reason", "columns", "how"), COUPONS, ids=lambda each: getattr(each, "value", ""))
def test_a_coupon_that_does_not_count_on_the_phone_and_at_the_till(
    client, shop, manager, language, reason, columns, how
):
    held = make_coupon(
        make_template(make_store(make_region()).brand if how.get("stranger") else shop.brand),
        make_member(home_store=shop), **columns,
    )  # fmt: skip
    if how.get("elsewhere"):
        held.template.stores.add(make_store(shop.region))
    code = "ZZZZ2222YYYY" if how.get("forged") else held.code
    sentence = english(TEXTS[reason])
    before = Coupon.objects.values().get()
    speak(client, language)

    phone = client.post("/s/redeem", {"code": code})
    till = Till(client, make_channel(brand=shop.brand))
    status, answer = till.post("/coupons/redeem", {"code": code, "store": shop.code, "key": "K-1"}, language=language)

    assert told(phone, sentence, language)
    assert phone.context["result"].colour == "red"
    assert (status in {404, 409, 422}, answer["code"]) == (True, reason.value)
    assert is_said(answer["detail"], sentence, language)
    assert Coupon.objects.values().get() == before


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"first_day": "2020-01-01"}, "The first day lies in the past."),
        ({"days": "8"}, "It may run 1 to %(days)s days."),
        ({"value": "21", "coupons": "1"}, "Shoppers must still pay at least %(floor)s%% of the price."),
        ({"value": "20", "coupons": "6"}, "Together the coupons would cost more than the budget of %(budget)s yuan."),
        ({"radius_m": "3001"}, "The radius may be up to %(radius)s metres."),
        ({"radius_m": "500"}, "None of your members lives within this radius."),
    ],
)
def test_a_promotion_beyond_its_limits(client, shop, manager, language, given, sentence):
    neighbours(shop, 6)
    pattern = make_pattern(shop)
    speak(client, language)

    answer = client.post(f"/s/promotions/new/{pattern.pk}", wish(**given))

    assert answer.status_code == 422
    assert told(answer, sentence, language)
    assert not Campaign.objects.exists()
