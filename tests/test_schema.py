"""What the tables themselves must look like."""

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db

OURS = ("stores", "members", "loyalty", "segments", "campaigns")

# An index that is not unique and has no condition, while another one of its table begins with the same columns in the
# same order, by the same rules: the longer one answers everything that the shorter one does.
DOUBLES = """
    WITH held AS (
        SELECT x.indexrelid AS id, x.indrelid AS of_table, c.relname AS name, x.indnkeyatts AS width,
            NOT x.indisunique AND x.indpred IS NULL AND x.indexprs IS NULL AS may_go,
            x.indpred IS NULL AND a.amname = 'btree' AS answers,
            ARRAY(SELECT concat_ws('/', x.indkey[k], x.indclass[k], x.indcollation[k],
                CASE WHEN k > 0 THEN x.indoption[k] END) FROM generate_series(0, x.indnkeyatts - 1) k) AS keys
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am a ON a.oid = c.relam
    )
    SELECT t.relname || ': ' || short.name || ' is the beginning of ' || min(long.name)
    FROM held short JOIN held long ON long.of_table = short.of_table AND long.id <> short.id AND long.answers
        AND long.keys[1:short.width] = short.keys
    JOIN pg_class t ON t.oid = short.of_table
    WHERE short.may_go AND short.answers AND t.relname = ANY(%s) GROUP BY t.relname, short.name ORDER BY 1
"""


def own_tables():
    """The tables of our models; those that Django makes between two models (``stores_apikey_stores``) are its own."""
    return [model._meta.db_table for app in OURS for model in apps.get_app_config(app).get_models()]


def doubles():
    with connection.cursor() as cursor:
        cursor.execute(DOUBLES, [own_tables()])
        return [row for (row,) in cursor.fetchall()]


def test_no_index_is_the_beginning_of_another():
    assert doubles() == []


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("CREATE INDEX spare ON members_order (member_id)", True),
        ("CREATE INDEX spare ON members_order (channel_id, number)", True),
        ("CREATE INDEX spare ON members_order (number)", False),
        ("CREATE INDEX spare ON members_order (member_id) WHERE refunded > 0", False),
        ("CREATE INDEX spare ON members_order (channel_id, number varchar_pattern_ops)", False),
    ],
)
def test_a_spare_index_would_be_seen(made, found):
    with connection.cursor() as cursor:
        cursor.execute(made)
    assert any("spare" in row for row in doubles()) is found
