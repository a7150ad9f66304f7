"""Stores that started a promotion of their own before this was a milestone get the day of the first."""

from django.db import migrations

FILL = """
UPDATE stores_store AS store SET first_promotion_at = first.at
FROM (SELECT store_id, min(launched_at) AS at FROM campaigns_campaign WHERE kind = 'local' GROUP BY store_id) AS first
WHERE store.id = first.store_id AND store.first_promotion_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_initial"),
        ("stores", "0006_store_first_promotion_at"),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
