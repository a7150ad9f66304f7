"""Prospects: people who have not joined, and what they bought. Neither is a join of any day, nor a member's order."""

import django.db.models.deletion
from django.db import migrations, models

JOINS = """
    SELECT members_day(joined_at) AS day, home_store_id AS store_id, joined_channel_id AS channel_id, 0 AS orders,
        0 AS amount, 0 AS refunded, 0 AS member_orders, 0 AS member_amount, 0 AS member_refunded,
        sum(sign) AS joins, 0 AS scans
    FROM @rows WHERE @counts GROUP BY 1, 2, 3
"""
COLUMNS = (
    "day, store_id, channel_id, orders, amount, refunded, member_orders, member_amount, member_refunded, joins, scans"
)
ROWS = {
    "insert": "(SELECT 1 AS sign, n.* FROM new_rows n) r",
    "update": "(SELECT 1 AS sign, n.* FROM new_rows n UNION ALL SELECT -1, o.* FROM old_rows o) r",
    "delete": "(SELECT -1 AS sign, o.* FROM old_rows o) r",
}


def count(counts: str) -> str:
    """The functions behind the triggers of members_member, anew."""
    return "".join(
        f"""
        CREATE OR REPLACE FUNCTION members_member_{verb}_day() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO members_storedaychange ({COLUMNS})
            SELECT {COLUMNS} FROM ({JOINS.replace("@rows", rows).replace("@counts", counts)}) s WHERE joins <> 0;
            RETURN NULL;
        END $$;
        """  # noqa: S608 -- constants only
        for verb, rows in ROWS.items()
    )


class Migration(migrations.Migration):
    dependencies = [("members", "0011_consent_by_medium")]

    operations = [
        migrations.AlterField("member", "joined_at", models.DateTimeField(null=True, verbose_name="joined")),
        migrations.AddIndex(
            "member",
            models.Index(
                condition=models.Q(("joined_at", None)), fields=["-created_at", "-id"], name="member_prospects"
            ),
        ),
        migrations.AddField(
            "order",
            "prospect",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="who bought before joining; the member, too, once they have joined",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="members.member",
            ),
        ),
        migrations.AddIndex(
            "order",
            models.Index(
                condition=models.Q(("prospect__isnull", False)),
                fields=["prospect", "-paid_at"],
                name="order_of_prospect",
            ),
        ),
        migrations.RunSQL(count("merged_into_id IS NULL AND joined_at IS NOT NULL"), count("merged_into_id IS NULL")),
    ]
