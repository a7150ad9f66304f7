"""Store codes in the portal: list, one code, downloads, replacing, revoking, archives."""

import io
import zipfile

import pypdfium2
import pytest
import zxingcpp
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stores.access import Role
from stores.models import PosterArchive, StoreCode
from stores.queries import codes as code_queries
from stores.services import codes, posters
from tests import factories
from tests.factories import NOON

Kind = StoreCode.Kind


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin(client):
    staff = factories.make_staff()
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


def issue(store=None, **given):
    return codes.issue(store or factories.make_store(), **{"kind": Kind.STORE, "by": None, "now": NOON} | given)


def queries_of(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_the_list_takes_the_same_number_of_queries_for_one_code_and_for_three(client, admin):
    issue()
    one = queries_of(client, "/codes/")
    store = factories.make_store()
    issue(store, kind=Kind.ASSOCIATE, associate=factories.make_staff(store, role=Role.ASSOCIATE))
    codes.record_scan(issue(store), visitor="v", now=NOON)
    assert queries_of(client, "/codes/") == one


def test_the_list_finds_a_code_as_it_is_printed_and_by_state(client, admin):
    live, gone = issue(), issue()
    codes.revoke(gone, by=None, now=NOON, reason="停用")

    def listed(query):
        said = client.get(f"/codes/?{query}").content.decode()
        return {code for code in (live, gone) if f"/codes/{code.pk}/" in said}

    printed = "-".join([live.public[:4], live.public[4:8], live.public[8:]])
    assert listed(f"q={printed.lower()}") == {live}
    assert listed(f"q={gone.store.code}") == {gone}
    assert listed("state=live") == listed("state=unprinted") == {live}
    assert listed("state=revoked") == {gone}
    assert listed("kind=store") == {live, gone}


def test_codes_of_strangers_are_not_found_by_any_address(client):
    mine, other = issue(), issue()
    client.force_login(factories.make_staff(mine.store))
    assert other.public[:4] not in client.get("/codes/").content.decode()
    assert client.get(f"/codes/{mine.pk}/").status_code == 200
    for path in ["", "poster/", "rotate/"]:
        assert client.get(f"/codes/{other.pk}/{path}").status_code == 404
    assert client.post(f"/codes/{other.pk}/download/", {"form": "a4"}).status_code == 404
    assert client.post(f"/codes/{other.pk}/rotate/", {"reason": "x"}).status_code == 404
    assert client.get(f"/codes/{mine.pk}/revoke/").status_code == 403
    other.refresh_from_db()
    assert other.is_live


def test_the_poster_on_the_page_is_an_svg_and_notes_no_print(client, admin):
    code = issue()
    answer = client.get(f"/codes/{code.pk}/poster/?form=tent&language=en")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
    code.refresh_from_db()
    assert code.printed_at is None
    assert client.get(f"/codes/{code.pk}/poster/?form=../../etc").status_code == 404


@pytest.mark.parametrize(("form", "kind"), [("a4", "pdf"), ("sticker", "png"), ("tent", "svg"), ("qr", "png")])
def test_a_download_is_a_named_file_and_marks_the_code_as_printed(client, admin, form, kind):
    code = issue()
    answer = client.post(f"/codes/{code.pk}/download/", {"form": form, "kind": kind, "language": "zh-hans"})
    assert f"_{form}.{kind}" in answer["Content-Disposition"]
    code.refresh_from_db()
    assert code.printed_at is not None
    if kind == "pdf":
        page = pypdfium2.PdfDocument(answer.content)[0].render(scale=1.5).to_pil()
        assert zxingcpp.read_barcodes(page)[0].text == code_queries.address(code)


@pytest.mark.parametrize("asked", [{}, {"form": "a4", "kind": "exe"}, {"form": "qr", "kind": "pdf", "language": "en"}])
def test_an_impossible_download_is_answered_in_words(client, admin, asked):
    code = issue()
    answer = client.post(f"/codes/{code.pk}/download/", asked, follow=True)
    assert "no such poster" in answer.content.decode()
    code.refresh_from_db()
    assert code.printed_at is None


def test_a_revoked_code_is_shown_with_its_reason_and_not_printed(client, admin):
    code = issue()
    client.post(f"/codes/{code.pk}/revoke/", {"reason": "被覆盖 <b>"})
    said = client.get(f"/codes/{code.pk}/").content.decode()
    assert "被覆盖 &lt;b&gt;" in said
    assert "/download/" not in said
    asked = {"form": "a4", "kind": "pdf", "language": "en"}
    answer = client.post(f"/codes/{code.pk}/download/", asked, follow=True)
    assert "already revoked" in answer.content.decode()
    again = client.post(f"/codes/{code.pk}/rotate/", {"reason": "again"})
    assert (again.status_code, "already revoked" in again.content.decode()) == (422, True)


def test_replacing_leads_to_the_new_code_and_needs_a_reason(client, admin):
    code = issue()
    assert client.post(f"/codes/{code.pk}/rotate/", {"reason": ""}).status_code == 422
    answer = client.post(f"/codes/{code.pk}/rotate/", {"reason": "磨损"})
    new = StoreCode.objects.get(store=code.store, revoked_at=None)
    assert answer["Location"] == f"/codes/{new.pk}/"
    assert f"/codes/{new.pk}/" in client.get(f"/codes/{code.pk}/").content.decode()


def test_missing_codes_are_issued_for_a_region_and_counted(client, admin):
    region = factories.make_region()
    for _ in range(3):
        factories.make_store(region)
    elsewhere = factories.make_store()
    answer = client.post("/codes/issue/", {"region": region.pk}, follow=True)
    assert "3 codes issued" in answer.content.decode()
    assert not StoreCode.objects.filter(store=elsewhere).exists()


def test_a_store_manager_issues_for_the_own_store_only(client):
    mine, other = factories.make_store(), factories.make_store()
    client.force_login(factories.make_staff(mine))
    client.post("/codes/issue/", {})
    assert set(StoreCode.objects.values_list("store", flat=True)) == {mine.pk}
    assert client.post("/codes/issue/", {"region": other.region_id}).status_code == 422
    assert client.post(f"/stores/{other.pk}/codes/new/", {"kind": "store"}).status_code == 404


def test_associates_and_posters_get_codes_of_their_own(client, admin):
    store = factories.make_store()
    person, stranger = factories.make_staff(store, role=Role.ASSOCIATE), factories.make_staff(factories.make_store())
    url = f"/stores/{store.pk}/codes/new/"
    assert client.post(url, {"kind": "associate", "associate": person.pk}).status_code == 302
    assert client.post(url, {"kind": "poster", "label": "橱窗"}).status_code == 302
    for wrong in [
        {"kind": "associate"},
        {"kind": "poster"},
        {"kind": "associate", "associate": stranger.pk},
        {"kind": "x"},
    ]:
        assert client.post(url, wrong).status_code == 422
    assert StoreCode.objects.filter(store=store).count() == 2


# --- archives ------------------------------------------------------------------------------------------
def test_an_archive_is_asked_for_watched_and_fetched_by_its_asker_alone(client, admin):
    region = factories.make_region()
    for _ in range(2):
        factories.make_store(region)
    asked = {"form": "sticker", "language": "zh-hans", "region": region.pk}
    page = client.post("/codes/archives/new/", asked)["Location"]
    said = client.get(page).content.decode()
    assert "0 of 2 stores" in said
    assert 'hx-trigger="every 1s"' in said
    assert client.get(f"{page}file/").status_code == 404
    posters.make_waiting(now=NOON)
    part = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "2 of 2 stores" in part
    assert "every 1s" not in part
    answer = client.get(f"{page}file/")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as made:
        assert len(made.namelist()) == 7
    assert page in client.get("/codes/archives/").content.decode()
    client.force_login(factories.make_staff())
    assert [client.get(url).status_code for url in (page, f"{page}file/")] == [404, 404]
    assert page not in client.get("/codes/archives/").content.decode()


def test_an_asker_who_lost_the_permission_fetches_nothing(client, admin):
    factories.make_store()
    page = client.post("/codes/archives/new/", {"form": "qr", "language": "en"})["Location"]
    posters.make_waiting(now=NOON)
    type(admin).objects.filter(pk=admin.pk).update(role=Role.ANALYST)
    assert client.get(f"{page}file/").status_code in {302, 403}


def test_an_archive_of_nothing_is_refused_in_words(client, admin):
    answer = client.post("/codes/archives/new/", {"form": "a4", "language": "en"})
    assert (answer.status_code, "No open store" in answer.content.decode()) == (422, True)
    assert not PosterArchive.objects.exists()


def test_a_failed_archive_shows_its_reason_and_a_swept_one_says_so(client, admin):
    factories.make_store()
    page = client.post("/codes/archives/new/", {"form": "qr", "language": "en"})["Location"]
    PosterArchive.objects.update(status="failed", error="OSError: disk full")
    assert "disk full" in client.get(page).content.decode()
    PosterArchive.objects.update(status="done", file="")
    assert "deleted after a week" in client.get(f"{page}file/", follow=True).content.decode()


def test_an_associate_sees_codes_and_issues_none(client):
    code = issue()
    client.force_login(factories.make_staff(code.store, role=Role.ASSOCIATE))
    assert client.get(f"/codes/{code.pk}/").status_code == 200
    for path in ["issue/", "archives/", "archives/new/", f"{code.pk}/rotate/", f"{code.pk}/revoke/"]:
        assert client.get(f"/codes/{path}").status_code == 403
