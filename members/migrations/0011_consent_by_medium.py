"""Answers by medium, and a ledger of consents that nobody edits. Rows from before speak for every medium (0)."""

from django.db import migrations, models

# A merge may hand an answer over and take back the no that it wrote itself; the transaction names its open merges.
GUARD = """
    CREATE FUNCTION members_consent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        kept members_consent;
        merges text := current_setting('quanyu.merge', true);
    BEGIN
        IF COALESCE(merges, '') <> '' THEN
            IF TG_OP = 'DELETE' THEN
                IF OLD.method = 'merge' AND EXISTS (
                    SELECT 1 FROM members_mergedrow r JOIN members_merge m ON m.id = r.merge_id
                    WHERE r.kind = 'consent' AND r.key = OLD.id AND m.id = ANY(merges::bigint[]) AND m.undone_at IS NULL
                ) THEN
                    RETURN OLD;
                END IF;
            ELSE
                kept := NEW;
                kept.member_id := OLD.member_id;
                kept.came_as := OLD.came_as;
                IF kept IS NOT DISTINCT FROM OLD AND EXISTS (
                    SELECT 1 FROM members_merge m
                    WHERE m.id = ANY(merges::bigint[]) AND m.undone_at IS NULL
                      AND (OLD.member_id, NEW.member_id) IN ((m.loser_id, m.winner_id), (m.winner_id, m.loser_id))
                ) THEN
                    RETURN NEW;
                END IF;
            END IF;
        END IF;
        RAISE EXCEPTION 'consents are append-only: write another answer instead' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER members_consent_append_only BEFORE UPDATE OR DELETE ON members_consent
        FOR EACH ROW EXECUTE FUNCTION members_consent_is_append_only();
"""
OPEN = """
    DROP TRIGGER members_consent_append_only ON members_consent;
    DROP FUNCTION members_consent_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("members", "0010_search_inside_scopes")]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="medium",
            field=models.SmallIntegerField(
                choices=[(0, "Every way"), (1, "Text message"), (2, "E-mail"), (3, "Official account")], db_default=0
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("medium", 0), models.Q(("medium__gt", 0), ("purpose", "marketing")), _connector="OR"
                ),
                name="consent_medium_of_offers",
            ),
        ),
        migrations.RunSQL(GUARD, OPEN),
    ]
