"""Files as they come from old systems, made on the spot."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import xlsxwriter

from loyalty.models import Account, Entry, Lot, Standing
from loyalty.services import importing
from members.models import Consent, Event, Identity, ImportRun, Member, MemberTag, StoreBinding
from tests.factories import NOON

HEADERS = ["会员卡号", "姓名", "手机号", "性别", "生日", "门店编码", "等级", "积分余额", "成长值", "标签", "注册日期",
           "接受营销", "备注"]  # fmt: skip


def xlsx(path: Path, rows: list[list[Any]], *, sheet: str = "会员", before: list[list[Any]] = ()) -> Path:
    """A workbook with one sheet; ``before`` goes above the rows."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False})
    page = book.add_worksheet(sheet)
    for number, row in enumerate([*before, *rows]):
        for column, value in enumerate(row):
            if value is not None and value != "":
                page.write(number, column, value)
    book.close()
    return path


def csv_file(path: Path, rows: list[list[Any]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def row(**given: Any) -> list[Any]:
    """One line under HEADERS; keys are english."""
    order = ["card", "name", "phone", "gender", "birthday", "store", "tier", "points", "growth", "tags", "joined",
             "marketing", "note"]  # fmt: skip
    unknown = set(given) - set(order)
    assert not unknown, unknown
    return [given.get(name, "") for name in order]


def bare_xlsx(path: Path, sheet_xml: str, **parts: str | bytes) -> Path:
    """A workbook by hand around the XML of its one sheet; ``parts`` replace or add files by name."""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
        ),
        "_rels/.rels": (
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            'officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            'worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": (
            '<?xml version="1.0"?>'
            f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{sheet_xml}</worksheet>'
        ),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (files | parts).items():
            archive.writestr(name, text)
    return path


def cell(address: str, text: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def bring(path: Path, brand: Any, *, by: Any = None, now: Any = NOON, **given: Any) -> ImportRun:
    """Start, plan and apply a file; the finished run."""
    run = importing.start(path, kind="members", by=by, now=now, brand=brand, **given)
    run = importing.plan(run, now=now)
    assert run.status == ImportRun.Status.PLANNED, run.failure
    return importing.apply(run, now=now)


def figures(run: ImportRun) -> tuple[int, ...]:
    return run.rows, run.new, run.updated, run.unchanged, run.bad


def world() -> dict[str, list[str]]:
    """Everything an import may touch, to be compared."""
    return {
        model.__name__: sorted(map(repr, model.objects.values_list()))
        for model in (Account, Consent, Entry, Event, Identity, Lot, Member, MemberTag, Standing, StoreBinding)
    }
