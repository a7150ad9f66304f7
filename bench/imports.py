"""Legacy import: the engine beside stock django-import-export and beside bare COPY of the same rows.

``make bench-import ROWS=20k``. Everything runs on a throw-away PostgreSQL; the last line is JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import psutil

from config.embedded import EmbeddedPostgres
from config.places import find_account

STORES = 200
STOCK_ROWS, BULK_ROWS = 500, 4_000
TABLES = [
    "members_member", "members_identity", "members_membertag", "members_storebinding", "members_consent",
    "members_event", "loyalty_account", "loyalty_entry", "loyalty_lot", "loyalty_standing", "loyalty_tierchange",
]  # fmt: skip
HEADERS = ["会员卡号", "姓名", "手机号", "性别", "生日", "门店编码", "等级", "积分余额", "成长值", "标签", "注册日期",
           "OpenID", "UnionID", "接受营销", "备注"]  # fmt: skip


def number(text: str) -> int:
    """20k → 20000, 1m → 1000000."""
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    return int(float(text[:-1]) * scale) if scale > 1 else int(text)


def write_file(path: Path, rows: int) -> None:
    """A workbook of ``rows`` members, of which about one in fifty is dirty."""
    import xlsxwriter  # noqa: PLC0415 -- a development dependency of this bench only

    dice = random.Random(20260304)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("会员")
    sheet.write_row(0, 0, HEADERS)
    for n in range(rows):
        for column, value in enumerate(_row(n, dice)):
            if value != "":
                sheet.write(n + 1, column, value)
    book.close()


def _row(n: int, dice: random.Random) -> list[Any]:
    born = date(1950 + dice.randrange(55), 1 + dice.randrange(12), 1 + dice.randrange(28))
    row = [
        f"QH{n:08d}", dice.choice("王李张刘陈杨") + dice.choice("伟芳娜敏静磊"), f"169{n:08d}",
        dice.choice(["男", "女", ""]),
        born, f"S{dice.randrange(STORES):05d}", dice.choice(["", "普卡", "银卡"]), dice.choice([0, 15, 200, 3000]),
        dice.choice([0, 120, 500, 1500, 6000, 30000]), dice.choice(["", "老客", "老客,宝妈"]),
        date(2015 + dice.randrange(10), 3, 4), f"oDEMO{n:023d}" if n % 2 else "", "",
        dice.choice(["", "是", "否"]), "",
    ]  # fmt: skip
    if n % 50 == 7:
        column, value = dice.choice([
            (2, "1380013"), (2, "1.38E+10"), (4, "1990-02-30"), (5, "S99999"), (7, -5), (2, f"１６９{n:08d}"),
            (4, "1990年1月5日"), (7, "1,200 "), (2, f"+86 169-{n:08d}"), (0, f"QH{max(n - 1, 0):08d}"),
        ])  # fmt: skip
        row[column] = value
    return row


class Clock:
    """Wall seconds and CPU seconds of this process, its ended children and the database with all its backends."""

    def __init__(self, server: psutil.Process) -> None:
        self.server = server
        self.wall, self.cpu = time.perf_counter(), self._cpu()

    def _cpu(self) -> float:
        own = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return own + sum(self.server.cpu_times()[:4]) + sum(self._of(child) for child in self.server.children())

    @staticmethod
    def _of(child: psutil.Process) -> float:
        try:
            return sum(child.cpu_times()[:2])
        except psutil.NoSuchProcess:
            return 0.0

    def __call__(self) -> tuple[float, float]:
        return time.perf_counter() - self.wall, self._cpu() - self.cpu


def prepare() -> Any:
    """Migrate, and make a brand with its stores."""
    import django  # noqa: PLC0415 -- the environment must be set first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 -- after setup
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from stores.models import Brand, Chain, Region, Store  # noqa: PLC0415 -- after setup

    call_command("migrate", verbosity=0)
    brand = Brand.objects.create(chain=Chain.objects.create(name="青禾"), code="qh", name="青禾")
    region = Region.objects.create(brand=brand, code="r", name="华东")
    Store.objects.bulk_create(
        Store(code=f"S{n:05d}", brand=brand, region=region, name=f"店{n}", created_at=timezone.now())
        for n in range(STORES)
    )
    return brand


def engine(path: Path, brand: Any, rows: int, server: psutil.Process) -> tuple[dict[str, Any], Any]:
    """Start, plan, apply; then see that every row and every point is accounted for."""
    from django.db import connection  # noqa: PLC0415 -- after setup
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from loyalty.services import importing  # noqa: PLC0415 -- after setup

    connection.ensure_connection()
    clock = Clock(server)
    run = importing.start(path, kind="members", by=None, now=timezone.now(), brand=brand)
    run = importing.plan(run, now=timezone.now())
    planned = clock()[0]
    run = importing.apply(run, now=timezone.now())
    wall, cpu = clock()
    if run.status != "done":
        sys.exit(f"the import ended as {run.status}: {run.failure} {run.failure_detail}")
    with connection.cursor() as cursor:
        written = 0
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            written += cursor.fetchone()[0]
        cursor.execute(
            "SELECT (SELECT sum(balance) FROM loyalty_account) = (SELECT sum(amount) FROM loyalty_entry) AND "
            "(SELECT sum(a.balance) FROM loyalty_account a JOIN loyalty_book b ON b.id = a.book_id "
            "WHERE b.asset = 'points') = (SELECT sum(remaining) FROM loyalty_lot)"
        )
        sums_agree = bool(cursor.fetchone()[0])
    accounted = run.rows == rows == run.new + run.updated + run.unchanged + run.bad and sums_agree
    print(f"engine      {rows:>8,} rows in {wall:6.1f} s = {rows / wall:8,.0f} rows/s; plan after {planned:.1f} s; "
          f"CPU {cpu:.1f} s; {written:,} rows written; new {run.new:,}, not imported {run.bad:,}")  # fmt: skip
    return {"wall": wall, "plan_s": round(planned, 1), "rows_per_s": round(rows / wall), "accounted": accounted,
            "child_peak_mb": run.figures["child"]["peak_mb"], "good": run.new + run.updated}, run  # fmt: skip


def stock(rows: list[list[Any]], *, bulk: bool) -> float:
    """Stock django-import-export into the member table alone (no identities, tags, ledger); rows a second."""
    import tablib  # noqa: PLC0415 -- comes with django-import-export
    from django.utils import timezone  # noqa: PLC0415 -- after setup
    from import_export import fields, resources, widgets  # noqa: PLC0415 -- after setup

    from members.models import Member  # noqa: PLC0415 -- after setup
    from stores.models import Store  # noqa: PLC0415 -- after setup

    now = timezone.now()

    class Stock(resources.ModelResource):
        number = fields.Field("number", "会员卡号")
        name = fields.Field("name", "姓名")
        birthday = fields.Field("birthday", "生日", widgets.DateWidget())
        home_store = fields.Field("home_store", "门店编码", widgets.ForeignKeyWidget(Store, "code"))

        class Meta:
            model = Member
            import_id_fields = ("number",)
            fields = ("number", "name", "birthday", "home_store")
            use_bulk = bulk
            batch_size = 1_000
            skip_diff = bulk

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            instance.joined_at = instance.created_at = instance.updated_at = now

    data = tablib.Dataset(*[[r[0], r[1], r[4], r[5]] for r in rows], headers=["会员卡号", "姓名", "生日", "门店编码"])
    began = time.perf_counter()
    result = Stock().import_data(data, raise_errors=True)
    took = time.perf_counter() - began
    assert result.totals["new"] == len(rows), result.totals
    name, rate = "bulk" if bulk else "rows", len(rows) / took
    print(f"stock {name}  {len(rows):>8,} rows in {took:6.1f} s = {rate:8,.0f} rows/s (member table only)")
    return rate


def bare_copy(members: int, folder: Path) -> float:
    """The very rows the engine wrote, out to files and back into the same emptied tables; seconds."""
    from django.db import connection  # noqa: PLC0415 -- after setup

    sizes = []
    with connection.cursor() as cursor:
        for table in TABLES:
            with (folder / table).open("wb") as out, cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
                for block in copy:
                    out.write(block)
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        began = time.perf_counter()
        for table in TABLES:
            with (folder / table).open("rb") as source, cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                while block := source.read(1 << 20):
                    copy.write(block)
            sizes.append(cursor.rowcount)
    took = time.perf_counter() - began
    print(f"bare COPY   {members:>8,} members, {sum(sizes):,} rows in {took:6.1f} s = {members / took:8,.0f} members/s")
    return took


def main() -> None:
    rows = number(os.environ.get("ROWS") or (sys.argv[1] if len(sys.argv) > 1 else "20k"))
    folder = Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    if account := find_account():
        shutil.chown(folder, account.uid, account.gid)
    cluster = EmbeddedPostgres(folder / "pg")
    try:
        cluster.start(bound=True)
        cluster.ensure_database("quanyu")
        os.environ |= {
            "DATABASE_URL": cluster.url("quanyu"), "QUANYU_VAR": str(folder / "var"),
            "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        server = cluster.running()
        assert server is not None
        measure(rows, folder, server)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(rows: int, folder: Path, server: psutil.Process) -> None:
    brand = prepare()
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {rows:,} rows", flush=True)
    path = folder / "members.xlsx"
    write_file(path, rows)
    sample = [row for n in range(BULK_ROWS) if n % 50 != 7 and (row := _row(n, random.Random(n)))]
    row_rate = stock(sample[:STOCK_ROWS], bulk=False)
    bulk_rate = stock(sample[STOCK_ROWS:], bulk=True)
    from members.models import Member  # noqa: PLC0415 -- after setup

    Member.objects.all().delete()
    found, run = engine(path, brand, rows, server)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    copied = bare_copy(run.new, folder)
    print(f"load average {os.getloadavg()[0]:.1f}; peak {peak} MB here, {found['child_peak_mb']} MB in the child")
    figures = {
        "rows_per_s": found["rows_per_s"], "vs_stock_row": round(found["rows_per_s"] / row_rate, 1),
        "vs_stock_bulk": round(found["rows_per_s"] / bulk_rate, 1), "vs_copy": round(copied / found["wall"], 2),
        "plan_s": found["plan_s"], "peak_mb": peak, "child_peak_mb": found["child_peak_mb"],
        "accounted": found["accounted"],
    }  # fmt: skip
    print(json.dumps({"name": "import", "figures": figures}))


if __name__ == "__main__":
    main()
