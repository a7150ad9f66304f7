"""The list of members: views that a person keeps, columns, and acts for many at once with exact counts."""

import pytest
from django.urls import reverse

from members.models import MemberTag, Tag
from segments.models import AudienceSnapshot
from segments.queries import snapshots
from stores.access import Role
from stores.models import LogEntry, SavedView
from tests.factories import NOON, make_brand, make_member, make_region, make_staff, make_store
from tests.web.portal.test_members import LIST, questions

SAVE, COLUMNS = "/member-views/", "/member-views/columns/"
TAG, LOCK = "/members-chosen/tag/", "/members-chosen/lock/"


@pytest.fixture
def admin(client):
    staff = make_staff()
    client.force_login(staff)
    client.get("/ui/")
    return staff


def views_of(client):
    return [(one["view"].name, one["url"], one["is_mine"]) for one in client.get(LIST).context["views"]]


# --- views and columns ----------------------------------------------------------------------------------
def test_a_view_keeps_filters_order_and_columns_and_never_a_searched_phone(client, admin):
    store = make_store()
    words = f"store={store.code}&sort=-joined&cols=phone&s=1&q=16900001234&page=3"
    answer = client.post(SAVE, {"name": " 杭州  新人 ", "words": words})

    kept = SavedView.objects.get()
    assert (kept.name, kept.words) == ("杭州 新人", f"store={store.code}&sort=-joined&cols=phone")
    assert answer.headers["Location"] == f"{LIST}?{kept.words}"
    assert views_of(client) == [("杭州 新人", f"?{kept.words}", True)]
    assert LogEntry.objects.filter(action="view.saved", actor_id=admin.pk).count() == 1


def test_the_same_name_replaces_a_view_and_a_plain_list_is_none(client, admin):
    client.post(SAVE, {"name": "甲", "words": "sort=joined"})
    client.post(SAVE, {"name": "甲", "words": "sort=-joined"})
    client.post(SAVE, {"name": "乙", "words": "page=2"})
    client.post(SAVE, {"name": "", "words": "sort=joined"})
    assert [(view.name, view.words) for view in SavedView.objects.all()] == [("甲", "sort=-joined")]


def test_a_shared_view_is_seen_by_colleagues_of_the_role_and_scope_and_by_nobody_else(client):
    brand = make_brand()
    owner, mate = make_staff(brand, role=Role.MARKETER), make_staff(brand, role=Role.MARKETER)
    others = [make_staff(brand, role=Role.ANALYST), make_staff(make_brand(), role=Role.MARKETER)]
    client.force_login(owner)
    client.post(SAVE, {"name": "共用", "words": "sort=joined", "is_shared": "on"})
    client.post(SAVE, {"name": "自用", "words": "sort=-joined"})
    client.force_login(mate)
    assert views_of(client) == [("共用", "?sort=joined", False)]
    shared = SavedView.objects.get(name="共用")
    assert client.post(reverse("member-view-delete", args=[shared.pk])).status_code == 404
    for other in others:
        client.force_login(other)
        assert views_of(client) == [], other.role
    client.force_login(owner)
    client.post(reverse("member-view-delete", args=[shared.pk]))
    assert views_of(client) == [("自用", "?sort=-joined", True)]


def test_columns_stay_with_the_person_and_not_with_the_browser(client, admin):
    make_member(home_store=make_store())
    answer = client.post(COLUMNS, {"cols": ["phone", "member", "nonsense"], "words": "sort=joined&page=4"})
    assert answer.headers["Location"] == f"{LIST}?sort=joined"
    shown = lambda: [column.name for column in client.get(LIST).context["table"].shown]  # noqa: E731
    assert shown() == ["member", "phone"]
    client.cookies.clear()
    client.force_login(admin)
    assert shown() == ["member", "phone"]
    client.force_login(make_staff())
    assert len(shown()) > 2


def test_views_cost_no_more_questions_when_there_are_three(client, admin):
    client.post(SAVE, {"name": "v0", "words": "sort=joined"})
    one, _answer = questions(client, LIST)
    for n in (1, 2):
        client.post(SAVE, {"name": f"v{n}", "words": "sort=joined"})
    three, answer = questions(client, LIST)
    assert one == three
    assert len(answer.context["views"]) == 3


