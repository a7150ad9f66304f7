"""Members, tags and two years of orders for the audience bench, drawn inside PostgreSQL; and the same in DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

TAGS, CATEGORIES, STORES, REGIONS = 40, 50, 2_000, 20
CHAIN = """
    INSERT INTO stores_region (id, brand_id, code, name, name_en) SELECT n, %(brand)s, 'x' || n, 'r' || n, ''
    FROM generate_series(101, 100 + %(regions)s) n;
    INSERT INTO stores_store (id, code, brand_id, region_id, name, name_en, province, city, address, phone, time_zone,
        latitude, longitude, created_at)
    SELECT 1000 + n, 'B' || n, %(brand)s, 101 + n %% %(regions)s, 's' || n, '', '', 'c' || n %% 340, '', '', 'Asia/Shanghai',
        18 + 28 * random(), 100 + 26 * random(), now() FROM generate_series(1, %(stores)s) n;
    INSERT INTO members_tag (id, name, name_en, "group", description, created_at)
    SELECT n, 't' || n, '', '', '', now() FROM generate_series(1, %(tags)s) n;
    INSERT INTO members_product (id, sku, name, department, category, maker, size, updated_at)
    SELECT n, 'p' || n, 'p', '', 'category ' || n %% %(categories)s, '', '', now() FROM generate_series(1, 5000) n;
"""
PEOPLE = """
    INSERT INTO members_member (id, number, name, gender, birthday, language, note, latitude, longitude, home_store_id,
        joined_at, joined_channel_id, created_at, updated_at)
    SELECT n, 'M' || n, '', (ARRAY['f', 'm', ''])[1 + n %% 3], DATE '1950-01-01' + (random() * 21000)::int, 'zh-hans', '',
        s.latitude + (random() + random() + random() - 1.5) * 0.1, s.longitude + (random() + random() + random() - 1.5) * 0.1,
        s.id, %(now)s - random() * interval '1400 days', %(till)s, now(), now()
    FROM generate_series(1, %(members)s) n JOIN stores_store s ON s.id = 1001 + (n * 7919::bigint) %% %(stores)s
"""
REST = """
    INSERT INTO members_membertag (member_id, tag_id, added_at, source)
    SELECT n, t, now(), '' FROM generate_series(1, %(members)s) n, generate_series(1, %(tags)s) t
    WHERE random() < 1.6 / (t + 3 + 0 * n);
    INSERT INTO members_consent (member_id, purpose, is_given, at, method, evidence)
    SELECT n, 'marketing', n %% 5 > 1, now(), 'bench', '' FROM generate_series(1, %(members)s) n;
    INSERT INTO loyalty_account (member_id, book_id, balance, earned, spent, expired, debt, version)
    SELECT n, b.id, (random() * 5000)::int, 0, 0, 0, 0, 0 FROM generate_series(1, %(members)s) n, loyalty_book b;
    INSERT INTO loyalty_standing (member_id, program_id, tier_id, since, joined_at)
    SELECT n, t.program_id, t.id, now(), now() FROM generate_series(1, %(members)s) n
    JOIN (SELECT *, row_number() OVER (ORDER BY threshold) - 1 AS place FROM loyalty_tier) t ON t.place = n %% 4;
"""
TRADE = """
    INSERT INTO members_order (id, channel_id, number, member_id, store_id, amount, refunded, paid_at, received_at, digest)
    SELECT n, %(till)s, 'R' || n, 1 + floor(power(random(), 2.2) * %(members)s)::int, 1001 + (n * 104729::bigint) %% %(stores)s,
        p, CASE WHEN n %% 50 = 0 THEN p WHEN n %% 33 = 0 THEN round(p / 3, 2) ELSE 0 END,
        %(now)s - random() * interval '730 days', now(), '\\x00'
    FROM (SELECT n, round((5 + 300 * power(random(), 3))::numeric, 2) AS p FROM generate_series(1, %(orders)s) n) drawn;
    INSERT INTO members_orderline (order_id, line_no, sku, product_id, name, quantity, amount)
    SELECT n, k, 'p', 1 + floor(random() * 5000)::int, '', 1, round((2 + random() * 150)::numeric, 2)
    FROM generate_series(1, %(orders)s) n, generate_series(1, 2) k;
