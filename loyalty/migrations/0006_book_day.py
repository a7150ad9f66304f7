"""The days of books: a trigger notes what each statement adds. See docs/adr/0007-days.md."""

import django.db.models.deletion
from django.db import migrations, models

COLUMNS = "day, book_id, entries, earned, taken"
SUMS = """
    SELECT members_day(occurred_at), book_id, count(*), COALESCE(sum(amount) FILTER (WHERE amount > 0), 0),
        COALESCE(-sum(amount) FILTER (WHERE amount < 0), 0)
    FROM @rows GROUP BY 1, 2
"""
WATCH = f"""
    CREATE FUNCTION loyalty_entry_day() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO loyalty_bookdaychange ({COLUMNS}) {SUMS.replace("@rows", "new_rows")};
        RETURN NULL;
    END $$;
    CREATE TRIGGER loyalty_entry_day AFTER INSERT ON loyalty_entry REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION loyalty_entry_day();
"""  # noqa: S608 -- constants only


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0005_coupons_used"),
        ("members", "0006_store_day"),
    ]

    operations = [
        migrations.CreateModel(
            name="BookDayChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("entries", models.BigIntegerField(db_default=0, default=0)),
                ("earned", models.BigIntegerField(db_default=0, default=0)),
                ("taken", models.BigIntegerField(db_default=0, default=0)),
                (
                    "book",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="loyalty.book",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="BookDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("entries", models.BigIntegerField(db_default=0, default=0)),
                ("earned", models.BigIntegerField(db_default=0, default=0)),
                ("taken", models.BigIntegerField(db_default=0, default=0)),
                (
                    "book",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="loyalty.book",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("day", "book"), name="book_day_once")],
            },
        ),
        # entries are never changed or deleted: a trigger refuses that
        migrations.RunSQL(WATCH, "DROP TRIGGER loyalty_entry_day ON loyalty_entry; DROP FUNCTION loyalty_entry_day();"),
        migrations.RunSQL(
            f"INSERT INTO loyalty_bookday ({COLUMNS}) {SUMS.replace('@rows', 'loyalty_entry')}",  # noqa: S608 -- constants only
            migrations.RunSQL.noop,
        ),
    ]
