"""Files that are not what they seem, or not well made: each is answered, in both languages, within its limits."""

import subprocess
import sys
import time
import zipfile
from datetime import date, datetime
from datetime import time as clock

import pytest
import xlsxwriter
from django.utils import translation

from loyalty.services import importing
from members.imports import process, words
from members.imports.safety import Refused
from members.models import Identity, ImportProblem, ImportRun, Member
from tests.factories import NOON

from .files import HEADERS, bare_xlsx, bring, cell, csv_file, figures, row, xlsx

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
ROW = f"<sheetData><row>{cell('A1', '手机号')}</row><row>{cell('A2', '16900000001')}</row>"
MACRO = {"xl/vbaProject.bin": b"x"}
LINK = {"xl/externalLinks/externalLink1.xml": "<x/>"}
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><x>&b;</x></worksheet>'
)
XXE = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst>&x;</sst>'


def raw(name, data):
    def make(folder):
        path = folder / name
        path.write_bytes(data)
        return path

    return make


def sheet(xml, **parts):
    return lambda folder: bare_xlsx(folder / "a.xlsx", xml, **parts)


def bomb(folder):
    """300 MB of one letter in the shared strings, 300 KB on disk."""
    path = bare_xlsx(folder / "a.xlsx", ROW + "</sheetData>")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/sharedStrings.xml", "w") as out:
        for _ in range(301):
            out.write(b"a" * (1 << 20))
    return path


def dense(folder):
    path = bare_xlsx(folder / "a.xlsx", ROW + "</sheetData>")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/sharedStrings.xml", "w") as out:
        for _ in range(30):
            out.write(b"a" * (1 << 20))
    return path


def many_parts(folder):
    return bare_xlsx(folder / "a.xlsx", ROW + "</sheetData>", **{f"xl/x{n}.xml": "<x/>" for n in range(220)})


def lying(folder):
    """A member whose directory says it is small."""
    path = bare_xlsx(folder / "a.xlsx", ROW + "</sheetData>" + " " * 5000)
    data = bytearray(path.read_bytes())
    start = data.rfind(b"PK\x01\x02")
    data[start + 24 : start + 28] = (50).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def wide(folder):
    return xlsx(folder / "a.xlsx", [["手机号"] + [f"c{n}" for n in range(250)], ["16900000001"] * 251])


def book(path, sheets, *, hidden=(), drawing=""):
    """A workbook of several sheets, each (name, rows); ``drawing`` is a sheet before them that is one chart."""
    made = xlsxwriter.Workbook(str(path))
    if drawing:
        chart = made.add_chart({"type": "column"})
        chart.add_series({"values": f"={sheets[0][0]}!$A$1:$A$2"})
        made.add_chartsheet(drawing).set_chart(chart)
    for name, rows in sheets:
        page = made.add_worksheet(name)
        for number, line in enumerate(rows):
            page.write_row(number, 0, line)
        if name in hidden:
            page.hide()
        else:
            page.activate()
            page.set_first_sheet()
    made.close()
    return path


