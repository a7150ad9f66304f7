"""Foreign keys whose index another one begins with, or that nothing asks for, lose their own."""

from django.db import migrations

from stores.migrations._operations import DropForeignKeyIndexes


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_delivery_came_as")]

    operations = [
        DropForeignKeyIndexes({
            "campaign": ["store"],
            "batch": ["campaign"],
            "contactcount": ["member"],
            "receipt": ["delivery"],
        }),
    ]