# --- many at once ---------------------------------------------------------------------------------------
@pytest.fixture
def crowd():
    """Three members of one store and two of another; a tag that one of the three wears."""
    mine, other = make_store(), make_store()
    members = [make_member(home_store=mine) for _ in range(3)] + [make_member(home_store=other) for _ in range(2)]
    tag = Tag.objects.create(name="老客", created_at=NOON)
    MemberTag.objects.create(member=members[0], tag=tag, added_at=NOON, source="import:1")
    return mine, members, tag


def test_all_that_match_get_a_tag_and_the_count_is_exact(client, admin, crowd):
    store, members, tag = crowd
    url = f"{TAG}?which=all&store={store.code}"
    page = client.get(url, headers={"accept-language": "en"})
    assert page.context["count"] == 3
    client.post(url, {"tag": tag.pk, "count": 3})
    assert set(MemberTag.objects.values_list("member", flat=True)) == {member.pk for member in members[:3]}
    assert MemberTag.objects.get(member=members[0]).source == "import:1"
    assert MemberTag.objects.get(member=members[1]).source == f"staff:{admin.pk}"
    assert LogEntry.objects.get(action="tag.given").after == {"name": "老客", "members": 2, "asked": 3}


def test_a_list_that_changed_since_it_was_counted_is_not_touched(client, admin, crowd):
    store, _members, tag = crowd
    url = f"{TAG}?which=all&store={store.code}"
    make_member(home_store=store)
    answer = client.post(url, {"tag": tag.pk, "count": 3})
    assert answer.status_code == 422
    assert MemberTag.objects.count() == 1


def test_only_the_ticked_are_locked_and_they_stay_what_they_were(client, admin, crowd):
    _store, members, _tag = crowd
    ticked = [members[1], members[4]]
    url = f"{LOCK}?which=ticked&" + "&".join(f"row={member.number}" for member in ticked)
    assert client.get(url).context["count"] == 2
    answer = client.post(url, {"name": "两位", "count": 2})
    locked = AudienceSnapshot.objects.get()
    assert answer.headers["Location"] == reverse("snapshot-detail", args=[locked.pk])
    assert snapshots.ids_of(locked).tolist() == sorted(member.pk for member in ticked)
    assert (locked.size, locked.rule) == (2, {"snapshot": locked.pk})
    assert client.get(reverse("snapshot-detail", args=[locked.pk])).status_code == 200
    drift = snapshots.drift(locked, NOON)
    assert (drift.locked, drift.live, drift.left, drift.entered) == (2, 2, 0, 0)


def test_nothing_ticked_and_filters_that_cannot_be_read_change_nobody(client, admin, crowd):
    _store, _members, tag = crowd
    assert client.get(f"{TAG}?which=ticked").status_code == 302
    for words in ("which=all&brand=999999", "which=all&joined_min=nonsense"):
        assert client.post(f"{TAG}?{words}", {"tag": tag.pk, "count": 5}).status_code == 400, words
    assert MemberTag.objects.count() == 1


def test_a_person_of_one_brand_acts_on_that_brands_members_alone(client, crowd):
    store, members, tag = crowd
    client.force_login(make_staff(store.brand, role=Role.MARKETER))
    assert client.get(f"{TAG}?which=all").context["count"] == 3
    every = "&".join(f"row={member.number}" for member in members)
    client.post(f"{TAG}?which=ticked&{every}", {"tag": tag.pk, "count": 3})
    assert set(MemberTag.objects.values_list("member", flat=True)) == {member.pk for member in members[:3]}


def test_who_may_not_tag_lock_or_export_sees_no_boxes_and_no_doors(client, crowd):
    store, members, _tag = crowd
    client.force_login(make_staff(store.region, role=Role.REGION_MANAGER))
    assert b"data-tick" not in client.get(LIST).content
    assert client.get(f"{TAG}?which=all").status_code == 403
    assert client.get(f"{LOCK}?which=all").status_code == 403
    client.force_login(make_staff(make_region().brand, role=Role.MARKETER))
    assert client.get(f"{TAG}?which=ticked&row={members[0].number}").status_code == 302


def test_the_ticked_are_exported_alone_and_only_by_who_may(client, admin, crowd):
    _store, members, _tag = crowd
    url = f"{LIST}?row={members[0].number}&export=csv&cols=number"
    body = b"".join(client.get(url).streaming_content).decode()
    assert body.splitlines()[-1].startswith(f"{members[0].number},")
    assert len(body.split("\n")) <= 4
    client.force_login(make_staff(role=Role.ANALYST))
    assert client.get(url).status_code == 403
