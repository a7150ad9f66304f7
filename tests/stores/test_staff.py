"""Inviting, moving and seeing off people; who may hand out what."""

from datetime import timedelta

import pytest
import tablib
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from stores.access import Role
from stores.models import LogEntry, Staff, StoreCode
from stores.queries import invites as links
from stores.queries import staff as people
from stores.resources.staff import StaffResource
from stores.rules.secrets import temporary_password
from stores.services import codes, invites, sessions, staff
from tests.factories import NOON, make_brand, make_dealer, make_region, make_staff, make_store


@pytest.fixture
def head():
    return make_staff()


def test_invite_makes_an_account_with_a_password_that_must_be_changed(head):
    store = make_store()

    done = staff.invite(
        "Mei", name="梅", role=Role.STORE_MANAGER, nodes=[store], by=head, now=NOON, phone="16900001234"
    )

    person = Staff.objects.get(username="mei")
    assert person.check_password(done.password)
    assert person.must_change_password
    assert (person.scope, people.places(person)) == ("store", [store])
    store.refresh_from_db()
    assert store.invited_at == NOON
    entry = LogEntry.objects.get(action="staff.invited")
    assert (entry.actor_id, entry.store_id, entry.after["phone"]) == (head.pk, store.pk, "169****1234")
    assert done.password not in str(entry.after)


def test_a_login_name_is_given_once_whatever_its_case(head):
    store = make_store()
    staff.invite("mei", name="梅", role=Role.ASSOCIATE, nodes=[store], by=head, now=NOON)

    with pytest.raises(staff.UsernameTaken):
        staff.invite("MEI", name="美", role=Role.ASSOCIATE, nodes=[store], by=head, now=NOON)

    assert Staff.objects.filter(username="mei").count() == 1


def test_a_region_manager_hands_out_only_store_roles_inside_the_own_region():
    region, elsewhere = make_region(), make_region()
    mine, strange = make_store(region), make_store(elsewhere)
    boss = make_staff(region)
    given = {"name": "新", "by": boss, "now": NOON}

    staff.invite("inside", role=Role.STORE_MANAGER, nodes=[mine], **given)
    staff.invite("dealer", role=Role.DEALER, nodes=[make_dealer(region)], **given)

    for role, nodes in [
        (Role.STORE_MANAGER, [strange]),
        (Role.STORE_MANAGER, [mine, strange]),
        (Role.DEALER, [make_dealer(elsewhere)]),
        (Role.REGION_MANAGER, [region]),
        (Role.ADMIN, []),
        (Role.MARKETER, [region.brand]),
        (Role.ANALYST, []),
        (Role.ASSOCIATE, []),
    ]:
        with pytest.raises(staff.NotYours):
            staff.invite("outside", role=role, nodes=nodes, **given)
    assert not Staff.objects.filter(username="outside").exists()


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST, Role.DEALER, Role.STORE_MANAGER, Role.ASSOCIATE])
def test_roles_without_the_permission_invite_nobody(role):
    store = make_store()
    by = make_staff(store, role=role)

    with pytest.raises(staff.NotYours):
        staff.invite("nobody", name="无", role=Role.ASSOCIATE, nodes=[store], by=by, now=NOON)


def test_a_role_gets_its_own_kind_of_place_and_one_kind_only(head):
    store, region = make_store(), make_region()

    for role, nodes in [
        (Role.STORE_MANAGER, [region]),
        (Role.REGION_MANAGER, [store]),
        (Role.ASSOCIATE, [store, region]),
    ]:
        with pytest.raises(staff.NotYours):
            staff.invite("x-y", name="错", role=role, nodes=nodes, by=head, now=NOON)


def test_a_new_role_ends_the_sessions_and_leaves_before_and_after_in_the_log(head):
    one, two = make_store(), make_store()
    person = make_staff(one)
    sessions.touch(person, "k" * 32, address="127.0.0.1", browser="x", now=NOON)

    staff.change_role(person, role=Role.ASSOCIATE, nodes=[two], by=head, now=NOON)

    assert people.places(person) == [two]
    assert not UserSession.objects.filter(user=person).exists()
    entry = LogEntry.objects.get(action="staff.role_changed")
    assert entry.before == {"role": "store_manager", "scope": "store", "places": [one.code]}
    assert entry.after == {"role": "associate", "scope": "store", "places": [two.code]}


def test_leaving_kills_password_sessions_second_factor_and_own_codes(head):
    store = make_store()
    person = make_staff(store, role=Role.ASSOCIATE)
    codes.issue(store, kind=StoreCode.Kind.ASSOCIATE, associate=person, by=head, now=NOON)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    sessions.touch(person, "k" * 32, address="127.0.0.1", browser="x", now=NOON)

    staff.leave(person, by=head, now=NOON, reason="moved away")

    person.refresh_from_db()
    assert (person.is_active, person.left_at, person.has_usable_password()) == (False, NOON, False)
    assert not UserSession.objects.filter(user=person).exists()
    assert not Authenticator.objects.filter(user=person).exists()
    assert not StoreCode.objects.filter(associate=person, revoked_at=None).exists()
    assert LogEntry.objects.filter(action="staff.left", reason="moved away").exists()


def test_the_last_administrator_of_the_chain_stays(head):
    second = make_staff()
    staff.leave(second, by=head, now=NOON)
    other = make_staff(make_brand(), role=Role.ADMIN)

    assert people.is_last_administrator(head)
    for act in (
        lambda: staff.leave(head, by=other, now=NOON),
        lambda: staff.change_role(head, role=Role.ANALYST, nodes=[], by=other, now=NOON),
    ):
        with pytest.raises(staff.StaffProblem):
            act()
    head.refresh_from_db()
    assert (head.is_active, head.role) == (True, Role.ADMIN)


