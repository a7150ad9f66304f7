"""Campaigns in the portal: the steps, the review, one launch, the run, the results and the people behind them."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, Delivery
from campaigns.services import fanout, sending
from loyalty.models import Coupon
from segments.services import segments
from stores.access import Role
from stores.models import LogEntry
from tests import factories
from tests.campaigns.makers import agree, make_campaign, make_members, make_sender
from tests.factories import NOON, make_brand, make_member, make_staff, make_store
from tests.loyalty.coupons import make_template as make_coupon_template

WOMEN = {"all": [{"attr": "gender", "op": "in", "value": ["f"]}]}
STEPS = ("audience", "content", "coupon", "schedule", "review")
SCHEDULE = {
    "starts_at": "", "ends_at": "", "quiet_from": "23:00", "quiet_until": "06:00", "drop_stale_after": "48",
    "cap_count": "3", "cap_days": "7", "window_days": "14",
}  # fmt: skip
Status = Campaign.Status


@pytest.fixture(autouse=True)
def _at_once(settings):
    """Launched is begun: the first minute has its own tests in `test_campaign_recalls.py`."""
    settings.UNDO_SECONDS = 0


@pytest.fixture
def marketer(client):
    staff = make_staff(role=Role.MARKETER, phone="16900005555")
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


@pytest.fixture
def brand():
    return make_brand(name="青禾便利", name_en="Qinghe Mart")


@pytest.fixture
def audience(marketer):
    people = [make_member(name=f"王小{n}", gender="f", phone=f"1690000000{n}") for n in range(3)]
    agree(*people[:2])
    return segments.save(None, name="女会员", description="", rule=WOMEN, by=marketer, now=NOON)


def draft(client, brand, audience=None, **given) -> Campaign:
    chosen = {"segment": audience.pk} if audience else {}
    said = {"name": "三月焕新", "brand": brand.pk, "kind": "scheduled"} | chosen | given
    answer = client.post("/campaigns/new/", said)
    assert answer.status_code == 302, said_by(answer)
    return Campaign.objects.latest("pk")


def content(sender, **given) -> dict:
    return {"sender": sender.pk, "text": "{name}，来看看 {link}", "text_en": "Hello {name} {link}"} | given


def write(client, campaign, step, said):
    return client.post(f"/campaigns/{campaign.pk}/{step}/", said)


def whole(client, brand, audience, **given) -> Campaign:
    """A draft with everything that a launch needs, made through the steps."""
    campaign = draft(client, brand, audience)
    assert write(client, campaign, "content", content(make_sender(), **given)).status_code == 302
    assert write(client, campaign, "coupon", {"coupon_template": ""}).status_code == 302
    night = {"quiet_from": "00:00", "quiet_until": "00:00"}  # no quiet hours: the tests run by night too
    assert write(client, campaign, "schedule", SCHEDULE | night)["Location"] == f"/campaigns/{campaign.pk}/review/"
    campaign.refresh_from_db()
    return campaign


def said_by(response) -> str:
    return response.content.decode()


def read(client, url) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer
    return said_by(answer)


def queries_of(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def messages_of(client, campaign) -> str:
    return read(client, f"/campaigns/{campaign.pk}/")


# --- the list ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["/campaigns/", "/templates/"])
def test_a_list_takes_the_same_number_of_queries_for_one_row_and_for_three(client, marketer, brand, address):
    sender, coupon = make_sender(), make_coupon_template(brand)

    def add(n):
        make_campaign(make_members(2), sender=sender, brand=brand, coupon_template=coupon)
        client.post("/templates/new/", template_of(brand, sender, coupon, name=f"模板{n}"))

    add(1)
    one = queries_of(client, address)
    add(2), add(3)
    assert queries_of(client, address) == one


def test_the_list_counts_no_message_however_many_there_are(client, marketer, brand):
    campaign = make_campaign(make_members(3), brand=brand, quiet_from=time(0), quiet_until=time(0))
    run()
    with CaptureQueriesContext(connection) as asked:
        row = read(client, "/campaigns/")
    assert campaign.number in row
    assert 'data-label="Sent">3<' in row
    assert not [query["sql"] for query in asked if "campaigns_delivery" in query["sql"]]


def test_an_empty_list_offers_the_first_campaign_to_those_who_may(client, marketer):
    assert "/campaigns/new/" in read(client, "/campaigns/")
    client.force_login(make_staff(role=Role.ANALYST))
    assert "/campaigns/new/" not in read(client, "/campaigns/")


def test_the_list_counts_planned_sent_and_used(client, marketer, brand):
    people = make_members(3, phone=None)
    coupon = make_coupon_template(brand)
    campaign = make_campaign(people, brand=brand, coupon_template=coupon, status="finished")
    for member, status in zip(people, (3, 3, 5), strict=True):
        make_delivery(campaign, member, status=status)
    use_coupon(campaign, people[0])
    other = make_campaign(people, brand=brand, coupon_template=coupon, status="finished")
    make_delivery(other, people[0])

    row = read(client, f"/campaigns/?q={campaign.number}")

    assert campaign.name in row
    assert other.name not in row
    assert [
        row.count(f'data-label="{head}">{n}<') for head, n in (("Planned", 3), ("Sent", 2), ("Used coupons", 1))
    ] == [
        1,
        1,
        1,
    ]


@pytest.mark.parametrize(("asked", "found"), [("status=paused", 1), ("kind=triggered", 0), ("q=nothing", 0)])
def test_the_filters_find_by_status_kind_and_name(client, marketer, brand, asked, found):
    campaign = make_campaign(brand=brand, status="paused")
    assert read(client, f"/campaigns/?{asked}").count(campaign.number) == found


# --- the steps -----------------------------------------------------------------------------------------
def test_each_step_saves_the_draft_and_leads_to_the_next(client, marketer, brand, audience):
    campaign = draft(client, brand, audience)
    sender, coupon = make_sender(), make_coupon_template(brand)

    for step, said in (
        ("content", content(sender)),
        ("coupon", {"coupon_template": coupon.pk}),
        ("schedule", SCHEDULE),
    ):
        following = STEPS[STEPS.index(step) + 1]
        assert write(client, campaign, step, said)["Location"] == f"/campaigns/{campaign.pk}/{following}/"

    campaign.refresh_from_db()
    assert (campaign.segment, campaign.sender, campaign.coupon_template) == (audience, sender, coupon)
    assert (campaign.status, campaign.quiet_from, campaign.cap_count) == (Status.DRAFT, time(23), 3)
    for step in STEPS:
        assert "三月焕新" in read(client, f"/campaigns/{campaign.pk}/{step}/")


def test_saving_and_closing_comes_back_to_the_list(client, marketer, brand, audience):
    campaign = draft(client, brand, audience)
    answer = write(client, campaign, "content", content(make_sender()) | {"close": "1"})
    assert answer["Location"] == "/campaigns/"


def test_an_unfinished_draft_may_wait(client, marketer, brand, audience):
    campaign = draft(client, brand, audience)
    assert write(client, campaign, "content", {"text": "", "text_en": ""}).status_code == 302


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "scheduled"}, "Choose an audience."),
        ({"kind": "triggered"}, "Choose the event that starts it."),
        ({"kind": "triggered", "trigger": "sun.rose"}, "sun.rose"),
        ({"kind": "local"}, "local"),
        ({"name": ""}, "required"),
    ],
)
def test_a_bad_first_step_makes_nothing_and_keeps_what_was_typed(client, marketer, brand, given, words):
    answer = client.post("/campaigns/new/", {"name": "我的活动", "brand": brand.pk, "kind": "scheduled"} | given)

    assert answer.status_code == 422
    assert words in said_by(answer)
    assert ("我的活动" in said_by(answer)) == ("name" not in given)
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [("您好 {nickname}", "There is no variable {nickname}"), ("您好 {name", "lone brace"), ("x" * 501, "500")],
)
def test_a_text_that_cannot_be_sent_is_refused_beside_its_field(client, marketer, brand, audience, text, words):
    campaign = draft(client, brand, audience)
    answer = write(client, campaign, "content", content(make_sender(), text=text))
    campaign.refresh_from_db()

    assert answer.status_code == 422
    assert words in said_by(answer)
    assert text[:20] in said_by(answer)
    assert campaign.text == ""


def test_a_link_to_nowhere_good_is_refused(client, marketer, brand, audience):
    campaign = draft(client, brand, audience)
    for link in ("javascript:alert(1)", "http://example.com", "//example.com"):
        answer = write(client, campaign, "content", content(make_sender(), link=link))
        assert answer.status_code == 422
        assert "A link begins with https://" in said_by(answer)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"starts_at": "2020-01-01T10:00"}, "The start lies in the past."),
        ({"ends_at": "2020-01-01T10:00"}, "The end lies before the start or in the past."),
        ({"starts_at": "2099-01-02T10:00", "ends_at": "2099-01-01T10:00"}, "The end lies before the start"),
        ({"quiet_from": "25:00"}, "valid time"),
        ({"cap_days": "0"}, "1"),
        ({"window_days": "-4"}, "1"),
    ],
)
def test_a_schedule_in_the_past_or_without_sense_is_refused(client, marketer, brand, audience, given, words):
    campaign = draft(client, brand, audience)
    for language in ("zh-hans", "en"):
        client.cookies["django_language"] = language
        answer = write(client, campaign, "schedule", SCHEDULE | given)
        assert answer.status_code == 422
    assert words in said_by(answer)
    campaign.refresh_from_db()
    assert campaign.starts_at is None


def test_a_coupon_of_another_brand_is_not_offered(client, marketer, brand, audience):
    campaign = draft(client, brand, audience)
    strange = make_coupon_template()
    assert write(client, campaign, "coupon", {"coupon_template": strange.pk}).status_code == 422


def test_another_brand_takes_the_coupon_away(client, marketer, brand, audience):
    campaign, other = draft(client, brand, audience), make_brand()
    write(client, campaign, "coupon", {"coupon_template": make_coupon_template(brand).pk})
    said = {"name": "x", "brand": other.pk, "kind": "scheduled", "segment": audience.pk}
    write(client, campaign, "audience", said)
    campaign.refresh_from_db()

    assert (campaign.brand, campaign.coupon_template) == (other, None)


def test_a_launched_campaign_is_not_edited_any_more(client, marketer, brand):
    campaign = make_campaign(make_members(1), brand=brand, text="旧的")
    for step in STEPS:
        assert client.get(f"/campaigns/{campaign.pk}/{step}/")["Location"] == f"/campaigns/{campaign.pk}/"
    answer = write(client, campaign, "content", content(campaign.sender, text="新的"))
    campaign.refresh_from_db()

    assert answer.status_code == 422
    assert "can no longer be changed" in said_by(answer)
    assert campaign.text == "旧的"


# --- the preview ---------------------------------------------------------------------------------------
def test_the_preview_shows_a_real_member_masked_in_each_language_with_the_parts(client, marketer, brand, audience):
    campaign, sender = draft(client, brand, audience), make_sender()
    page = said_by(client.post(f"/campaigns/{campaign.pk}/preview/", content(sender)))

    assert "王*" in page
    assert "王小" not in page
    assert "Hello 王*" in page
    assert page.count("c-phone-sms") == 2
    assert "text message" in page
    campaign.refresh_from_db()
    assert campaign.text == ""


def test_the_preview_says_what_is_wrong_with_a_text(client, marketer, brand, audience):
    campaign = draft(client, brand, audience)
    page = said_by(client.post(f"/campaigns/{campaign.pk}/preview/", {"text": "{oops}"}))
    assert "There is no variable {oops}" in page


def test_the_size_of_the_chosen_audience_stands_beside_the_form(client, marketer, audience):
    asked = {"HX-Request": "true"}
    assert "Choose an audience" in said_by(client.get("/campaigns/size/", headers=asked))
    page = client.get(f"/campaigns/size/?segment={audience.pk}", headers=asked)
    assert 'data-count="3"' in said_by(page)
    assert client.get("/campaigns/size/?segment=999999", headers=asked).status_code == 404


def test_an_address_of_a_part_shows_the_whole_page_to_who_opens_it(client, marketer, brand, audience):
    campaign = whole(client, brand, audience)
    assert client.get("/campaigns/size/")["Location"] == "/campaigns/new/"
    assert client.get(f"/campaigns/{campaign.pk}/run/")["Location"] == f"/campaigns/{campaign.pk}/"


# --- review and launch ---------------------------------------------------------------------------------
def test_the_review_counts_and_names_every_exclusion(client, marketer, brand, audience):
    campaign = whole(client, brand, audience)
    page = read(client, f"/campaigns/{campaign.pk}/review/")

    assert '<b class="c-reach-figure">2</b>' in page
    assert "of 3 in the audience" in page
    assert "No consent to offers and news" in page
    assert "Goes to 2 members, at once" in page
    assert "text messages long" in page
    assert f"/campaigns/{campaign.pk}/launch/" in page


def test_the_review_of_an_unready_draft_says_what_is_missing_and_offers_no_launch(client, marketer, brand, audience):
    campaign = draft(client, brand, audience)
    page = read(client, f"/campaigns/{campaign.pk}/review/")

    assert "Choose an active sender." in page
    assert "Write a message." in page
    assert f"/campaigns/{campaign.pk}/launch/" not in page


def test_two_presses_launch_once(client, marketer, brand, audience):
    campaign = whole(client, brand, audience)

    first = client.post(f"/campaigns/{campaign.pk}/launch/", follow=True)
    assert "0 of 3 done, 0 sent" in said_by(first)  # the audience is locked, though nothing is planned yet
    second = client.post(f"/campaigns/{campaign.pk}/launch/", follow=True)
    run()
    campaign.refresh_from_db()

    assert "Launched." in said_by(first)
    assert "It was launched already. Nothing was sent twice." in said_by(second)
    assert LogEntry.objects.filter(action="campaign.launched").count() == 1
    assert campaign.status == Status.FINISHED
    assert Delivery.objects.filter(campaign=campaign).count() == 3
    assert Delivery.objects.filter(campaign=campaign, status=Delivery.Status.SENT).count() == 2


def test_a_start_that_has_passed_meanwhile_is_told_at_the_launch(client, marketer, brand, audience):
    campaign = whole(client, brand, audience)
    Campaign.objects.filter(pk=campaign.pk).update(starts_at=timezone.now() - timedelta(hours=1))
    answer = client.post(f"/campaigns/{campaign.pk}/launch/", follow=True)

    assert "The start lies in the past" in said_by(answer)
    assert Campaign.objects.get(pk=campaign.pk).status == Status.DRAFT


def test_a_test_message_goes_to_the_own_address_only(client, marketer, brand, audience, capsys):
    campaign = whole(client, brand, audience)
    type(campaign.sender).objects.update(settings={})
    client.post(f"/campaigns/{campaign.pk}/test/", {"language": "en", "address": "16900009999"})

    printed = capsys.readouterr().out
    assert "169****5555: Hello member" in printed
    assert "9999" not in printed
    assert not Delivery.objects.exists()


def test_without_an_own_address_the_test_message_is_declined(client, brand, audience):
    bare = make_staff(role=Role.MARKETER, phone="")
    client.force_login(bare)
    campaign = whole(client, brand, audience)
    answer = client.post(f"/campaigns/{campaign.pk}/test/", {"language": "en"}, follow=True)
    assert "Your own address for this medium is not known" in said_by(answer)


# --- the run -------------------------------------------------------------------------------------------
def test_the_running_part_asks_again_until_it_is_over(client, marketer, brand, audience):
    campaign = whole(client, brand, audience)
    client.post(f"/campaigns/{campaign.pk}/launch/")

    living = client.get(f"/campaigns/{campaign.pk}/run/", headers={"HX-Request": "true"})
    run()
    over = client.get(f"/campaigns/{campaign.pk}/run/", headers={"HX-Request": "true"})

    assert "hx-trigger" in said_by(living)
    assert "HX-Refresh" not in living
    assert "hx-trigger" not in said_by(over)
    assert over["HX-Refresh"] == "true"
    assert "3 of 3 done, 2 sent" in said_by(over)
    Campaign.objects.update(status=Status.RUNNING)  # as a store's promotion is, until its last day
    assert "All messages are out." in messages_of(client, campaign)


def test_pause_go_on_and_stop_each_leave_their_reason_in_the_log(client, marketer, brand):
    campaign = make_campaign(make_members(2), brand=brand, status="running")

    for word, status in (("pause", Status.PAUSED), ("resume", Status.SCHEDULED), ("cancel", Status.CANCELLED)):
        assert client.get(f"/campaigns/{campaign.pk}/{word}/").status_code == 200
        client.post(f"/campaigns/{campaign.pk}/{word}/", {"reason": f"because {word}"})
        campaign.refresh_from_db()
        assert campaign.status == status
    reasons = LogEntry.objects.filter(object_kind="campaign").values_list("reason", flat=True)
    assert {"because pause", "because resume", "because cancel"} <= set(reasons)


def test_stopping_needs_a_reason_and_a_second_stop_is_told(client, marketer, brand):
    campaign = make_campaign(make_members(1), brand=brand, status="running")

    assert client.post(f"/campaigns/{campaign.pk}/cancel/", {"reason": ""}).status_code == 422
    assert client.post(f"/campaigns/{campaign.pk}/cancel/", {"reason": "done"}).status_code == 302
    answer = client.post(f"/campaigns/{campaign.pk}/cancel/", {"reason": "again"})
    assert answer.status_code == 422
    assert "over already" in said_by(answer)


# --- results -------------------------------------------------------------------------------------------
def test_the_funnel_adds_up_and_every_number_leads_to_its_people(client, marketer, brand):
    store = make_store(factories.make_region(brand))
    people = [make_member(name=f"赵{n}", home_store=store) for n in range(6)]
    coupon = make_coupon_template(brand)
    campaign = make_campaign(people, brand=brand, status="finished", coupon_template=coupon)
    ends = [(3, ""), (3, ""), (3, ""), (5, "no_consent"), (5, "capped"), (4, "refused")]
    for member, (status, reason) in zip(people, ends, strict=True):
        make_delivery(campaign, member, status=status, reason=reason, opened_at=NOON if member in people[:2] else None)
    use_coupon(campaign, people[0])
    factories.make_order(store, member=people[1], amount=88, paid_at=NOON + timedelta(days=1))
    factories.make_order(store, member=people[1], amount=99, paid_at=NOON + timedelta(days=15))
    page = messages_of(client, campaign)

    assert "Planned = sent + waiting + every reason" in page
    assert "¥88.00" in page
    assert "paid within 14 days" in page
    listed = f"/campaigns/{campaign.pk}/messages/"
    for asked, numbers in (
        ("", people), ("?status=3", people[:3]), ("?status=5&reason=no_consent", people[3:4]), ("?did=opened", people[:2]),
        ("?did=redeemed", people[:1]), ("?did=bought", people[1:2]),
    ):  # fmt: skip
        rows = read(client, listed + asked)
        assert {member.number for member in people if member.number in rows} == {member.number for member in numbers}
        assert "赵1" not in rows


def test_the_list_of_messages_stays_at_the_same_number_of_queries(client, marketer, brand):
    store = make_store(factories.make_region(brand))
    campaign = make_campaign(make_members(1), brand=brand, status="finished")
    make_delivery(campaign, make_member(home_store=store))
    one = queries_of(client, f"/campaigns/{campaign.pk}/messages/")
    make_delivery(campaign, make_member(home_store=store)), make_delivery(campaign, make_member(home_store=store))
    assert queries_of(client, f"/campaigns/{campaign.pk}/messages/") == one


def test_files_hold_masked_names_and_are_noted(client, marketer, brand):
    campaign = make_campaign(brand=brand, status="finished")
    make_delivery(campaign, make_member(name="王小明"))
    answer = client.get(f"/campaigns/{campaign.pk}/messages/?export=csv")
    text = b"".join(answer.streaming_content).decode()

    assert "王小明" not in text
    assert "Sent" in text
    assert LogEntry.objects.filter(action="message.exported").count() == 1
    client.force_login(make_staff(role=Role.ANALYST))
    assert client.get(f"/campaigns/{campaign.pk}/messages/?export=csv").status_code == 403


def test_a_brands_marketer_sees_the_own_campaigns_and_members_only(client, brand):
    mine, other = make_store(factories.make_region(brand)), make_store()
    campaign = make_campaign(brand=brand, status="finished")
    strange = make_campaign(brand=other.brand, status="finished")
    near, far = make_member(home_store=mine), make_member(home_store=other)
    for member in (near, far):
        make_delivery(campaign, member)
    client.force_login(make_staff(brand, role=Role.MARKETER))

    rows = read(client, f"/campaigns/{campaign.pk}/messages/")
    assert near.number in rows
    assert far.number not in rows
    assert strange.name not in read(client, "/campaigns/")
    for room in ("", "run/", "messages/", "pause/", *(f"{step}/" for step in STEPS)):
        assert client.get(f"/campaigns/{strange.pk}/{room}").status_code == 404
    for room in ("launch/", "test/", "copy/", "preview/", "cancel/", "take-back/"):
        assert client.post(f"/campaigns/{strange.pk}/{room}").status_code == 404


def test_an_analyst_reads_and_starts_nothing(client, brand):
    campaign = make_campaign(brand=brand, status="draft")
    client.force_login(make_staff(role=Role.ANALYST))

    assert client.get(f"/campaigns/{campaign.pk}/").status_code == 200
    for room in ("launch/", "take-back/", "test/", "copy/", "preview/", "audience/"):
        assert client.post(f"/campaigns/{campaign.pk}/{room}").status_code == 403


# --- templates -----------------------------------------------------------------------------------------
def template_of(brand, sender=None, coupon=None, **given) -> dict:
    return {
        "name": "周末满减", "brand": brand.pk, "sender": sender.pk if sender else "", "text": "{name}，周末见 {link}",
        "coupon_template": coupon.pk if coupon else "", "most_days": "7", "discount_floor": "80", "budget": "2000",
        "most_at_once": "1", "radius_m": "3000",
    } | given  # fmt: skip


def test_a_campaign_from_a_template_copies_and_never_follows_it(client, marketer, brand):
    sender, coupon = make_sender(), make_coupon_template(brand)
    client.post("/templates/new/", template_of(brand, sender, coupon))
    template = Campaign._meta.get_field("template").related_model.objects.get()

    answer = client.post(f"/templates/{template.pk}/use/")
    campaign = Campaign.objects.get()
    client.post(f"/templates/{template.pk}/edit/", template_of(brand, sender, coupon, text="新的话 {link}"))
    template.refresh_from_db()
    campaign.refresh_from_db()

    assert answer["Location"] == f"/campaigns/{campaign.pk}/audience/"
    assert (campaign.text, campaign.sender, campaign.coupon_template) == ("{name}，周末见 {link}", sender, coupon)
    assert (campaign.template_version, template.version) == (1, 2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": "{who}"}, "There is no variable {who}"),
        ({"text": "{code}"}, "none is chosen"),
        ({"is_local": "on"}, "needs a coupon and a sender"),
        ({"discount_floor": "0"}, "1"),
        ({"first_day": "2026-05-02", "last_day": "2026-05-01"}, "The last day lies before the first."),
    ],
)
def test_a_template_that_cannot_be_is_refused(client, marketer, brand, given, words):
    answer = client.post("/templates/new/", template_of(brand, **given))
    assert answer.status_code == 422
    assert words in said_by(answer)


def test_a_retired_template_makes_nothing_more(client, marketer, brand):
    client.post("/templates/new/", template_of(brand))
    template = Campaign._meta.get_field("template").related_model.objects.get()
    client.post(f"/templates/{template.pk}/retire/")
    answer = client.post(f"/templates/{template.pk}/use/", follow=True)

    assert "This template is retired" in said_by(answer)
    assert not Campaign.objects.exists()
    assert "Retired" in read(client, "/templates/")


def test_a_copy_is_a_draft_without_date_or_locked_audience(client, marketer, brand, audience):
    campaign = make_campaign(make_members(1), brand=brand, status="finished", segment=audience)
    client.post(f"/campaigns/{campaign.pk}/copy/")
    made = Campaign.objects.latest("pk")

    assert (made.status, made.starts_at, made.snapshot, made.segment) == (Status.DRAFT, None, None, audience)
    assert made.text == campaign.text


# --- what the tests share ------------------------------------------------------------------------------
def make_delivery(campaign, member, *, status=3, **given) -> Delivery:
    sent_at = NOON if status == 3 else None
    Campaign.objects.filter(pk=campaign.pk).update(planned=F("planned") + 1, sent=F("sent") + int(status == 3))
    return Delivery.objects.create(
        campaign=campaign, member=member, medium=1, batch_no=0, status=status, created_at=NOON, sent_at=sent_at, **given
    )


def use_coupon(campaign, member) -> Coupon:
    n = Coupon.objects.count()
    return Coupon.objects.create(
        template=campaign.coupon_template, member=member, code=f"TESTCODE{n:04d}", source=f"campaign:{campaign.pk}:1",
        issued_at=NOON, expires_at=NOON + timedelta(days=30), redeemed_at=NOON, discount=10,
    )  # fmt: skip


def run() -> None:
    """The scheduler and the worker, here."""
    fanout.start_due(now=timezone.now())
    sending.work(clock=timezone.now)
