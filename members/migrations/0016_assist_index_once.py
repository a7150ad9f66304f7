"""The links of an associate are found by the index that also orders them."""

from django.db import migrations

from stores.migrations._operations import DropForeignKeyIndexes


class Migration(migrations.Migration):
    dependencies = [("members", "0015_privacy")]

    operations = [DropForeignKeyIndexes({"assist": ["associate"]})]