"""


def fill(members: int, *, brand: int, till: int, now: Any) -> None:
    """So many members, 2.5 orders each with two lines, about 4 tags each. Triggers and foreign keys rest meanwhile."""
    from django.db import connection  # noqa: PLC0415 -- after setup

    given = {"members": members, "orders": members * 5 // 2, "tags": TAGS, "categories": CATEGORIES, "stores": STORES,
             "regions": REGIONS, "brand": brand, "till": till, "now": now}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; SET statement_timeout = 0; SET synchronous_commit = off"
        )
        cursor.execute("SELECT setseed(0.5)")
        for text in (CHAIN, PEOPLE, REST, TRADE):
            for statement in text.split(";\n"):
                if statement.strip():
                    cursor.execute(statement, given)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def tag(n: int) -> dict[str, Any]:
    return {"tag": n}


def attr(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"attr": name, "op": op, "value": value}


def rules(tiers: list[int]) -> dict[str, dict[str, Any]]:
    """Ten trees after those that the engines were chosen by."""

    def bought(**asked: Any) -> dict[str, Any]:
        given = {"agg": "count", "op": "gte", "value": 1} | asked
        if "category" in given:
            given["category"] = [f"category {n}" for n in given["category"]]
        return {"orders": given}

    def near(store: int) -> dict[str, Any]:
        return {"near": {"store": 1000 + store, "km": 3}}

    agreed = attr("marketing_consent", "eq", True)
    return {
        "one tag": tag(12),
        "five tags": {"any": [{"all": [tag(3), tag(38)]}, {"all": [tag(7), {"not": tag(15)}, tag(20)]}, tag(33)]},
        "tag, spent, birthday": {"all": [tag(1), attr("spent", "between", [200, 800]), attr("birthday_month", "in", [11])]},
        "category twice in 30 days": bought(days=30, category=[7], value=2),
        "regions, points, tier": {"all": [
            attr("region", "in", [103, 108, 114]), attr("points", "gte", 2000), attr("tier", "in", tiers[2:]),
            attr("last_order_days", "lte", 180), attr("age", "between", [22, 45])]},
        "3 km": near(17),
        "2 categories, 2 regions, 180 days": {"all": [
            bought(days=180, category=[3, 4], region=[105, 106], value=2), attr("tier", "in", tiers[1:])]},
        "13 leaves": {"all": [
            {"any": [tag(2), {"all": [tag(9), tag(21)]}, attr("tier", "in", tiers[3:])]},
            {"not": {"any": [attr("gender", "unknown", None), tag(33)]}},
            {"any": [attr("spent", "gte", 300), bought(days=60, category=[0, 1, 2], value=2),
                     {"all": [near(40), attr("points", "gte", 100)]}]},
            agreed, attr("age", "between", [22, 45]), attr("joined_days", "gte", 90), attr("order_count", "gte", 1)]},
        "lapsed": {"all": [
            attr("tier", "in", tiers[1:]), {"not": bought(days=90)}, bought(days=365), agreed, {"not": tag(1)}]},
        "sum over a year, 10 places": {"all": [
            bought(days=365, agg="sum", value=100, category=[0, 5, 9]),
            {"any": [tag(4), {"any": [near(n) for n in range(60, 70)]}]}]},
    }  # fmt: skip


class Duck:
    """The same columns, tag flags and order entries in DuckDB, in memory, sorted as the store sorts them."""

    def __init__(self, files: Any):
        import duckdb  # noqa: PLC0415 -- a development dependency
        import pandas as pd  # noqa: PLC0415 -- a development dependency

        self.files = files
        self.base = duckdb.connect()
        self.base.execute("SET threads = 2")
        highest = int(files.state[1])
        table = {"id": np.arange(1, highest + 1, dtype=np.int32)}
        table |= {name: files.column(name)[:highest] for name in files.meta.columns}
        for tag, place in files.tag_places().items():
            table[f"t{tag}"] = np.unpackbits(files.tags[place], bitorder="little")[:highest].astype(bool)
        people = pd.DataFrame(table)  # noqa: F841 -- DuckDB reads it by its name
        self.base.execute("CREATE TABLE m AS SELECT * FROM people")
        end = files.meta.offsets[-1]
        kinds = np.repeat(np.arange(len(files.meta.offsets) - 1, dtype=np.int16), np.diff(files.meta.offsets))
        entries = pd.DataFrame(  # noqa: F841 -- DuckDB reads it by its name
            {"category": kinds}
            | {name: files.log(name)[:end] for name in ("member", "order", "day", "store", "channel", "fen")}
        )
        self.base.execute("CREATE TABLE e AS SELECT * FROM entries")

    def count(self, wanted: Any) -> int:
        from segments.rules import plan  # noqa: PLC0415 -- after setup

        self.makers: dict[type, Callable[[Any], str]] = {
            plan.All: lambda n: f"({' AND '.join(map(self.where, n.nodes)) or 'true'})",
            plan.AnyOf: lambda n: f"({' OR '.join(map(self.where, n.nodes)) or 'false'})",
            plan.Not: lambda n: f"NOT {self.where(n.node)}",
            plan.Range: lambda n: f"{n.column} BETWEEN {n.low} AND {n.high}",
            plan.OneOf: lambda n: f"{n.column} IN ({', '.join(map(str, n.values))})",
            plan.OnTier: self._tier,
            plan.HasTag: lambda n: f"t{n.tag}",
            plan.Bought: self._bought,
            plan.Close: self._close,
        }
        return self.base.execute(f"SELECT count(*) FROM m WHERE {self.where(wanted)}").fetchone()[0]

    def where(self, node: Any) -> str:
        return self.makers[type(node)](node)

    def _tier(self, node: Any) -> str:
        tiers = ", ".join(map(str, node.tiers))
        return "(" + " OR ".join(f"tier_{program} IN ({tiers})" for program in self.files.meta.programs) + ")"

    def _bought(self, node: Any) -> str:
        codes = [self.files.meta.categories.index(name) + 1 for name in node.categories] or [0]
        limits = [f"category IN ({', '.join(map(str, codes))})"]
        if node.since is not None:
            limits.append(f"day >= {node.since}")
        if node.stores is not None:
            limits.append(f"store IN ({', '.join(map(str, node.stores))})")
        worth = "sum(fen)" if node.agg == "sum" else 'count(DISTINCT "order")' if len(codes) > 1 else "count(*)"
        return (
            f"id IN (SELECT member FROM e WHERE {' AND '.join(limits)} GROUP BY member HAVING {worth} >= {node.least})"
        )

    def _close(self, node: Any) -> str:
        from segments.rules import near  # noqa: PLC0415 -- after setup

        box = near.box(node.lat, node.lon, node.metres)
        test, values = near.sql("latitude / 1e6", "longitude / 1e6", node.lat, node.lon, node.metres)
        for value in values:
            test = test.replace("%s::float8", f"({value!r})", 1)
        (south, north), (west, east) = box.latitudes, box.longitudes or (-181, 181)
        limits = f"latitude BETWEEN {float(south) * 1e6} AND {float(north) * 1e6}"
        return f"({limits} AND longitude BETWEEN {float(west) * 1e6} AND {float(east) * 1e6} AND {test})"
