from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0005_task_done"),
    ]

    operations = [
        migrations.AddField(
            model_name="store",
            name="first_promotion_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="first promotion"),
        ),
    ]
