"""Main: a marketer brings 10,000 messy legacy members in, from the file to the error workbook."""

import random
import threading
from datetime import date

import openpyxl
import pytest
from django.db import connection
from django.utils import timezone

from loyalty.models import Account
from loyalty.services import importing
from members.models import Identity, ImportRun, Member
from tests.factories import PASSWORD, make_brand, make_region, make_staff, make_store
from tests.imports.files import HEADERS, row, xlsx

from .test_staff_main import code_now, sign_in

pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)
]  # fmt: skip
ROWS = 10_000
BAD = {
    11: ("phone", "1380013"), 23: ("phone", "1.38E+10"), 37: ("birthday", "1990-02-30"), 41: ("points", -5),
    59: ("store", "S99"),
}  # fmt: skip
ODD = {7: ("phone", "１６９００００{n:04d}"), 13: ("phone", "+86 1690000{n:04d}"), 19: ("points", "1,200 ")}


def messy(folder):
    """10,000 lines under a title and above a sum, about one in twenty bad; path and how many are good."""
    dice, lines, bad = random.Random(7), [], 0
    for n in range(ROWS):
        given = {
            "card": f"QH{n:07d}", "name": dice.choice("王李张刘陈") + dice.choice("伟芳娜敏静"),
            "phone": f"1690000{n:04d}", "gender": dice.choice(["男", "女", ""]), "store": "S00001",
            "birthday": date(1960 + n % 45, 1 + n % 12, 1 + n % 28), "points": n % 500, "growth": n % 7000,
            "tags": dice.choice(["", "老客", "老客，宝妈"]), "joined": date(2020, 1, 1), "marketing": "否",
        }  # fmt: skip
        column, value = BAD.get(n % 100) or ODD.get(n % 100) or ("note", "")
        given[column] = value.format(n=n) if isinstance(value, str) else value
        bad += n % 100 in BAD
        lines.append(row(**given))
    lines.append(row(card="合计", points=2_495_000))
    return xlsx(folder / "会员名单2026.xlsx", [HEADERS, *lines], before=[["青禾会员名单"]]), ROWS - bad, bad + 1


class Worker(threading.Thread):
    """What Celery does beside the web: take the next run whenever there is one."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stop = threading.Event()

    def run(self):
        try:
            while not self.stop.wait(0.2):
                importing.work(now=timezone.now())
        finally:
            connection.close()


@pytest.fixture
def worker():
    thread = Worker()
    thread.start()
    yield
    thread.stop.set()
    thread.join(120)


def test_a_marketer_imports_ten_thousand_legacy_members(page, live_server, worker, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    marketer = make_staff(role="marketer", scope="chain", language="zh-hans")
    make_store(make_region(make_brand(code="qh", name="青禾便利")), code="S00001")
    path, good, bad = messy(tmp_path)

    sign_in(page, live_server, marketer.username, PASSWORD)
    page.fill("input[name=code]", code_now())
    page.click(".en-form .en-button")
    page.wait_for_url(f"{live_server.url}/")

    page.goto(f"{live_server.url}/imports/")
    page.click("a[href='/imports/new/']")
    page.fill("input[name=source]", "旧会员系统")
    page.set_input_files("input[type=file]", path)
    assert page.inner_text("[data-drop-name]") == path.name
    page.click(".q-form-foot .btn-primary")
    page.wait_for_url("**/imports/*/")

    assert page.input_value("select[name=phone]") == "2"
    assert page.input_value("select[name=card]") == "0"
    page.click(".q-form-foot .btn-primary")

    page.wait_for_selector("form[action$='/confirm/'] button", timeout=120_000)
    assert not Member.objects.exists(), "nothing is saved before the yes"
    assert page.locator(".q-rejected tbody tr").count() == 50
    assert "1.38E+10" in page.inner_text(".q-rejected")
    page.click("form[action$='/confirm/'] button")

    page.wait_for_selector(".q-note-good", timeout=180_000)
    run = ImportRun.objects.get()
    assert (run.rows, run.new, run.bad) == (ROWS + 1, good, bad)
    assert run.rows == run.new + run.updated + run.unchanged + run.bad
    assert Member.objects.count() == good
    assert Identity.objects.filter(value="16900000007").exists(), "full-width digits are repaired"
    assert Account.objects.filter(book__asset="points", balance=1200).exists()

    with page.expect_download() as waiting:
        page.click("a[href$='/errors/']")
    waiting.value.save_as(tmp_path / "errors.xlsx")
    lines = list(openpyxl.load_workbook(tmp_path / "errors.xlsx").active.iter_rows(values_only=True))
    assert len(lines) == bad + 1
    assert lines[0][: len(HEADERS)] == tuple(HEADERS)
    assert lines[1][2] == "1380013"
    assert lines[1][len(HEADERS)] == "14", "the row number that the spreadsheet program shows"
