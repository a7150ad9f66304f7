"""Foreign keys whose index another one begins with, or that nothing asks for, lose their own."""

from django.db import migrations, models

from stores.migrations._operations import DropForeignKeyIndexes


class Migration(migrations.Migration):
    dependencies = [("members", "0012_prospects")]

    operations = [
        DropForeignKeyIndexes({
            "member": ["home_store", "associate", "joined_channel", "joined_code"],
            "membertag": ["member"],
            "identity": ["member", "channel"],
            "event": ["member", "store", "channel"],
            "consent": ["member", "text", "store"],
            "storebinding": ["member", "store", "associate", "code"],
            "order": ["channel", "member", "store", "associate"],
            "orderline": ["order"],
            "refund": ["channel"],
            "importplan": ["run"],
            "importproblem": ["run"],
            "importreject": ["run"],
            "importchunk": ["run"],
            "mergedrow": ["merge"],
            "matchcase": ["one"],
        }),
        migrations.AlterField("member", "number", models.CharField(max_length=20, verbose_name="member number")),
        migrations.AddConstraint("member", models.UniqueConstraint(fields=["number"], name="member_number_once")),
    ]
