"""The pages about people."""

import re

import pytest

from stores.access import Role
from stores.models import LogEntry, Staff
from stores.queries import staff as people
from tests.factories import PASSWORD, make_brand, make_region, make_staff, make_store


@pytest.fixture
def head(client):
    person = make_staff(language="en")
    client.force_login(person)
    return person


def details(**given):
    return {"name": "林一", "username": "lin", "role": "store_manager", "language": "zh-hans"} | given


def test_inviting_shows_the_temporary_password_once_and_it_opens_the_account(client, head):
    store = make_store()

    page = client.post("/staff/invite/", details(stores=store.code.lower()))

    assert page.status_code == 200
    word = re.search(r'id="slip-word">([^<]+)<', page.content.decode())[1]
    person = Staff.objects.get(username="lin")
    assert person.check_password(word)
    assert people.places(person) == [store]
    assert word not in client.get(f"/staff/{person.pk}/").content.decode()
    assert page["Cache-Control"] == "no-store"


def test_headquarters_roles_take_brands_or_the_whole_chain(client, head):
    brand = make_brand()

    client.post("/staff/invite/", details(username="whole", role="analyst"))
    client.post("/staff/invite/", details(username="part", role="marketer", brands=[brand.pk]))

    assert Staff.objects.get(username="whole").scope == "chain"
    assert people.places(Staff.objects.get(username="part")) == [brand]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"stores": ""}, "stores"),
        ({"stores": "S-NOWHERE"}, "stores"),
        ({"role": "region_manager"}, "regions"),
        ({"role": "dealer"}, "dealers"),
        ({"role": "emperor"}, "role"),
        ({"username": "a b"}, "username"),
        ({"name": ""}, "name"),
        ({"phone": "call me"}, "phone"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_a_wrong_field_is_said_beside_the_field_and_nobody_is_made(client, head, given, field):
    page = client.post("/staff/invite/", details(**given))

    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert not Staff.objects.filter(username="lin").exists()


def test_a_taken_login_name_is_said_on_the_form(client, head):
    make_staff(username="lin")

    page = client.post("/staff/invite/", details(stores=make_store().code))

    assert page.status_code == 422
    assert "taken" in page.content.decode()


def test_a_region_manager_is_offered_the_own_region_and_no_headquarters_role(client):
    region, elsewhere = make_region(), make_region()
    store, strange = make_store(region), make_store(elsewhere)
    client.force_login(make_staff(region))

    form = client.get("/staff/invite/").context["form"]
    answers = [
        client.post("/staff/invite/", details(username="one", stores=store.code)),
        client.post("/staff/invite/", details(username="two", stores=strange.code)),
        client.post("/staff/invite/", details(username="six", role="admin")),
    ]

    assert {role for role, _label in form.fields["role"].choices} == {"dealer", "store_manager", "associate"}
    assert not form.fields["regions"].queryset.exists() or list(form.fields["regions"].queryset) == [region]
    assert [answer.status_code for answer in answers] == [200, 422, 422]
    assert not Staff.objects.filter(username__in=["two", "six"]).exists()


def test_moving_editing_and_seeing_off_go_through_the_pages(client, head):
    one, two = make_store(), make_store()
    person = make_staff(one)
    at = f"/staff/{person.pk}"

    client.post(f"{at}/edit/", {"name": "新名", "phone": "16900001234", "email": "", "language": "en"})
    client.post(f"{at}/places/", {"role": "associate", "stores": f"{one.code}，{two.code}"})
    person.refresh_from_db()
    assert (person.name, person.role) == ("新名", Role.ASSOCIATE)
    assert people.places(person) == [one, two]

    page = client.get(f"{at}/").content.decode()
    assert "Role or places changed" in page
    client.post(f"{at}/leave/", {"reason": "moved away"})
    person.refresh_from_db()
    assert not person.is_active
    assert LogEntry.objects.filter(action="staff.left", reason="moved away").exists()


def test_a_new_temporary_password_and_a_forgotten_factor_go_through_the_pages(client, head):
    person = make_staff(role=Role.ANALYST)

    page = client.post(f"/staff/{person.pk}/password/")
    word = re.search(r'id="slip-word">([^<]+)<', page.content.decode())[1]
    client.post(f"/staff/{person.pk}/second-factor/")

    person.refresh_from_db()
    assert person.check_password(word)
    assert not person.check_password(PASSWORD)
    assert not person.authenticator_set.exists()


def test_a_store_manager_sees_the_own_team_without_buttons_or_full_phones(client):
    store = make_store()
    mate, stranger = make_staff(store, role=Role.ASSOCIATE, phone="16900001234"), make_staff(make_store())
    client.force_login(make_staff(store))

    listed = client.get("/staff/").content.decode()
    page = client.get(f"/staff/{mate.pk}/").content.decode()

    assert mate.username in listed
    assert stranger.username not in listed
    assert "169****1234" in page
    assert "16900001234" not in page
    assert "/edit/" not in page
    assert client.get(f"/staff/{stranger.pk}/").status_code == 404
    assert client.get("/staff/invite/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(client, head, count, django_assert_max_num_queries):
    client.get("/staff/")
    for _ in range(count):
        make_staff(make_store(), make_store())

    with django_assert_max_num_queries(8) as asked:
        client.get("/staff/")

    assert len(asked) == 8


def test_the_list_finds_by_name_login_store_and_state(client, head):
    store = make_store()
    person, gone = make_staff(store, name="欧阳"), make_staff(store, is_active=False)

    def found(query):
        return [row.pk for row in client.get(f"/staff/?{query}").context["page"].rows]

    assert found("q=欧阳") == found(f"q={person.username}") == [person.pk]
    assert set(found(f"q={store.code}")) == {person.pk, gone.pk}
    assert found("state=left") == [gone.pk]
    assert found("role=store_manager&state=here") == [person.pk]


def test_a_file_goes_from_preview_to_accounts_to_links(client, head, tmp_path):
    store = make_store()
    file = tmp_path / "staff.csv"
    file.write_text(f"登录名,姓名,岗位,门店编码\nfile-1,甲,店长,{store.code}\nfile-2,乙,店员,{store.code}\n")

    with file.open("rb") as upload:
        preview = client.post("/staff/upload/", {"file": upload})
    assert preview.context["preview"]["new"] == 2
    assert not Staff.objects.filter(username="file-1").exists()
    client.post("/staff/upload/", {"token": preview.context["token"]})

    page = client.get("/staff/invitations/").content.decode()
    link = re.search(r'value="http://[^/]+(/accounts/welcome/[^"]+)"', page)[1]
    client.logout()
    assert client.get(link).status_code == 200


def test_a_file_with_a_wrong_row_loads_nothing_and_says_which(client, head, tmp_path):
    store = make_store()
    file = tmp_path / "staff.csv"
    file.write_text(f"登录名,姓名,岗位,门店编码\nfile-1,甲,店长,{store.code}\nfile-2,乙,店员,S-NOWHERE\n")

    with file.open("rb") as upload:
        preview = client.post("/staff/upload/", {"file": upload})

    assert preview.context["token"] == ""
    assert [problem["number"] for problem in preview.context["preview"]["problems"]] == [3]
    assert "S-NOWHERE" in preview.content.decode().upper()


def test_only_those_who_may_import_meet_the_upload(client):
    client.force_login(make_staff(make_region()))

    assert client.get("/staff/upload/").status_code == 403