REFUSED = [
    ("empty", raw("a.csv", b"")),
    ("empty", raw("a.csv", b" \n\n ")),
    ("empty", sheet("<sheetData/>")),
    ("no_rows", lambda folder: csv_file(folder / "a.csv", [HEADERS])),
    ("wrong_type", raw("a.xlsx", PNG)),
    ("wrong_type", raw("a.csv", PNG)),
    ("wrong_type", raw("a.pdf", b"%PDF-1.7")),
    ("wrong_type", raw("a.xlsx", "手机号\n16900000001".encode())),
    ("wrong_type", raw("a.csv", b"PK\x03\x04" + b"x" * 100)),
    ("old_excel", raw("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)),
    ("old_excel", raw("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)),
    ("macros", raw("a.xlsm", b"PK\x03\x04" + b"x" * 100)),
    ("macros", sheet(ROW + "</sheetData>", **MACRO)),
    ("external_links", sheet(ROW + "</sheetData>", **LINK)),
    ("broken", raw("a.xlsx", b"PK\x03\x04" + b"x" * 100)),
    ("broken", sheet("<sheetData><row><c r='A1'><v>1</row>")),
    ("broken", sheet(ROW + "</sheetData>", **{"../../etc/x.xml": "<x/>"})),
    ("broken", lying),
    ("doctype", sheet("", **{"xl/worksheets/sheet1.xml": LAUGHS})),
    ("doctype", sheet(ROW + "</sheetData>", **{"xl/sharedStrings.xml": XXE})),
    ("doctype", sheet("", **{"xl/worksheets/sheet1.xml": LAUGHS.replace('"1.0"', "'1.0' encoding='utf-16'").encode("utf-16")})),
    ("too_big_unpacked", bomb),
    ("too_dense", dense),
    ("too_many_parts", many_parts),
    ("too_many_columns", sheet(ROW + f"<row>{cell('XFD1048576', 'x')}</row></sheetData>")),
    ("too_many_rows", sheet(ROW + f"<row>{cell('B1048576', 'x')}</row></sheetData>")),
    ("too_many_rows", sheet(ROW + "<row><c s='1' r = 'B1048576'><v>1</v></c></row></sheetData>")),
    ("far_cells", sheet(ROW + f"<row>{cell('CV900000', 'x')}</row></sheetData>")),
    ("too_many_columns", wide),
    ("encoding", raw("a.csv", "手机号\n".encode("gb18030") + b"\xff\xfe\x80\x81\xff" * 9)),
    ("encoding", raw("a.csv", "手机号\n16900000001\n".encode("utf-16") + b"x")),
    ("encoding", raw("a.csv", "手机号\n1".encode("utf-16") + b"\x00\xd8" + "\n".encode("utf-16-le"))),
    ("cell_too_long", raw("a.csv", '手机号,姓名\n16900000001,"王\n16900000002,李\n16900000003,赵\n'.encode())),
    ("cell_too_long", raw("a.csv", '手机号,姓名\n16900000001,"王\n16900000002,"李"\n16900000003,赵\n'.encode())),
    ("empty", lambda folder: book(folder / "a.xlsx", [("空", []), ("也空", [])])),
    ("cell_too_long", raw("a.csv", '手机号,姓名\n16900000001,"'.encode() + b"x" * 40_000)),
]  # fmt: skip


def take(path, brand):
    """Refused by the first look, or by the dry run that reads everything."""
    run = importing.start(path, kind="members", by=None, now=NOON, brand=brand)
    run = importing.plan(run, now=NOON)
    if run.failure:
        raise Refused(run.failure, **run.failure_detail)


@pytest.mark.parametrize(("code", "make"), REFUSED, ids=[f"{n}-{code}" for n, (code, _make) in enumerate(REFUSED)])
def test_a_bad_file_is_refused_quickly_with_a_reason(code, make, tmp_path, brand):
    path = make(tmp_path)
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        take(path, brand)
    assert caught.value.code == code
    assert time.monotonic() - began < 20
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert "%(" not in words.refusal(code, caught.value.detail)


def test_every_code_has_a_sentence():
    for code in [*words.REFUSALS, *words.PROBLEMS]:
        assert str(words.REFUSALS.get(code) or words.PROBLEMS[code]).strip()


def test_a_child_that_needs_too_much_memory_is_stopped(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, *[row(card=f"C{n}" * 9, note=f"{n} " * 400) for n in range(4000)]])
    order = {"mode": "peek", "path": str(path), "name": "a.xlsx", "known": [], "header_row": None}
    with pytest.raises(Refused) as caught:
        process.ask(order | {"memory": 20 * 1024 * 1024})
    assert caught.value.code == "child_memory"


def test_the_sealed_child_cannot_open_a_socket_or_a_file():
    program = (
        "from members.imports import child; import socket\n"
        "child.seal(1 << 30, 60, reads_phones=False)\n"
        "for act in (lambda: socket.socket(), lambda: open('/etc/hostname'), lambda: open('/tmp/x', 'w')):\n"
        "    try: act()\n"
        "    except OSError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=process.ROOT, check=True)
    assert done.stdout.split() == ["refused"] * 3


def test_the_child_knows_nothing_of_the_database(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret@/x")
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    seen = []
    monkeypatch.setattr(process.subprocess, "Popen", lambda *words, env, **rest: seen.append(env) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        process.ask({"mode": "peek"})
    assert set(seen[0]) == {"PYTHONPATH", "PATH", "PYTHONUTF8"}


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ","), ("gbk", ","), ("gb18030", "\t"), ("utf-16", "\t"), ("utf-8", ";")],
)
def test_csv_of_every_encoding_and_delimiter_is_read(encoding, delimiter, tmp_path, brand):
    rows = [HEADERS, row(card="C1", name="王小明", phone="16900000001", points="1,200")]
    run = bring(csv_file(tmp_path / "a.csv", rows, encoding=encoding, delimiter=delimiter), brand)
    assert figures(run) == (1, 1, 0, 0, 0)


def test_a_title_above_the_header_and_a_sum_below_are_understood(tmp_path, brand):
    before = [["青禾会员名单 2026"], [], ["制表：市场部", "", "2026-03-01"]]
    rows = [HEADERS, row(card="C1", points=5), row(), row(card="C2", points=6), row(card="合计：", points=11)]
    run = bring(xlsx(tmp_path / "a.xlsx", rows, before=before), brand)
    assert run.mapping["header_row"] == 4
    assert figures(run) == (3, 2, 0, 0, 1)
    assert list(ImportProblem.objects.values_list("row_no", "code")) == [(8, "total_row")]


def test_a_merged_two_line_header_is_read_as_one(tmp_path, brand):
    rows = [["姓名", "手机号", "资产", ""], ["", "", "积分余额", "成长值"], ["王小明", "16900000001", 12, 34]]
    run = bring(xlsx(tmp_path / "a.xlsx", rows), brand)
    assert figures(run) == (1, 1, 0, 0, 0)
    columns = {name: place for name, place in run.mapping["columns"].items() if place is not None}
    assert columns == {"name": 0, "phone": 1, "points": 2, "growth": 3}


def test_group_names_above_the_header_do_not_hide_it(tmp_path, brand):
    rows = [
        ["会员信息", "", "会员资产", ""],
        ["会员姓名", "联系电话", "积分", "成长值"],
        ["王小明", "16900000001", 1, 2],
    ]
    run = bring(xlsx(tmp_path / "a.xlsx", rows), brand)
    assert (run.mapping["header_row"], figures(run)) == (2, (1, 1, 0, 0, 0))


def test_a_file_without_a_header_can_still_be_mapped(tmp_path, brand):
    rows = [["王小明", "16900000001"], ["李小红", "16900000002"]]
    run = importing.start(csv_file(tmp_path / "a.csv", rows), kind="members", by=None, now=NOON, brand=brand)
    assert run.mapping["header_row"] == 0
    assert run.mapping["columns"]["phone"] == 1
    assert figures(importing.plan(run, now=NOON)) == (2, 2, 0, 0, 0)


def test_english_headers_are_guessed_too(tmp_path, brand):
    rows = [["Member No.", "Full Name", "Mobile Phone", "DOB", "Points Balance", "Opt-in"],
            ["C1", "Anna", "16900000001", "1990-01-05", "12", "yes"]]  # fmt: skip
    run = importing.start(csv_file(tmp_path / "a.csv", rows), kind="members", by=None, now=NOON, brand=brand)
    found = {name: place for name, place in run.mapping["columns"].items() if place is not None}
    assert found == {"card": 0, "name": 1, "phone": 2, "birthday": 3, "points": 4, "marketing": 5}


def test_styled_empty_rows_to_the_end_of_the_sheet_do_not_matter(tmp_path, brand):
    tail = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in (3, 1048575, 1048576))
    path = bare_xlsx(tmp_path / "a.xlsx", ROW + tail + "</sheetData>")
    assert figures(bring(path, brand)) == (1, 1, 0, 0, 0)


def test_control_characters_and_rare_han_survive_or_go(tmp_path, brand):
    rows = [HEADERS, row(card="C1", name="𠮷\x07田·麦", note="a\tb\nc")]
    run = bring(csv_file(tmp_path / "a.csv", rows), brand)
    member = Identity.objects.get(value="C1").member
    assert (member.name, member.note, run.bad) == ("𠮷田·麦", "a b c", 0)


def test_the_raw_row_of_a_refused_line_is_kept_as_it_was(tmp_path, brand):
    rows = [[*HEADERS, "自定义"], [*row(card="C1", points=-1), "原样"]]
    run = bring(xlsx(tmp_path / "a.xlsx", rows), brand)
    assert run.rejects.get().cells[-1] == "原样"
    assert ImportRun.objects.get().bad == 1


PEOPLE = ("数据", [["手机号", "姓名"], ["16900000001", "王小明"]])


@pytest.mark.parametrize(
    ("sheets", "more"),
    [
        ([("Sheet1", []), PEOPLE], {}),
        ([("说明", [["请按模板填写"], ["手机号必填"]]), PEOPLE], {}),
        ([("只有表头", [["手机号", "姓名"]]), PEOPLE], {}),
        ([("旧", [["手机号"], ["16900000009"]]), PEOPLE], {"hidden": {"旧"}}),
        ([PEOPLE], {"drawing": "图表"}),
    ],
    ids=["empty", "instructions", "header only", "hidden", "chart"],
)
def test_the_first_sheet_that_holds_members_is_found(sheets, more, tmp_path, brand):
    run = bring(book(tmp_path / "a.xlsx", sheets, **more), brand)

    assert run.mapping["sheets"][run.mapping["sheet"]] == "数据"
    assert figures(run) == (1, 1, 0, 0, 0)
    assert Identity.objects.get().value == "16900000001"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_long_gap_loses_no_row_under_it(kind, tmp_path, brand):
    rows = [["手机号", "姓名"], ["16900000001", "王"], *[[]] * 1_500, ["16900000002", "李"]]
    path = xlsx(tmp_path / "a.xlsx", rows) if kind == "xlsx" else csv_file(tmp_path / "a.csv", rows)

    assert figures(bring(path, brand)) == (2, 2, 0, 0, 0)


def test_a_million_blank_lines_take_seconds(tmp_path, brand):
    path = tmp_path / "a.csv"
    path.write_bytes("手机号,姓名\n16900000001,王\n".encode() + b",\n" * 1_000_000 + b"16900000002,x\n")
    began = time.monotonic()

    assert figures(bring(path, brand)) == (2, 2, 0, 0, 0)
    assert time.monotonic() - began < 30


def test_quotation_marks_over_lines_and_within_words_are_read(tmp_path, brand):
    path = tmp_path / "a.csv"
    path.write_bytes('手机号,姓名,备注\n16900000001,王,"a\n""b"" c"\n16900000002,李,"x\ny",5" screen\n'.encode())

    run = bring(path, brand)

    assert figures(run) == (2, 2, 0, 0, 0)
    assert Identity.objects.get(value="16900000001").member.note == 'a "b" c'


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n", "\r\r\n"])
def test_every_line_end_is_one(ends, tmp_path, brand):
    path = tmp_path / "a.csv"
    path.write_bytes(ends.join(["sep=,", "手机号,姓名", "16900000001,王", "16900000002,李", ""]).encode("utf-8-sig"))

    assert figures(bring(path, brand)) == (2, 2, 0, 0, 0)


def test_digits_that_a_file_keeps_as_text_are_digits(tmp_path, brand):
    rows = [HEADERS, row(card='="00012"', name='="007"', phone='="16900000001"', points="'1,200"),
            row(card="'00013", phone="'16900000002"), row(card="\t00014", phone="\u00a0+86 １６９-0000-0003\u202c")]  # fmt: skip

    run = bring(csv_file(tmp_path / "a.csv", rows), brand)

    assert figures(run) == (3, 3, 0, 0, 0)
    assert sorted(Identity.objects.filter(kind=Identity.Kind.CARD).values_list("value", flat=True)) == [
        "00012", "00013", "00014"
    ]  # fmt: skip
    assert sorted(Identity.objects.filter(kind=Identity.Kind.PHONE).values_list("value", flat=True)) == [
        "16900000001", "16900000002", "16900000003"
    ]  # fmt: skip


def test_a_card_that_the_spreadsheet_turned_into_something_else_stays_out(tmp_path, brand):
    cards = [datetime(2026, 3, 4), clock(3, 4), True, 1.5, 1690000000123456.0, 12.0]

    run = bring(xlsx(tmp_path / "a.xlsx", [HEADERS, *[row(card=card, name="x") for card in cards]]), brand)

    assert figures(run) == (6, 1, 0, 0, 5)
    assert list(ImportProblem.objects.order_by("row_no").values_list("code", flat=True)) == [
        *["card_changed"] * 4, "digits_lost"
    ]  # fmt: skip
    assert Identity.objects.get().value == "12"


def test_a_workbook_that_counts_days_from_1904_keeps_its_days(tmp_path, brand):
    made = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"), {"date_1904": True})
    page, style = made.add_worksheet(), made.add_format({"num_format": "yyyy-mm-dd"})
    page.write_row(0, 0, ["手机号", "生日"])
    page.write(1, 0, "16900000001")
    page.write_datetime(1, 1, datetime(1990, 1, 5), style)
    made.close()

    bring(tmp_path / "a.xlsx", brand)

    assert Member.objects.get().birthday == date(1990, 1, 5)


def test_words_that_would_harm_elsewhere_come_in_and_go_out_as_words(tmp_path, brand):
    names = ["Robert'); DROP TABLE", "{{7*7}}{% load x %}", "<script>alert(1)</script>", "%s %(x)s", "\\N", "=1+1"]

    run = bring(
        csv_file(tmp_path / "a.csv", [HEADERS, *[row(card=f"C{n}", name=name) for n, name in enumerate(names)]]), brand
    )

    assert figures(run) == (6, 6, 0, 0, 0)
    assert list(Member.objects.order_by("pk").values_list("name", flat=True)) == names
