"""The days of stores: triggers note what each statement changes, wherever it comes from. See docs/adr/0007-days.md."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

COLUMNS = (
    "day, store_id, channel_id, orders, amount, refunded, member_orders, member_amount, member_refunded, joins, scans"
)
ORDERS = """
    SELECT members_day(paid_at) AS day, store_id, channel_id, sum(sign) AS orders, sum(sign * amount) AS amount,
        sum(sign * refunded) AS refunded,
        COALESCE(sum(sign) FILTER (WHERE member_id IS NOT NULL), 0) AS member_orders,
        COALESCE(sum(sign * amount) FILTER (WHERE member_id IS NOT NULL), 0) AS member_amount,
        COALESCE(sum(sign * refunded) FILTER (WHERE member_id IS NOT NULL), 0) AS member_refunded, 0 AS joins, 0 AS scans
    FROM @rows GROUP BY 1, 2, 3
"""
JOINS = """
    SELECT members_day(joined_at) AS day, home_store_id AS store_id, joined_channel_id AS channel_id, 0 AS orders,
        0 AS amount, 0 AS refunded, 0 AS member_orders, 0 AS member_amount, 0 AS member_refunded,
        sum(sign) AS joins, 0 AS scans
    FROM @rows GROUP BY 1, 2, 3
"""
SCANS = """
    SELECT members_day(at) AS day, store_id, NULL::bigint AS channel_id, 0 AS orders, 0 AS amount, 0 AS refunded,
        0 AS member_orders, 0 AS member_amount, 0 AS member_refunded, 0 AS joins, sum(sign) AS scans
    FROM (SELECT r.sign, r.at, c.store_id FROM @rows JOIN stores_storecode c ON c.id = r.code_id) s GROUP BY 1, 2, 3
"""
MOVES_NOTHING = (
    "orders = 0 AND amount = 0 AND refunded = 0 AND member_orders = 0 AND member_amount = 0 AND member_refunded = 0 "
    "AND joins = 0 AND scans = 0"
)
WATCHED = {"members_order": ORDERS, "members_member": JOINS, "stores_codescan": SCANS}
ROWS = {
    "insert": "(SELECT 1 AS sign, n.* FROM new_rows n) r",
    "update": "(SELECT 1 AS sign, n.* FROM new_rows n UNION ALL SELECT -1, o.* FROM old_rows o) r",
    "delete": "(SELECT -1 AS sign, o.* FROM old_rows o) r",
}
SEEN = {
    "insert": "NEW TABLE AS new_rows", "update": "NEW TABLE AS new_rows OLD TABLE AS old_rows",
    "delete": "OLD TABLE AS old_rows",
}  # fmt: skip


def watch() -> str:
    """A function and a statement trigger for each table and verb."""
    made = []
    for table, sums in WATCHED.items():
        for verb, rows in ROWS.items():
            name = f"{table}_{verb}_day"
            made.append(f"""
                CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO members_storedaychange ({COLUMNS})
                    SELECT {COLUMNS} FROM ({sums.replace("@rows", rows)}) s WHERE NOT ({MOVES_NOTHING});
                    RETURN NULL;
                END $$;
                CREATE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {SEEN[verb]}
                    FOR EACH STATEMENT EXECUTE FUNCTION {name}();
            """)  # noqa: S608 -- constants only
    return "".join(made)


def unwatch() -> str:
    names = [(table, f"{table}_{verb}_day") for table in WATCHED for verb in ROWS]
    return "".join(f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();" for table, name in names)


def count_all() -> str:
    """What stands in the tables already; the triggers were made first, and hold the tables until this commits."""
    counted = " UNION ALL ".join(
        sums.replace("@rows", f"(SELECT 1 AS sign, n.* FROM {table} n) r") for table, sums in WATCHED.items()
    )
    sums = ", ".join(f"sum({column})" for column in COLUMNS.split(", ")[3:])
    return f"INSERT INTO members_storeday ({COLUMNS}) SELECT day, store_id, channel_id, {sums} FROM ({counted}) c GROUP BY 1, 2, 3"  # noqa: E501, S608 -- constants only


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0005_inbox_places_tag_words"),
        ("stores", "0003_sender"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoreDayChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("orders", models.BigIntegerField(db_default=0, default=0)),
                ("amount", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
                ("refunded", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
                ("member_orders", models.BigIntegerField(db_default=0, default=0)),
                ("member_amount", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
                ("member_refunded", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
                ("joins", models.BigIntegerField(db_default=0, default=0)),
                ("scans", models.BigIntegerField(db_default=0, default=0)),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="stores.channel",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StoreDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("orders", models.BigIntegerField(db_default=0, default=0)),
                ("amount", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
                ("refunded", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
                ("member_orders", models.BigIntegerField(db_default=0, default=0)),
                ("member_amount", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
                ("member_refunded", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
                ("joins", models.BigIntegerField(db_default=0, default=0)),
                ("scans", models.BigIntegerField(db_default=0, default=0)),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="stores.channel",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["store", "day"], name="store_day_of_store")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "store", "channel"), name="store_day_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.RunSQL(
            f"""
            CREATE FUNCTION members_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
            AS $$ SELECT (moment AT TIME ZONE '{settings.TIME_ZONE}')::date $$
            """,
            "DROP FUNCTION members_day(timestamptz)",
        ),
        migrations.RunSQL(watch(), unwatch()),
        migrations.RunSQL(count_all(), migrations.RunSQL.noop),
    ]
