"""A chain through the action log, and a log that nobody edits. Lines from before are sealed as they stand."""

from django.db import migrations, models

# A seal fills the chain's columns of a line that has none; nothing else about a line is ever changed.
GUARD = """
    CREATE FUNCTION stores_logentry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        kept stores_logentry;
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.number IS NULL AND NEW.number IS NOT NULL THEN
            kept := NEW;
            kept.number := NULL;
            kept.salt := OLD.salt;
            kept.digest := OLD.digest;
            kept.hash := OLD.hash;
            IF kept IS NOT DISTINCT FROM OLD THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'the action log is append-only' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER stores_logentry_append_only BEFORE UPDATE OR DELETE ON stores_logentry
        FOR EACH ROW EXECUTE FUNCTION stores_logentry_is_append_only();
"""
OPEN = """
    DROP TRIGGER stores_logentry_append_only ON stores_logentry;
    DROP FUNCTION stores_logentry_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("stores", "0013_indexes_once")]

    operations = [
        migrations.AddField("logentry", "number", models.BigIntegerField(editable=False, null=True, unique=True)),
        migrations.AddField("logentry", "salt", models.CharField(db_default="", editable=False, max_length=32)),
        migrations.AddField("logentry", "digest", models.CharField(db_default="", editable=False, max_length=64)),
        migrations.AddField("logentry", "hash", models.CharField(db_default="", editable=False, max_length=64)),
        migrations.AddIndex(
            "logentry",
            models.Index(condition=models.Q(("number", None)), fields=["id"], name="log_waits_for_seal"),
        ),
        migrations.RunSQL(GUARD, OPEN),
    ]