def test_nobody_changes_their_own_role_or_a_stranger():
    region = make_region()
    boss = make_staff(region)
    equal, strange = make_staff(region), make_staff(make_store())

    for person in (boss, equal, strange):
        with pytest.raises(staff.NotYours):
            staff.leave(person, by=boss, now=NOON)


def test_somebody_with_one_place_outside_is_visible_but_not_to_be_changed():
    region = make_region()
    boss = make_staff(region)
    shared = make_staff(make_store(region), make_store())

    assert shared in people.visible_to(boss)
    assert shared not in people.manageable_by(boss)


def test_each_scope_sees_its_own_colleagues():
    brand = make_brand()
    region = make_region(brand)
    dealer = make_dealer(region)
    dealt, own = make_store(dealer=dealer), make_store(region)
    a, b, c, d, e = make_staff(brand), make_staff(region), make_staff(dealer), make_staff(dealt), make_staff(own)
    make_staff(make_store())

    seen = {who: set(people.visible_to(who)) for who in (a, b, c, d, e)}

    assert seen[a] == {a, b, c, d, e}
    assert seen[b] == {b, c, d, e}
    assert seen[c] == {c, d}
    assert seen[d] == {d}
    assert seen[e] == {e}


def test_temporary_passwords_are_long_and_never_repeat():
    made = {temporary_password() for _ in range(500)}

    assert len(made) == 500
    assert all(len(word.replace("-", "")) == 16 for word in made)


# --- many at once ----------------------------------------------------------------------------------------
def sheet(*rows, headers=("登录名", "姓名", "岗位", "门店编码", "手机")):
    return tablib.Dataset(*rows, headers=headers)


def test_a_file_makes_accounts_that_open_by_a_one_time_link(head):
    store = make_store()
    resource = StaffResource(by=head, now=NOON)

    result = resource.import_data(sheet(("Li01", "李", "店长", store.code, "169 0000 1234")), raise_errors=True)

    assert result.totals["new"] == 1
    person = Staff.objects.get(username="li01")
    assert (person.role, person.phone, person.has_usable_password()) == ("store_manager", "16900001234", False)
    token = links.token(person)
    assert links.find(token) == person
    invites.accept(person, "an apple a day keeps", now=NOON)
    assert links.find(token) is None
    with pytest.raises(invites.InviteUsed):
        invites.accept(person, "somebody else was late", now=NOON)


def test_an_invitation_dies_with_leaving_and_with_one_wrong_letter(head):
    person = make_staff(make_store(), password="!unusable")
    token = links.token(person)
    flipped = token[:-1] + ("a" if token[-1] != "a" else "b")

    assert links.find(token) == person
    assert links.find(flipped) is None
    assert links.find("") is None
    staff.leave(person, by=head, now=NOON)
    assert links.find(token) is None


def test_an_invitation_is_too_old_after_fourteen_days():

    person = make_staff(make_store(), password="!unusable")
    with time_machine.travel(NOON, tick=False):
        token = links.token(person)
    with time_machine.travel(NOON + timedelta(days=13, hours=23), tick=False):
        assert links.find(token) == person
    with time_machine.travel(NOON + timedelta(days=14, minutes=1), tick=False):
        assert links.find(token) is None


def test_a_dry_run_writes_nothing_and_names_each_wrong_cell(head):
    store = make_store()
    taken = make_staff(store)
    before = Staff.objects.count()
    rows = [
        ("ok-1", "好", "店员", store.code, ""),
        ("!", "坏", "店员", store.code, ""),
        ("ok-1", "重", "店员", store.code, ""),
        ("role", "角", "皇帝", store.code, ""),
        ("shop", "店", "店长", "S-NOWHERE", ""),
        ("none", "空", "店长", "", ""),
        ("call", "电", "店员", store.code, "打电话"),
        ("hq-1", "总", "admin", "", ""),
        (taken.username, "改名", "店长", store.code, ""),
    ]

    result = StaffResource(by=head, now=NOON).import_data(sheet(*rows), dry_run=True)

    assert Staff.objects.count() == before
    assert [bad.number for bad in result.invalid_rows] == [2, 3, 4, 5, 6, 7, 8]
    assert (result.totals["new"], result.totals["update"]) == (1, 1)
    assert not result.base_errors


def test_a_file_brings_nobody_beyond_the_importers_own_places():
    region = make_region()
    boss = make_staff(region)
    mine, strange = make_store(region), make_store()
    stranger = make_staff(strange)
    rows = [
        ("in-1", "内", "店员", mine.code, ""),
        ("out", "外", "店员", strange.code, ""),
        (stranger.username, "抢", "店长", strange.code, ""),
        ("boss", "升", "大区经理", f"{region.brand.code}/{region.code}", ""),
    ]

    result = StaffResource(by=boss, now=NOON).import_data(sheet(*rows), dry_run=True)

    assert [bad.number for bad in result.invalid_rows] == [2, 3, 4]


@pytest.mark.slow
def test_six_thousand_people_come_in_within_a_few_seconds_and_questions(head, django_assert_max_num_queries):
    shops = [make_store() for _ in range(20)]
    rows = [(f"p{n:05d}", f"员工{n}", "店长" if n % 3 == 0 else "店员", shops[n % 20].code, "") for n in range(6000)]

    with django_assert_max_num_queries(60):
        result = StaffResource(by=head, now=NOON).import_data(sheet(*rows), raise_errors=True)

    assert result.totals["new"] == 6000
    assert Staff.objects.filter(username__startswith="p0").count() == 6000
    assert LogEntry.objects.filter(action="staff.invited").count() == 6000
