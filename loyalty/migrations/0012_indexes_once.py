"""Foreign keys whose index another one begins with, or that nothing asks for, lose their own."""

from django.db import migrations, models

from stores.migrations._operations import DropForeignKeyIndexes


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0011_coupon_terms_en")]

    operations = [
        DropForeignKeyIndexes({
            "book": ["program"],
            "tier": ["program"],
            "standing": ["member", "program", "tier"],
            "tierchange": ["member", "program", "before", "after"],
            "account": ["member", "book"],
            "entry": ["member", "book"],
            "lot": ["book"],
            "coupon": ["template", "member", "redeemed_store", "redeemed_channel", "redeemed_by"],
        }),
        migrations.AlterField("coupon", "code", models.CharField(db_collation="C", max_length=12)),
        migrations.AddConstraint("coupon", models.UniqueConstraint(fields=["code"], name="coupon_code_once")),
    ]
