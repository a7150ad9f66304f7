"""The page of one member: tabs with their own questions, six kinds of fact, sources, completeness, the verdict."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from campaigns.models import Delivery
from loyalty.models import CouponTemplate
from loyalty.services import adjusting, coupons, merging, orders, programs
from members.models import Event, Identity, MemberTag, Tag
from members.rules import completeness, event_schemas, facts
from members.services import editing, events, partners
from stores.access import Role
from tests.campaigns.makers import make_campaign
from tests.factories import NOON, make_channel, make_member, make_order, make_staff, make_store
from tests.imports.files import HEADERS, bring, row, xlsx
from tests.loyalty.receipts import make_shop, new_order
from tests.web.portal.test_members import questions

TABS = ("timeline", "orders", "points", "coupons", "messages", "sources", "log")


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def admin(client):
    staff = make_staff()
    client.force_login(staff)
    client.get("/ui/")
    return staff


def address(member, tab=""):
    return reverse("member-detail", args=[member.number]) + (f"?tab={tab}" if tab else "")


def add_one_of_each(member, store, n):
    """One more row for every tab."""
    make_order(store, member=member)
    program = programs.ensure(store.brand, now=NOON)
    given = {"asset": "points", "amount": 5, "reason": "x", "form_id": f"f{n}"}
    adjusting.adjust(member, program, **given, by=make_staff(), now=NOON)
    gift = CouponTemplate.objects.create(program=program, name=f"券{n}", kind="amount", value=1)
    coupons.issue(gift, member, source=f"x{n}", now=NOON)
    Delivery.objects.create(campaign=make_campaign([member]), member=member, medium=1, batch_no=0, created_at=NOON)
    tag = Tag.objects.create(name=f"标{n}", created_at=NOON)
    MemberTag.objects.create(member=member, tag=tag, added_at=NOON, source=f"staff:{make_staff().pk}")
    Identity.objects.create(kind=Identity.Kind.CARD, value=f"C{n}", member=member, added_at=NOON)


def test_each_tab_asks_as_many_questions_for_three_rows_as_for_one_and_at_most_25(client, admin):
    store = make_store()
    member = make_member(home_store=store)
    add_one_of_each(member, store, 0)
    one = {tab: questions(client, address(member, tab))[0] for tab in TABS}
    for n in (1, 2):
        add_one_of_each(member, store, n)
    three = {tab: questions(client, address(member, tab))[0] for tab in TABS}
    assert one == three
    assert max(three.values()) <= 25, three


def test_a_tab_is_swapped_alone_and_an_unknown_one_is_the_first(client, admin):
    member = make_member()
    part = client.get(address(member, "orders"), headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b'aria-current="page"' in part.content
    assert client.get(address(member, "nonsense")).context["tab"].name == "timeline"


def test_only_tabs_that_a_person_may_open_are_offered(client):
    store = make_store()
    member = make_member(home_store=store)
    client.force_login(make_staff(store, role=Role.ASSOCIATE))
    answer = client.get(address(member, "orders"))
    assert [tab.name for tab in answer.context["tabs"]] == ["timeline", "points", "coupons", "sources"]
    assert answer.context["tab"].name == "timeline"


def test_thousands_of_facts_are_read_page_by_page_each_once(client, admin):
    member = make_member()
    Event.objects.bulk_create(
        Event(kind="page.viewed", member=member, at=NOON - timedelta(minutes=n // 3), data={"page": f"/{n}"})
        for n in range(1_000)
    )
    seen, url = [], address(member, "timeline")
    asked = set()
    for _page in range(40):
        count, answer = questions(client, url)
        seen += [event.pk for event in answer.context["slice"].rows]
        asked.add(count)
        if not answer.context["slice"].older:
            break
        url = address(member, "timeline") + "&older=" + answer.context["slice"].older.replace("+", "%2B")
    assert (len(seen), len(set(seen))) == (1_000, 1_000)
    assert len(asked) == 1
    for wrong in ("nonsense", "2026-13-77T00:00:00+00:00~1", "~", "2026-03-04~5"):
        assert len(client.get(address(member, "timeline"), {"tab": "timeline", "older": wrong}).context["lines"]) == 30


# --- six kinds of fact ----------------------------------------------------------------------------------
@pytest.mark.row("000-39")
def test_one_member_shows_all_six_kinds_in_the_order_of_time(client, admin):
    store, till = make_shop()
    app = make_channel(kind="app", name="小程序")
    member = make_member(home_store=store)
    told = [  # by the till, by the app, in a store; the latest first
        ("store.entered", {"by": "wifi"}, store), ("campaign.entered", {"campaign": "double-eleven"}, None),
        ("cart.added", {"sku": "TEA-250", "quantity": 1}, None), ("preference.told", {"topic": "taste", "value": "mild"}, None),
        ("page.viewed", {"page": "/tea"}, None),
    ]  # fmt: skip
    for n, (kind, data, where) in enumerate(told, 1):
        events.append(kind, member=member, at=NOON - timedelta(hours=n), store=where, channel=app, **data)
    orders.settle(new_order(store, till, member, paid_at=NOON - timedelta(hours=9)), now=NOON)

    answer = client.get(address(member))

    lines = answer.context["lines"]
    times = [line.moment.at for line in lines]
    assert times == sorted(times, reverse=True)
    assert {line.fact for line in lines} >= {fact.label for fact in event_schemas.Fact}
    for fact in event_schemas.Fact:
        shown = client.get(address(member), {"fact": fact.value}).context["slice"].rows
        assert shown, fact
        assert {facts.of(event.kind) for event in shown} == {fact}
    through = client.get(address(member), {"channel": app.pk}).context["slice"].rows
    assert {event.channel_id for event in through} == {app.pk}
    assert len(through) == 5
    text = client.get(address(member), {"fact": "offline"}).content.decode()
    assert store.name in text
    assert "小程序" in text


def test_the_timeline_is_narrowed_to_days(client, admin):
    member = make_member()
    for day in (1, 2, 3):
        events.append("page.viewed", member=member, at=NOON.replace(day=day), page="/x")
    rows = client.get(address(member), {"day_min": "2026-03-02", "day_max": "2026-03-02"}).context["slice"].rows
    assert [event.at.day for event in rows] == [2]


# --- where each value comes from ------------------------------------------------------------------------
def sources_of(client, member):
    return {
        str(one.label): (str(one.value), one.words) for one in client.get(address(member, "sources")).context["sources"]
    }


@pytest.mark.row("000-28")
def test_every_attribute_says_which_source_and_which_row_of_a_file_set_it(client, admin, tmp_path):
    store = make_store(code="S00001")
    given = {
        "card": "C001",
        "name": "王小明",
        "phone": "16900001234",
        "store": "s00001",
        "tags": "老客",
        "marketing": "否",
    }
    bring(xlsx(tmp_path / "旧会员.xlsx", [HEADERS, row(card="C000", phone="16900001233"), row(**given)]), store.brand)
    member = Identity.objects.get(value="C001").member
    client.cookies["django_language"] = "en"
    client.get("/ui/")

    first = sources_of(client, member)
    file = first["Name"][1]
    assert "旧会员.xlsx" in file
    assert file.endswith("row 3")
    assert {
        first[label][1] for label in ("Phone", "Card number", "Home store", "Language", "Joined", "Offers and news")
    } == {file}
    assert "旧会员.xlsx" in first["Tag"][1]
    assert "Birthday" not in first

    birthday = xlsx(tmp_path / "生日.xlsx", [HEADERS, row(card="C001", name="王大明", birthday="1990-05-01")])
    bring(birthday, store.brand, now=NOON + timedelta(hours=1))
    wecom = make_channel(name="企微")
    member.refresh_from_db()
    partners.edit(member, {"gender": "f"}, channel=wecom, now=NOON + timedelta(days=1))
    member.refresh_from_db()
    words = {name: getattr(member, name) for name in editing.FIELDS} | {"note": "爱喝茶"}
    editing.edit(member, **words, by=admin, now=NOON + timedelta(days=2))

    then = sources_of(client, member)
    assert "生日.xlsx" in then["Birthday"][1]
    assert then["Name"] == first["Name"], "the second file filled a blank and nothing else"
    assert "企微" in then["Gender"][1]
    assert admin.name in then["Note"][1]


def test_what_came_with_a_merged_record_says_so(client, admin, tmp_path):
    store = make_store(code="S00001")
    bring(xlsx(tmp_path / "b.xlsx", [HEADERS, row(card="C009", phone="16900001239", name="李雷")]), store.brand)
    loser = Identity.objects.get(value="C009").member
    winner = make_member(home_store=store, name="")
    client.cookies["django_language"] = "en"
    merging.merge(winner, loser, reason="same", by=admin, now=NOON + timedelta(days=400))
    shown = sources_of(client, winner)
    assert "b.xlsx" in shown["Name"][1]
    assert loser.number in shown["Name"][1]
    assert "b.xlsx" in shown["Card number"][1]


def test_a_tag_says_who_gave_it_and_when(client, admin):
    member = make_member()
    client.post(reverse("member-tag", args=[member.number]), {"name": "爱喝茶"})
    assert admin.name in client.get(address(member)).context["head"].tags[0].why


# --- how complete ---------------------------------------------------------------------------------------
@pytest.mark.row("002-18")
def test_filling_a_field_raises_the_score_by_its_weight_and_the_next_question_follows(client, admin):
    member = make_member(name="")
    measured = lambda: client.get(address(member)).context["head"].complete  # noqa: E731
    weights = {part.name: part.weight for part in completeness.PARTS}
    assert sum(weights.values()) == completeness.WHOLE == 100
    words = {"name": "", "gender": "", "birthday": None, "language": "zh-hans", "note": ""}
    before = measured()
    assert before.score == weights["phone"]
    for field, value in (("name", "王小明"), ("birthday", NOON.date()), ("gender", "f")):
        asked = before.next
        words[field] = value
        member.refresh_from_db()
        editing.edit(member, **words, by=admin, now=NOON)
        after = measured()
        assert after.score == before.score + weights[field]
        assert field not in [part.name for part in after.missing]
        assert asked.weight >= weights[field]
        before = after
    assert before.next.name == "offers", "the weightiest that is missing"


# --- the verdict ----------------------------------------------------------------------------------------
@pytest.mark.row("001-26")
def test_a_loyal_store_buyer_who_only_browses_online_is_not_misjudged(client, admin):
    store, till = make_shop()
    from django.utils import timezone  # noqa: PLC0415 -- the page judges by the clock

    now = timezone.now()
    web = make_member(name="王小明", joined_at=now - timedelta(days=30))
    events.append("page.viewed", member=web, at=now - timedelta(days=1), page="/tea")
    buyer = make_member(home_store=store, name="王小明", joined_at=now - timedelta(days=700))
    for n in range(13):
        orders.settle(new_order(store, till, buyer, amount="180", paid_at=now - timedelta(days=5 + 20 * n)), now=now)
    verdict = lambda member: client.get(address(member)).context["head"].verdict  # noqa: E731
    assert verdict(web) == ("low", "newcomer")
    assert verdict(buyer) == ("high", "loyal_active")
    client.cookies["django_language"] = "en"

    merge = merging.merge(web, buyer, reason="one phone", by=admin, now=now)

    assert verdict(web) == ("high", "loyal_active")
    answer = client.get(address(web))
    [shown] = answer.context["head"].merges
    lines = {line.label: line for line in shown.lines}
    value = lines["Member value"]
    assert (value.winner, value.after, value.changed) == ("Low value", "High value", True)
    assert (lines["Stage of the member"].winner, lines["Stage of the member"].after) == ("Newcomer", "Loyal and active")
    changed = {label for label, line in lines.items() if line.changed}
    assert {"Spent in the last 365 days", "Orders in the last 365 days", "Latest order"} <= changed
    assert (lines["Orders in the last 365 days"].winner, lines["Orders in the last 365 days"].after) == ("0", "13")
    assert all(word in answer.content.decode() for word in ("Low value", "High value", "Orders in the last 365 days"))

    merging.unmerge(merge, reason="two people", by=admin, now=now)
    assert verdict(web) == ("low", "newcomer")
    assert verdict(buyer) == ("high", "loyal_active")
    assert Decimal("2340") == sum(order.amount for order in client.get(address(buyer, "orders")).context["slice"].rows)
