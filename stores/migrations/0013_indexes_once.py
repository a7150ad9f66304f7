"""Foreign keys whose index another one begins with, or that nothing asks for, lose their own."""

from django.db import migrations

from ._operations import DropForeignKeyIndexes


class Migration(migrations.Migration):
    dependencies = [("stores", "0012_saved_views")]

    operations = [
        DropForeignKeyIndexes({
            "region": ["brand"],
            "store": ["region"],
            "grant": ["staff"],
            "codescan": ["code"],
            "taskdone": ["store"],
            "apianswer": ["key"],
            "apinonce": ["key"],
            "apiuse": ["key"],
            "savedview": ["owner"],
            "noticerefusal": ["channel"],
            "notice": ["channel"],
        }),
    ]
