"""What channels may share is kept from now on: those of our API share what a till needs, as they did before."""

from django.db import migrations, models

import stores.models.channel

USUAL = """
    UPDATE stores_channel SET shares = '["coupons", "name", "phone", "points", "tier"]'
    WHERE shares = '[]' AND EXISTS (SELECT 1 FROM stores_apikey k WHERE k.channel_id = stores_channel.id)
"""


class Migration(migrations.Migration):
    dependencies = [("stores", "0014_log_chain")]

    operations = [
        migrations.AlterField("channel", "shares", models.JSONField(default=stores.models.channel.usual_shares)),
        migrations.RunSQL(USUAL, migrations.RunSQL.noop),
    ]
