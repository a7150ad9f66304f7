"""Requests about one's own data; members who asked for a stop or an erasure; what an erasure may empty."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The guards of consents and of the action log, with one more door: an erasure that is named and not done yet.
CONSENT = """
    CREATE OR REPLACE FUNCTION members_consent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        kept members_consent;
        merges text := current_setting('quanyu.merge', true);
        erasure text := current_setting('quanyu.erase', true);
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
        IF TG_OP = 'UPDATE' AND COALESCE(erasure, '') <> '' THEN
            kept := NEW;
            kept.address := OLD.address;
            kept.evidence := OLD.evidence;
            IF kept IS NOT DISTINCT FROM OLD AND NEW.address IS NULL AND NEW.evidence = '' AND EXISTS (
                SELECT 1 FROM members_privacyrequest r JOIN members_member m ON m.id = r.member_id
                WHERE r.id = erasure::bigint AND r.kind = 'erase' AND m.erased_at IS NULL AND m.id = OLD.member_id
            ) THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'consents are append-only: write another answer instead' USING ERRCODE = 'restrict_violation';
    END $$
"""
LOG = """
    CREATE OR REPLACE FUNCTION stores_logentry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        kept stores_logentry;
        erasure text := current_setting('quanyu.erase', true);
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
        IF TG_OP = 'UPDATE' AND COALESCE(erasure, '') <> '' AND OLD.object_kind = 'member' THEN
            kept := NEW;
            kept.reason := OLD.reason;
            kept.before := OLD.before;
            kept.after := OLD.after;
            kept.address := OLD.address;
            kept.salt := OLD.salt;
            IF kept IS NOT DISTINCT FROM OLD AND NEW.reason = '' AND NEW.before = '{}' AND NEW.after = '{}'
                AND NEW.address IS NULL AND NEW.salt = '' AND EXISTS (
                SELECT 1 FROM members_privacyrequest r JOIN members_member m ON m.id = r.member_id
                    JOIN members_member o ON o.id = OLD.object_id AND m.id IN (o.id, o.merged_into_id)
                WHERE r.id = erasure::bigint AND r.kind = 'erase' AND m.erased_at IS NULL
            ) THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'the action log is append-only' USING ERRCODE = 'restrict_violation';
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0014_assists"),
        ("stores", "0014_log_chain"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("member", "restricted_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("member", "erased_at", models.DateTimeField(blank=True, null=True)),
        migrations.CreateModel(
            name="PrivacyRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "A copy of the data"),
                            ("correct", "Correction"),
                            ("restrict", "Stop the use of the data"),
                            ("release", "Allow the use again"),
                            ("erase", "Erasure"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "To be answered"), ("done", "Done"), ("refused", "Refused")],
                        default="open",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("came_by", models.CharField(max_length=12, verbose_name="came by")),
                ("words", models.CharField(blank=True, max_length=500, verbose_name="in the person's words")),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("due_on", models.DateField(verbose_name="answer by")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="answered")),
                ("answer", models.CharField(blank=True, max_length=300, verbose_name="answer")),
                ("came_as", models.IntegerField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="privacy_requests",
                        to="members.member",
                    ),
                ),
                (
                    "noted_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["due_on", "id"], name="privacy_request_due"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("member", "kind"),
                        name="one_open_privacy_request",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="privacy_request_answered_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(CONSENT, migrations.RunSQL.noop),
        migrations.RunSQL(LOG, migrations.RunSQL.noop),
    ]
