"""The import wizard: who may, what is refused and how, and each step down to the error workbook."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation

from loyalty.services import importing
from members.models import ImportRun, Member
from stores.access import Role
from stores.models import LogEntry
from tests.factories import make_brand, make_staff
from tests.imports.files import HEADERS, row, xlsx


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def brand():
    return make_brand(code="qh")


@pytest.fixture
def marketer(client):
    staff = make_staff(role=Role.MARKETER, scope="chain", language="en")
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return staff


def upload(client, path, brand=None, name="", **given):
    data = {"kind": "members", "brand": brand.pk if brand else "", "source": "crm"} | given
    file = SimpleUploadedFile(name or path.name, path.read_bytes())
    return client.post("/imports/new/", data | {"file": file})


def good_and_bad(folder):
    return xlsx(folder / "legacy.xlsx", [
        [*HEADERS, "自定义"], [*row(card="C1", phone="16900000001", name="王小明", points=5), "原样"],
        [*row(card="C2", phone="1380013", name="李小红"), "=1+1"], row(card="C3", name="赵一", points=-1),
    ])  # fmt: skip


def chosen(run):
    return {name: "" if place is None else str(place) for name, place in run.mapping["columns"].items()}


def text(answer):
    return answer.content.decode()


def through(client, folder, brand):
    """Upload, choose the guessed columns, check; the planned run."""
    upload(client, good_and_bad(folder), brand)
    run = ImportRun.objects.get()
    answer = client.post(f"/imports/{run.pk}/columns/", chosen(run))
    assert answer.status_code == 302
    importing.work(now=timezone.now())
    run.refresh_from_db()
    return run


def test_the_wizard_walks_from_file_to_result(client, marketer, brand, tmp_path):
    answer = upload(client, good_and_bad(tmp_path), brand)
    run = ImportRun.objects.get()
    assert answer["Location"] == f"/imports/{run.pk}/"
    page = text(client.get(f"/imports/{run.pk}/"))
    assert "C · 手机号" in page
    assert "Sure" in page
    assert client.post(f"/imports/{run.pk}/columns/", chosen(run)).status_code == 302
    waiting = text(client.get(f"/imports/{run.pk}/"))
    assert "Checking every row" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    importing.work(now=timezone.now())
    page = text(client.get(f"/imports/{run.pk}/"))
    assert "This is not a phone number." in page
    assert "1380013" in page
    assert not Member.objects.exists()
    client.post(f"/imports/{run.pk}/confirm/")
    assert "Importing the good rows" in text(client.get(f"/imports/{run.pk}/"))
    importing.work(now=timezone.now())
    page = text(client.get(f"/imports/{run.pk}/"))
    assert "hx-trigger" not in page
    assert Member.objects.get().name == "王小明"
    run.refresh_from_db()
    assert (run.status, run.new, run.bad) == ("done", 1, 2)
    assert "samples" not in run.mapping
    assert set(LogEntry.objects.filter(object_kind="importrun").values_list("action", flat=True)) == {
        "import.uploaded", "import.mapped", "import.confirmed", "import.done"
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_error_workbook_holds_the_rows_as_they_were_and_why(client, marketer, brand, tmp_path, language):
    run = through(client, tmp_path, brand)
    client.cookies["django_language"] = language
    answer = client.get(f"/imports/{run.pk}/errors/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    lines = [list(line) for line in sheet.iter_rows(values_only=True)]
    with translation.override(language):
        reason = str(translation.gettext("This is not a phone number."))
        assert lines[0][-3:] == [translation.gettext(word) for word in ("Row", "Column", "Reason")]
    assert lines[0][: len(HEADERS) + 1] == [*HEADERS, "自定义"]
    assert [line[-3] for line in lines[1:]] == ["3", "4"]
    assert lines[1][-1] == reason
    assert lines[1][2] == "1380013"
    assert lines[1][len(HEADERS)] == "=1+1"
    assert {cell.data_type for line in sheet.iter_rows() for cell in line if cell.value is not None} == {"s"}
    assert LogEntry.objects.filter(action="import.errors_downloaded").count() == 1


def test_the_error_workbook_corrected_and_uploaded_again_brings_only_those_rows(client, marketer, brand, tmp_path):
    run = through(client, tmp_path, brand)
    importing.apply(run, now=timezone.now())
    answer = client.get(f"/imports/{run.pk}/errors/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    book.active["C2"], book.active["H3"] = "16900000002", "7"
    book.save(tmp_path / "again.xlsx")
    upload(client, tmp_path / "again.xlsx", brand)
    again = importing.plan(ImportRun.objects.latest("pk"), now=timezone.now())
    assert (again.rows, again.new, again.bad) == (2, 2, 0)


def test_what_is_right_stays_masked_beside_what_is_wrong(client, marketer, brand, tmp_path):
    run = through(client, tmp_path, brand)
    page = text(client.get(f"/imports/{run.pk}/"))
    assert "赵*" in page
    assert "赵一" not in page


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xlsx", b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "This is not an Excel workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99, "old Excel format"),
        ("a.csv", b" ", "The file is empty."),
        ("a.xlsm", b"PK\x03\x04" + b"x" * 99, "macros"),
    ],
)
def test_a_refused_file_is_answered_in_words_and_the_form_keeps_what_was_typed(
    client, marketer, brand, tmp_path, name, data, words
):
    (tmp_path / name).write_bytes(data)
    answer = upload(client, tmp_path / name, brand, source="旧系统 7")
    assert answer.status_code == 422
    assert words in text(answer)
    assert "旧系统 7" in text(answer)
    assert f'value="{brand.pk}" selected' in text(answer)
    assert not ImportRun.objects.exists()


def test_the_same_file_again_leads_to_its_first_run(client, marketer, brand, tmp_path):
    path = good_and_bad(tmp_path)
    first = upload(client, path, brand)
    again = upload(client, path, brand)
    assert again["Location"] == first["Location"]
    assert "uploaded before" in text(client.get(again["Location"]))


def test_columns_that_cannot_be_are_sent_back_with_the_choice_kept(client, marketer, brand, tmp_path):
    upload(client, good_and_bad(tmp_path), brand)
    run = ImportRun.objects.get()
    answer = client.post(f"/imports/{run.pk}/columns/", dict.fromkeys(chosen(run), "") | {"name": "1"})
    assert answer.status_code == 422
    assert "Choose the columns without which no row can be used" in text(answer)
    assert '<option value="1" selected>B · 姓名' in text(answer)
    assert client.post(f"/imports/{run.pk}/columns/", chosen(run) | {"phone": "99"}).status_code == 422
    run.refresh_from_db()
    assert run.status == "uploaded"


def test_another_header_row_may_be_chosen(client, marketer, brand, tmp_path):
    path = xlsx(tmp_path / "a.xlsx", [["甲", "乙"], ["会员", "号码"], ["C1", "16900000001"], ["C2", "16900000002"]])
    upload(client, path, brand)
    run = ImportRun.objects.get()
    assert run.mapping["header_row"] == 1
    client.post(f"/imports/{run.pk}/look/", {"sheet": "0", "header_row": "2"})
    run.refresh_from_db()
    assert run.mapping["headers"] == ["会员", "号码"]
    client.post(f"/imports/{run.pk}/look/", {"sheet": "0", "header_row": "20"})
    assert "There is no header in that row." in text(client.get(f"/imports/{run.pk}/"))


def test_a_cancelled_import_says_so_and_cannot_be_confirmed(client, marketer, brand, tmp_path):
    run = through(client, tmp_path, brand)
    client.post(f"/imports/{run.pk}/cancel/")
    client.post(f"/imports/{run.pk}/confirm/")
    page = text(client.get(f"/imports/{run.pk}/"))
    assert "Nothing of this file was imported" in page
    assert not Member.objects.exists()


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REGION_MANAGER, Role.STORE_MANAGER, Role.ASSOCIATE])
def test_whoever_may_not_import_sees_none_of_it(client, brand, tmp_path, role):
    client.force_login(make_staff(role=role, scope="chain"))
    for path in ("/imports/", "/imports/new/", "/imports/1/", "/imports/1/errors/", "/imports/template/members/"):
        assert client.get(path).status_code == 403, path
    for path in ("columns", "look", "confirm", "cancel"):
        assert client.post(f"/imports/1/{path}/").status_code == 403, path


def test_a_stranger_s_run_is_not_found(client, brand, tmp_path):
    other = make_brand(code="other")
    path = good_and_bad(tmp_path)
    run = importing.start(path, kind="members", by=None, now=timezone.now(), brand=other)
    client.force_login(make_staff(brand, role=Role.MARKETER))
    assert client.get(f"/imports/{run.pk}/").status_code == 404
    assert client.get(f"/imports/{run.pk}/errors/").status_code == 404
    for act in ("columns", "look", "confirm", "cancel"):
        assert client.post(f"/imports/{run.pk}/{act}/").status_code == 404
    assert "legacy.xlsx" not in text(client.get("/imports/"))
    answer = upload(client, path, other)
    assert answer.status_code == 422, "a brand outside the scope cannot be chosen"


@pytest.mark.parametrize(("language", "first"), [("zh-hans", "会员卡号"), ("en", "Card number")])
def test_the_template_comes_in_both_languages_and_maps_itself(client, marketer, brand, tmp_path, language, first):
    answer = client.get(f"/imports/template/members/?language={language}")
    data = b"".join(answer.streaming_content)
    assert openpyxl.load_workbook(io.BytesIO(data)).active["A1"].value == first
    (tmp_path / "t.xlsx").write_bytes(data)
    run = importing.plan(
        importing.start(tmp_path / "t.xlsx", kind="members", by=None, now=timezone.now(), brand=brand),
        now=timezone.now(),
    )
    assert None not in run.mapping["columns"].values()
    assert (run.rows, run.new) == (1, 1)


def test_the_list_needs_as_many_queries_for_three_runs_as_for_one(
    client, marketer, brand, tmp_path, django_assert_max_num_queries
):
    counts = []
    client.get("/imports/")  # the session's own queries
    for number in (1, 2, 3):
        path = xlsx(tmp_path / f"{number}.xlsx", [HEADERS, row(card=f"C{number}")])
        importing.start(path, kind="members", by=marketer, now=timezone.now(), brand=brand)
        with django_assert_max_num_queries(25) as found:
            assert client.get("/imports/").status_code == 200
        counts.append(len(found.captured_queries))
    assert counts[0] == counts[2]
