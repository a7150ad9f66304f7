"""Files as shops really keep them, to try the imports with: full-width digits, scientific notation, sums at the end.

Nothing in them is true: phones come from the invented range and names from the demo's own words.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xlsxwriter

from .places import CITIES, ROADS, SPOTS
from .words import FEMALE, SURNAMES
from .world import SEED, phone

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
MEMBER_HEADERS = [
    "会员卡号",
    "姓名",
    "手机号",
    "性别",
    "生日",
    "门店编码",
    "会员等级",
    "积分余额",
    "标签",
    "注册日期",
    "备注",
]
ENGLISH_HEADERS = ["Card No", "Name", "Mobile", "Sex", "DOB", "Store", "Level", "Points", "Tag", "Joined on", "Note"]
STORE_HEADERS = [
    "门店编码",
    "品牌",
    "大区",
    "门店名称",
    "英文名",
    "省份",
    "城市",
    "地址",
    "电话",
    "纬度",
    "经度",
    "开业日期",
]
STAFF_HEADERS = ["登录名", "姓名", "角色", "门店编码", "手机", "邮箱"]
FIRST = 400_000  # phones of these files start here: behind those of the demo chain


def write_all(folder: Path, *, rows: int) -> dict[str, int]:
    """Write every file into the folder; rows by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    makers: dict[str, Callable[[Path, int], int]] = {
        "旧系统会员.xlsx": messy_members,
        "旧系统会员_GBK.csv": gbk_members,
        "legacy_members_english.csv": english_members,
        "门店清单.xlsx": store_list,
        "员工清单.xlsx": staff_list,
    }
    return {name: make(folder / name, rows) for name, make in makers.items()}


def member(i: int, dice: np.random.Generator) -> list[str]:
    """A tidy row under MEMBER_HEADERS."""
    name = SURNAMES[int(dice.integers(0, 60))] + FEMALE[int(dice.integers(0, len(FEMALE)))]
    born = f"{1960 + int(dice.integers(0, 45))}-{1 + int(dice.integers(0, 12)):02d}-{1 + int(dice.integers(0, 28)):02d}"
    joined = (
        f"{2015 + int(dice.integers(0, 9))}-{1 + int(dice.integers(0, 12)):02d}-{1 + int(dice.integers(0, 28)):02d}"
    )
    return [
        f"OLD{i:08d}", name, phone(FIRST + i), ("男", "女", "")[i % 3], born, f"QH{1 + i % 36:05d}",
        ("普卡", "银卡", "金卡", "黑卡")[min(i % 17, 3) if i % 17 < 4 else 0], str(int(dice.integers(0, 9000))),
        "老客" if i % 9 == 0 else "", joined, "",
    ]  # fmt: skip


def mess(row: list[str | float], i: int) -> list[str | float]:
    """What happens to one row in twenty."""
    plain = str(row[2])
    ways: dict[int, tuple[int, str | float]] = {
        3: (2, plain.translate(FULL_WIDTH)),
        23: (2, f"+86 {plain[:3]}-{plain[3:7]}-{plain[7:]}"),
        43: (2, float(plain)),
        63: (2, "1.69E+10"),
        83: (2, "无"),
        103: (2, plain[:9]),
        123: (4, "1990年1月5日"),
        143: (4, "1990-02-30"),
        163: (4, 33_000.0),
        183: (7, "1,200 "),
        203: (7, "-50"),
        223: (5, "不存在的店"),
        243: (1, ""),
        263: (9, "2099-01-01"),
        283: (2, f"\u00a0{plain} "),
    }
    if (way := ways.get(i % 300)) is not None:
        row[way[0]] = way[1]
    return row


def messy_members(path: Path, rows: int) -> int:
    """An old system's list: a title over two merged rows, dirty cells, the same phone twice, a row of sums at the end."""
    dice = np.random.default_rng(SEED)
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("会员导出")
    bold = book.add_format({"bold": True, "align": "center"})
    sheet.merge_range(0, 0, 0, len(MEMBER_HEADERS) - 1, "青禾旧会员系统 会员资料导出", bold)
    sheet.merge_range(1, 0, 1, len(MEMBER_HEADERS) - 1, "制表：信息部    仅供内部使用")
    sheet.write_row(2, 0, MEMBER_HEADERS, bold)
    points = 0
    for i in range(rows):
        row = mess(list(member(i, dice)), i)
        if i % 300 == 299 and i > 300:
            row[2] = phone(FIRST + i - 150)
        sheet.write_row(3 + i, 0, row)
        points += int(row[7]) if str(row[7]).isdigit() else 0
    sheet.write_row(3 + rows, 0, ["合计", "", f"{rows} 人", "", "", "", "", points])
    book.close()
    return rows


def gbk_members(path: Path, rows: int) -> int:
    """The same kind of list as Windows saves it: GBK, commas, dates with slashes."""
    dice = np.random.default_rng(SEED + 1)
    with path.open("w", newline="", encoding="gb18030") as file:
        out = csv.writer(file, lineterminator="\r\n")
        out.writerow(MEMBER_HEADERS)
        for i in range(rows):
            row = mess(list(member(rows + i, dice)), i)
            out.writerow([str(cell).replace("-", "/") if place == 9 else cell for place, cell in enumerate(row)])
    return rows


def english_members(path: Path, rows: int) -> int:
    """Another old system's list, with English headers and a byte order mark."""
    dice = np.random.default_rng(SEED + 2)
    sexes = {"男": "M", "女": "F", "": ""}
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        out = csv.writer(file)
        out.writerow(ENGLISH_HEADERS)
        for i in range(rows):
            row = member(2 * rows + i, dice)
            out.writerow([*row[:3], sexes[row[3]], *row[4:]])
    return rows


def store_list(path: Path, rows: int) -> int:
    """New stores for the demo chain; one names a region that is not there, one code stands twice."""
    count = max(20, min(rows // 5, 2000))
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("门店")
    sheet.write_row(0, 0, STORE_HEADERS)
    for i in range(count):
        city, (spot, spot_en), road = CITIES[i % len(CITIES)], SPOTS[i % len(SPOTS)], ROADS[i % len(ROADS)][0]
        region = "不存在大区" if i == 7 else f"mart-{city.area}"
        code = f"NEW{i - 1 if i == 11 else i:05d}"
        sheet.write_row(1 + i, 0, [
            code, "mart", region, f"青禾便利{city.name}{spot}新店{i}", f"Qinghe Mart {city.name_en} {spot_en} {i}",
            city.province, city.name, f"{city.name}{road}{i + 1}号", f"16900{800_000 + i:06d}", city.latitude,
            city.longitude, f"2026-{1 + i % 12:02d}-{1 + i % 28:02d}",
        ])  # fmt: skip
    book.close()
    return count


def staff_list(path: Path, rows: int) -> int:
    """Managers and associates for the demo's stores; one role is unknown, one store too."""
    dice = np.random.default_rng(SEED + 3)
    count = max(20, min(rows // 5, 6000))
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("员工")
    sheet.write_row(0, 0, STAFF_HEADERS)
    for i in range(count):
        name = SURNAMES[int(dice.integers(0, 60))] + FEMALE[int(dice.integers(0, len(FEMALE)))]
        role = "店小二" if i == 5 else ("店长" if i % 3 == 0 else "店员")
        store = "QH99999" if i == 9 else f"QH{1 + i % 36:05d}"
        sheet.write_row(
            1 + i, 0, [f"new.{i:05d}", name, role, store, f"16900{850_000 + i:06d}", f"new.{i}@example.com"]
        )
    book.close()
    return count
