"""The days of coupons: triggers note what each statement issues, redeems or gives back. See docs/adr/0007-days.md."""

import django.db.models.deletion
from django.db import migrations, models

COLUMNS = "day, program_id, store_id, issued, redeemed, discount"
SUMS = """
    SELECT day, program_id, store_id, sum(issued) AS issued, sum(redeemed) AS redeemed, sum(discount) AS discount FROM (
        SELECT members_day(r.issued_at) AS day, t.program_id, NULL::bigint AS store_id, r.sign AS issued, 0 AS redeemed,
            0::numeric AS discount
        FROM @rows JOIN loyalty_coupontemplate t ON t.id = r.template_id
        UNION ALL
        SELECT members_day(r.redeemed_at), t.program_id, r.redeemed_store_id, 0, r.sign, r.sign * r.discount
        FROM @rows JOIN loyalty_coupontemplate t ON t.id = r.template_id WHERE r.redeemed_at IS NOT NULL
    ) each_one GROUP BY 1, 2, 3
"""
ROWS = {
    "insert": ("(SELECT 1 AS sign, n.* FROM new_rows n) r", "NEW TABLE AS new_rows"),
    "update": (
        "(SELECT 1 AS sign, n.* FROM new_rows n UNION ALL SELECT -1, o.* FROM old_rows o) r",
        "NEW TABLE AS new_rows OLD TABLE AS old_rows",
    ),
    "delete": ("(SELECT -1 AS sign, o.* FROM old_rows o) r", "OLD TABLE AS old_rows"),
}


def watch() -> str:
    """A function and a statement trigger for each verb."""
    made = []
    for verb, (rows, seen) in ROWS.items():
        name = f"loyalty_coupon_{verb}_day"
        made.append(f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO loyalty_coupondaychange ({COLUMNS})
                SELECT {COLUMNS} FROM ({SUMS.replace("@rows", rows)}) s
                WHERE NOT (issued = 0 AND redeemed = 0 AND discount = 0);
                RETURN NULL;
            END $$;
            CREATE TRIGGER {name} AFTER {verb} ON loyalty_coupon REFERENCING {seen}
                FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        """)  # noqa: S608 -- constants only
    return "".join(made)


def unwatch() -> str:
    names = [f"loyalty_coupon_{verb}_day" for verb in ROWS]
    return "".join(f"DROP TRIGGER {name} ON loyalty_coupon; DROP FUNCTION {name}();" for name in names)


def count_all() -> str:
    """What stands in the table already; the triggers were made first, and hold the table until this commits."""
    rows = "(SELECT 1 AS sign, n.* FROM loyalty_coupon n) r"
    return f"INSERT INTO loyalty_couponday ({COLUMNS}) {SUMS.replace('@rows', rows)}"  # noqa: S608 -- constants only


FIELDS = [
    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
    ("day", models.DateField()),
    ("issued", models.BigIntegerField(db_default=0, default=0)),
    ("redeemed", models.BigIntegerField(db_default=0, default=0)),
    ("discount", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=16)),
]


def places() -> list:
    """The programme and the store, made anew for each model."""
    return [
        (
            "program",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="loyalty.program",
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
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0006_book_day"),
        ("members", "0006_store_day"),
        ("stores", "0003_sender"),
    ]

    operations = [
        migrations.CreateModel(
            name="CouponDay",
            fields=[(name, field.clone()) for name, field in FIELDS] + places(),
            options={
                "indexes": [models.Index(fields=["store", "day"], name="coupon_day_of_store")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "program", "store"), name="coupon_day_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CouponDayChange",
            fields=[(name, field.clone()) for name, field in FIELDS] + places(),
            options={
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="coupon",
            index=models.Index(
                condition=models.Q(("redeemed_at__isnull", False)), fields=["-redeemed_at"], name="coupon_used"
            ),
        ),
        migrations.RunSQL(watch(), unwatch()),
        migrations.RunSQL(count_all(), migrations.RunSQL.noop),
    ]
