"""Audiences in the portal: list, builder, live count, locked audiences, tags."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign
from members.models import MemberTag, Tag
from segments.models import AudienceSnapshot, Segment
from segments.services import segments, snapshots
from stores.access import Role
from stores.models import LogEntry
from tests import factories
from tests.factories import NOON

WOMEN = {"all": [{"attr": "gender", "op": "in", "value": ["f"]}]}
HTMX = {"HX-Request": "true"}
FIELDS = {"name": "周末到店", "description": ""}


@pytest.fixture
def marketer(client):
    """A marketer of the whole chain, reading English."""
    staff = factories.make_staff(role=Role.MARKETER)
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


def save(staff, rule=WOMEN, name="女会员", at=NOON):
    return segments.save(None, name=name, description="", rule=rule, by=staff, now=at)


def lock(segment, staff, name="锁定一"):
    return snapshots.lock(segment=segment, name=name, by=staff, now=timezone.now())


def queries_of(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def said(response) -> str:
    return response.content.decode()


def age(number, *, around=0, **parts):
    """The fields of an age condition as the builder posts them."""
    given = {"op": "gte", "value": "18"} | parts
    return {"node": f"{number}:{around}:age"} | {f"n{number}-{part}": value for part, value in given.items()}


# --- the list and the page ------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["/segments/", "/audiences/", "/tags/"])
def test_a_list_takes_the_same_number_of_queries_for_one_row_and_for_three(client, marketer, address):
    def add(n):
        lock(save(marketer, name=f"人群{n}"), marketer)
        Tag.objects.create(name=f"标签{n}", created_at=NOON)

    add(1)
    one = queries_of(client, address)
    add(2)
    add(3)
    assert queries_of(client, address) == one


def test_an_empty_list_says_why_and_offers_the_builder_to_those_who_may(client, marketer):
    assert "/segments/new/" in said(client.get("/segments/"))
    client.force_login(factories.make_staff(role=Role.ANALYST))
    assert "/segments/new/" not in said(client.get("/segments/"))


def test_the_page_says_the_rule_in_a_sentence_and_lists_what_was_locked(client, marketer):
    segment = save(marketer)
    made = lock(segment, marketer)

    page = said(client.get(f"/segments/{segment.pk}/"))

    assert "Gender is Female" in page
    assert made.number in page
    assert f"/segments/{segment.pk}/size/" in page


def test_the_campaigns_of_an_audience_stand_on_its_page_and_in_the_list(client, marketer):
    segment = save(marketer)
    Campaign.objects.create(
        name="春季来信",
        brand=factories.make_brand(),
        segment=segment,
        created_by=marketer,
        created_at=NOON,
        updated_at=NOON,
    )
    assert "春季来信" in said(client.get(f"/segments/{segment.pk}/"))
    assert "1 campaign" in said(client.get("/segments/"))


def test_the_size_of_a_saved_audience_is_counted_now_and_shows_masked_members_only(client, marketer):
    factories.make_member(name="王小明", gender="f", phone="16900001234")
    factories.make_member(gender="m")
    segment = save(marketer)
    page = said(client.get(f"/segments/{segment.pk}/size/", headers=HTMX))

    assert 'data-count="1"' in page
    assert "王*" in page
    assert "小明" not in page
    assert "16900001234" not in page
    assert 'data-count="1"' in said(client.get(f"/segments/{segment.pk}/size/", follow=True)), "also without scripts"


# --- who may ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["/segments/new/", "/segments/{}/edit/", "/segments/{}/lock/", "/segments/{}/archive/",
                                     "/segments/{}/tag/", "/tags/new/", "/segments/choices/?key=tags&name=n1-pick"])  # fmt: skip
def test_an_analyst_reads_audiences_and_changes_nothing(client, marketer, address):
    segment = save(marketer)
    client.force_login(factories.make_staff(role=Role.ANALYST))
    assert client.get(f"/segments/{segment.pk}/").status_code == 200
    assert client.get(address.format(segment.pk)).status_code == 403


@pytest.mark.parametrize("role", [Role.STORE_MANAGER, Role.ASSOCIATE])
def test_people_of_a_store_find_no_audiences(client, role):
    client.force_login(factories.make_staff(factories.make_store(), role=role))
    assert client.get("/segments/").status_code == 403
    assert client.get("/tags/").status_code == 403


def test_a_marketer_of_one_brand_counts_and_sees_the_own_members_only(client):
    mine, strange = factories.make_store(), factories.make_store()
    factories.make_member(home_store=mine, gender="f", name="赵一")
    factories.make_member(home_store=strange, gender="f", name="钱二")
    client.force_login(factories.make_staff(mine.brand, role=Role.MARKETER))

    page = said(client.post("/segments/count/", {"node": "1:0:gender", "n1-op": "in", "n1-pick": "f"}))

    assert 'data-count="1"' in page
    assert "赵*" in page
    assert "钱*" not in page


# --- the live count --------------------------------------------------------------------------------------
def test_the_live_count_follows_the_fields_of_the_form(client, marketer):
    today = timezone.localdate()
    for years in (17, 18, 40):
        factories.make_member(birthday=today.replace(year=today.year - years, day=1, month=1))
    fields = age(1) | {"n0-join": "all"}

    assert 'data-count="2"' in said(client.post("/segments/count/", fields))
    assert 'data-count="1"' in said(client.post("/segments/count/", fields | {"n1-not": "on"}))
    assert 'data-count="3"' in said(client.post("/segments/count/", {}))


def test_groups_inside_groups_are_joined_as_chosen(client, marketer):
    for gender in ("f", "m", ""):
        factories.make_member(gender=gender)
    fields = {
        "node": ["1:0:group", "2:1:gender", "3:1:gender"], "n0-join": "all", "n1-join": "any",
        "n2-op": "in", "n2-pick": "f", "n3-op": "unknown",
    }  # fmt: skip

    assert 'data-count="2"' in said(client.post("/segments/count/", fields))
    assert 'data-count="0"' in said(client.post("/segments/count/", fields | {"n1-join": "all"}))


def test_members_without_a_place_are_told_apart_where_a_distance_is_asked(client, marketer):
    store = factories.make_store(latitude=Decimal("30.25"), longitude=Decimal("120.17"))
    factories.make_member(latitude=Decimal("30.251"), longitude=Decimal("120.171"))
    factories.make_member()

    page = said(client.post("/segments/count/", {"node": "1:0:near", "n1-km": "3", "n1-pick": store.pk}))

    assert 'data-count="1"' in page
    assert "1 member has no known place" in page


@pytest.mark.parametrize(("language", "words"), [("en", "Fill in a figure."), ("zh-hans", "Not counted yet")])
def test_a_condition_without_a_figure_waits_and_breaks_nothing(client, marketer, language, words):
    client.cookies["django_language"] = language
    page = said(client.post("/segments/count/", age(1, value="")))
    assert "data-count" not in page
    assert words in page or language != "en"


def test_counting_takes_no_more_queries_for_more_members(client, marketer):
    def asked():
        with CaptureQueriesContext(connection) as caught:
            client.post("/segments/count/", {"node": "1:0:gender", "n1-op": "in", "n1-pick": "f"})
        return len(caught)

    factories.make_member(gender="f")
    asked()
    one = asked()
    for _ in range(2):
        factories.make_member(gender="f", home_store=factories.make_store())
    assert asked() <= one + 1  # the brands of home stores


# --- the builder -----------------------------------------------------------------------------------------
def test_three_conditions_are_saved_as_one_rule(client, marketer):
    store, tag = factories.make_store(), Tag.objects.create(name="早餐", created_at=NOON)
    fields = FIELDS | {
        "node": ["1:0:age", "2:0:orders", "3:0:group", "4:3:tag", "5:3:near"], "n0-join": "all", "n3-join": "any",
        "n1-op": "between", "n1-value": "18", "n1-high": "30", "n2-days": "90", "n2-agg": "count", "n2-op": "gte",
        "n2-value": "2", "n2-store": [store.pk], "n2-not": "on", "n4-pick": tag.pk, "n5-km": "2.5", "n5-lat": "30.25",
        "n5-lon": "120.17",
    }  # fmt: skip

    response = client.post("/segments/new/", fields)

    made = Segment.objects.get()
    assert response.headers["Location"] == f"/segments/{made.pk}/"
    assert made.rule == {"all": [
        {"attr": "age", "op": "between", "value": [18, 30]},
        {"not": {"orders": {"days": 90, "agg": "count", "op": "gte", "value": 2, "store": [store.pk]}}},
        {"any": [{"tag": tag.pk}, {"near": {"lat": 30.25, "lon": 120.17, "km": 2.5}}]},
    ]}  # fmt: skip
    again = client.get(f"/segments/{made.pk}/edit/")
    for text in ['value="2.5"', 'value="30"', "早餐", 'name="n2-not"', store.name_en]:
        assert text in said(again), text


def test_a_yes_or_no_is_counted_edited_and_saved(client, marketer):
    rule = {"all": [{"attr": "has_phone", "op": "eq", "value": True}]}
    kept = save(marketer, rule)
    asked = {"node": "1:0:has_phone", "n1-value": "no"}  # as the page posts it: there is no comparison to choose
    assert "Expected" not in said(client.post("/segments/count/", asked, headers=HTMX))
    assert client.post(f"/segments/{kept.pk}/edit/", FIELDS | asked).status_code == 302
    kept.refresh_from_db()
    assert kept.rule == {"all": [{"attr": "has_phone", "op": "eq", "value": False}]}


def test_a_rule_given_as_json_is_saved_as_it_is(client, marketer):
    client.post("/segments/new/", FIELDS | {"rule": json.dumps(WOMEN)})
    assert Segment.objects.get().rule == WOMEN


def test_errors_stand_beside_their_condition_and_what_was_typed_stays(client, marketer):
    fields = FIELDS | age(1, value="eighteen") | age(2, op="between", value="30", high="20")
    fields["node"] = ["1:0:age", "2:0:age"]

    response = client.post("/segments/new/", fields)

    assert response.status_code == 422
    page = said(response)
    assert page.index('id="n1-error"') < page.index('id="n2"') < page.index('id="n2-error"')
    for text in [
        'value="eighteen"',
        'value="20"',
        'value="周末到店"',
        "Expected a whole number",
        "larger than the second",
    ]:
        assert text in page, text
    assert not Segment.objects.exists()


def test_a_name_in_use_is_refused_and_the_rule_stays(client, marketer):
    save(marketer, name="周末到店")
    response = client.post("/segments/new/", FIELDS | age(1, value="33"))
    assert response.status_code == 422
    assert 'value="33"' in said(response)


@pytest.mark.parametrize(("asked", "kinds"), [
    ("pick:points", ["age", "points"]), ("drop:1", []), ("copy:1", ["age", "age"]), ("wrap:1", ["group", "age"]),
    ("group:0", ["age", "group"]), ("drop:99", ["age"]), ("nonsense", ["age"]), ("add:0:no_field", ["age"]),
])  # fmt: skip
def test_each_button_changes_the_drawn_rule_and_keeps_what_is_typed(client, marketer, asked, kinds):
    page = said(client.post("/segments/draw/", age(1, value="47") | {"do": asked, "at": "add:0"}))
    found = [part.split('"')[0].rpartition(":")[2] for part in page.split('name="node" value="')[1:]]
    assert found == kinds
    assert ('value="47"' in page) is ("age" in kinds)


def test_without_scripts_the_same_buttons_post_the_form_and_save_nothing(client, marketer):
    response = client.post("/segments/new/", FIELDS | age(1, value="47") | {"do": "add:0", "new-0": "points"})
    assert response.status_code == 200
    for text in ['value="47"', 'value="周末到店"', ":0:points"]:
        assert text in said(response), text
    assert not Segment.objects.exists()


def nested(depth):
    rule = {"attr": "age", "op": "gte", "value": 1}
    for _ in range(depth):
        rule = {"all": [rule]}
    return rule


ABSURD = [
    "", "{", "null", "[]", "7", '"x"', "{}", '{"all": 3}', '{"any": []}', '{"tag": "x"}', '{"tag": 999999}',
    '{"snapshot": 404}', '{"attr": "password", "op": "eq", "value": 1}', '{"attr": "age", "op": "gte", "value": 1e400}',
    '{"attr": "age", "op": "gte", "value": NaN}', '{"near": {"store": 999999, "km": 3}}', '{"near": {"km": 1}}',
    '{"attr": "region", "op": "in", "value": [404]}', '{"orders": {"days": -1}}', '{"not": null}', '{"tag": 1, "all": []}',
    json.dumps(nested(9)), "[" * 5000, json.dumps({"all": [WOMEN["all"][0]] * 51}), '{"attr": ["age"], "op": {}, "value": []}',
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("rule", ABSURD[1:])
def test_absurd_rules_are_answered_clearly_and_never_with_a_500(client, marketer, rule, language):
    client.cookies["django_language"] = language
    response = client.post("/segments/new/", FIELDS | {"rule": rule})
    page = said(response)
    if response.status_code == 302:  # a place that does not exist names nobody; it is a rule all the same
        assert "region" in rule
        return
    assert response.status_code == 422
    assert "q-summary" in page
    assert not Segment.objects.exists()


@pytest.mark.parametrize("fields", [
    {"node": ["1:1:age"]}, {"node": ["1:2:group", "2:1:group"]}, {"node": ["x", "1:0", "1:0:age:2", "0:0:age"]},
    {"node": [f"{n + 1}:{n}:group" for n in range(140)]}, {"node": [f"{n + 1}:0:age" for n in range(600)]},
    {"node": "1:0:near", "n1-km": "1e999999999", "n1-pick": "1"}, {"node": "1:0:tag", "n1-pick": "9" * 40},
    {"node": "1:0:orders", "n1-value": "٣", "n1-days": "−3", "n1-agg": "max", "n1-op": "like", "n1-store": ["x", ""]},
    {"node": "1:0:gender", "n1-op": "in", "n1-pick": ["x"] * 300}, {"node": "1:0:city", "n1-op": "in", "n1-pick": "\x00"},
    {"node": "1:0:marketing_consent", "n1-op": "gte", "n1-value": "maybe"},
])  # fmt: skip
def test_absurd_fields_are_answered_by_every_door_of_the_builder(client, marketer, fields):
    for address in ("/segments/draw/", "/segments/count/", "/segments/new/"):
        response = client.post(address, FIELDS | fields)
        assert response.status_code in (200, 400, 422), (address, response.status_code)
    assert not Segment.objects.exists()


def test_the_choices_of_a_picker_are_searched_and_keep_what_is_chosen(client, marketer):
    one, two = factories.make_store(name="西湖店"), factories.make_store(name="东站店")
    page = said(client.get("/segments/choices/", {"key": "stores", "name": "n1-pick", "q": "西湖", "n1-pick": two.pk}))
    assert f'value="{two.pk}" checked' in page
    assert f'value="{one.pk}"' in page
    assert client.get("/segments/choices/", {"key": "passwords", "name": "n1-pick"}).status_code == 404


# --- archive, copy, lock ---------------------------------------------------------------------------------
def test_an_archived_audience_leaves_the_list_and_its_locked_ones_stay(client, marketer):
    segment = save(marketer, name="要收起的")
    made = lock(segment, marketer)
    client.post(f"/segments/{segment.pk}/archive/")
    assert "要收起的" not in said(client.get("/segments/"))
    assert client.get(f"/audiences/{made.pk}/").status_code == 200


def test_a_copy_is_a_new_audience_and_the_old_one_stays(client, marketer):
    old = save(marketer)
    client.post(f"/segments/{old.pk}/copy/", FIELDS | {"rule": json.dumps(old.rule)})
    assert Segment.objects.count() == 2
    assert Segment.objects.get(pk=old.pk).name == old.name


def test_locking_leads_to_a_page_with_number_hash_size_and_members(client, marketer):
    member = factories.make_member(gender="f", name="王小明")
    segment = save(marketer)

    response = client.post(f"/segments/{segment.pk}/lock/", {"name": "三月女会员"})

    made = AudienceSnapshot.objects.get()
    assert response.headers["Location"] == f"/audiences/{made.pk}/"
    page = said(client.get(response.headers["Location"]))
    for text in [made.number, made.sha256, "三月女会员", member.number, "王*"]:
        assert text in page, text
    assert "小明" not in page


def test_the_drift_says_who_came_and_who_went(client, marketer):
    stays, goes = factories.make_member(gender="f"), factories.make_member(gender="f")
    made = lock(save(marketer), marketer)
    type(goes).objects.filter(pk=goes.pk).update(gender="m")
    for _ in range(2):
        factories.make_member(gender="f")

    page = said(client.get(f"/audiences/{made.pk}/drift/", headers=HTMX))

    assert "+2" in page
    assert "−1" in page
    assert stays.number in said(client.get(f"/audiences/{made.pk}/"))


def test_a_locked_audience_shows_fifty_members_a_page_in_constant_queries(client, marketer):
    for n in range(53):
        factories.make_member(gender="f", number=f"M{n:04d}")
    made = lock(save(marketer), marketer)
    first, second = said(client.get(f"/audiences/{made.pk}/")), said(client.get(f"/audiences/{made.pk}/?page=2"))
    assert "M0049" in first
    assert "M0050" not in first
    assert "M0052" in second
    assert queries_of(client, f"/audiences/{made.pk}/") == queries_of(client, f"/audiences/{made.pk}/?page=2")
    assert client.get(f"/audiences/{made.pk}/?page=999999").status_code == 200


# --- tags ------------------------------------------------------------------------------------------------
def test_a_tag_is_defined_renamed_and_retired(client, marketer):
    client.post("/tags/new/", {"name": "早餐党", "group": "习惯"})
    tag = Tag.objects.get()
    client.post(f"/tags/{tag.pk}/edit/", {"name": "早餐常客", "name_en": "Breakfast", "group": "习惯"})
    assert "Breakfast" in said(client.get("/tags/"))
    client.post(f"/tags/{tag.pk}/retire/")
    tag.refresh_from_db()
    assert (tag.name, bool(tag.retired_at)) == ("早餐常客", True)
    assert LogEntry.objects.filter(object_kind="tag").count() == 3


def test_a_second_tag_of_one_name_is_refused_in_words(client, marketer):
    Tag.objects.create(name="早餐党", created_at=NOON)
    response = client.post("/tags/new/", {"name": "早餐党"})
    assert response.status_code == 422
    assert "q-summary" in said(response)


def test_the_dictionary_counts_the_members_whom_one_may_see(client):
    mine, strange = factories.make_store(), factories.make_store()
    tag = Tag.objects.create(name="早餐党", created_at=NOON)
    for store in (mine, strange, strange):
        member = factories.make_member(home_store=store)
        MemberTag.objects.create(member=member, tag=tag, added_at=NOON)
    page = {}
    for who, staff in (
        ("chain", factories.make_staff()),
        ("brand", factories.make_staff(mine.brand, role=Role.MARKETER)),
    ):
        client.force_login(staff)
        page[who] = said(client.get("/tags/")).partition("早餐党")[2]
    assert ">3<" in page["chain"]
    assert ">1<" in page["brand"]


def test_a_tag_goes_to_a_whole_audience_after_its_size_was_shown(client, marketer):
    for gender in ("f", "f", "m"):
        factories.make_member(gender=gender)
    segment, tag = save(marketer), Tag.objects.create(name="春装", created_at=NOON)
    Tag.objects.create(name="旧词", created_at=NOON, retired_at=NOON + timedelta(days=1))

    page = said(client.get(f"/segments/{segment.pk}/tag/"))
    assert '<b class="s-figure">2</b>' in page
    assert "旧词" not in page
    assert not MemberTag.objects.exists()

    answer = said(client.post(f"/segments/{segment.pk}/tag/", {"tag": tag.pk}, follow=True))
    assert MemberTag.objects.filter(tag=tag).count() == 2
    assert "2 members got the tag" in answer


def test_a_marketer_of_one_brand_tags_the_own_members_only(client):
    mine, strange = factories.make_store(), factories.make_store()
    own, other = (factories.make_member(home_store=store, gender="f") for store in (mine, strange))
    marketer = factories.make_staff(mine.brand, role=Role.MARKETER)
    client.force_login(marketer)
    segment, tag = save(marketer), Tag.objects.create(name="春装", created_at=NOON)

    client.post(f"/segments/{segment.pk}/tag/", {"tag": tag.pk})

    assert list(MemberTag.objects.values_list("member", flat=True)) == [own.pk]
    assert other.pk != own.pk


def test_a_rule_with_many_pickers_fetches_their_choices_when_they_are_opened(client, marketer):
    factories.make_store(name="西湖店", name_en="Lake")
    few = client.post("/segments/draw/", {"node": ["1:0:orders"], "do": "keep:0"})
    many = client.post("/segments/draw/", {"node": [f"{n}:0:orders" for n in range(1, 5)], "do": "keep:0"})
    assert ">Lake<" in said(few)
    assert ">Lake<" not in said(many)
    assert "toggle once" in said(many)
