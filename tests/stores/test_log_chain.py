"""The action log's chain: a line that was changed, deleted, moved or cut off is found, and named."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from stores.models import LogEntry
from stores.queries import chain as reading
from stores.rules import chain as rules
from stores.services import chain, log
from tests.factories import NOON, make_staff, make_store


@pytest.fixture(autouse=True)
def anchors(settings, tmp_path):
    settings.LOG_ANCHORS = str(tmp_path / "anchors.jsonl")
    return tmp_path / "anchors.jsonl"


@pytest.fixture
def lines():
    """Nine sealed lines in three batches."""
    person, store = make_staff(), make_store()
    for n in range(9):
        log.record("store.edited", store, by=person, now=NOON, store_id=store.pk, after={"n": n, "名": [1.5, None]})
        if n % 3 == 2:
            chain.seal(limit=2)
            chain.seal()
    return list(LogEntry.objects.order_by("number"))


def by_force(statement, *given):
    """As the superuser of the database does it: past the trigger."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stores_logentry DISABLE TRIGGER stores_logentry_append_only")
        cursor.execute(statement, given)
        cursor.execute("ALTER TABLE stores_logentry ENABLE TRIGGER stores_logentry_append_only")


def broken():
    return reading.verify(now=NOON).broken


def test_the_chain_covers_every_column_of_a_line():
    own = {field.attname for field in LogEntry._meta.concrete_fields}

    assert own == set(rules.CONTENT) | {"number", "salt", "digest", "hash"}


def test_lines_as_they_were_written_are_whole(lines):
    found = reading.verify(now=NOON)

    assert (found.is_whole, found.lines, found.waiting) == (True, len(lines), 0)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))


CHANGES = {
    "action": "UPDATE stores_logentry SET action = 'store.viewed' WHERE id = %s",
    "a letter": "UPDATE stores_logentry SET object_label = object_label || ' ' WHERE id = %s",
    "after": "UPDATE stores_logentry SET after = after || '{\"n\": 77}' WHERE id = %s",
    "time": "UPDATE stores_logentry SET at = at + interval '1 microsecond' WHERE id = %s",
    "actor": "UPDATE stores_logentry SET actor_id = actor_id + 1 WHERE id = %s",
    "salt": "UPDATE stores_logentry SET salt = '' WHERE id = %s",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_line_is_found_and_named(lines, change):
    by_force(change, lines[4].pk)

    assert broken() == (5, lines[4].pk, "changed")


def test_a_deleted_line_is_found(lines):
    by_force("DELETE FROM stores_logentry WHERE id = %s", lines[4].pk)

    assert broken() == (5, None, "missing")


def test_a_deleted_line_whose_place_was_closed_is_found(lines):
    by_force("DELETE FROM stores_logentry WHERE id = %s", lines[4].pk)
    for line in lines[5:]:
        by_force("UPDATE stores_logentry SET number = number - 1 WHERE id = %s", line.pk)

    assert broken() == (5, lines[5].pk, "moved")


def test_a_changed_line_with_a_digest_to_match_is_found_by_the_next(lines):
    line = lines[4]
    line.reason = "another"
    said = rules.digest(line.salt, [getattr(line, name) for name in rules.CONTENT])
    by_force("UPDATE stores_logentry SET reason = 'another', digest = %s WHERE id = %s", said, line.pk)

    assert broken() == (5, line.pk, "moved")


def test_the_twin_nothing_is_found_where_nothing_was_done(lines):
    by_force("UPDATE stores_logentry SET action = action WHERE id = %s", lines[4].pk)

    assert broken() is None


# --- anchors -------------------------------------------------------------------------------------------
def cut_off(lines):
    by_force("DELETE FROM stores_logentry WHERE number > %s", 6)


def test_an_end_that_was_cut_off_is_found_by_the_anchor(lines, anchors):
    assert chain.anchor(now=NOON)
    assert not chain.anchor(now=NOON)
    cut_off(lines)

    assert broken() == (len(lines), None, "missing")


def test_without_an_anchor_a_cut_end_is_not_found(lines):
    """The twin: what the anchor is for."""
    cut_off(lines)

    assert broken() is None


def rewrite(lines):
    """All of it anew, hashes and all: what a superuser with time can do."""
    by_force("DELETE FROM stores_logentry WHERE id = %s", lines[2].pk)
    by_force("UPDATE stores_logentry SET number = NULL, salt = '', digest = '', hash = ''")
    chain.seal_all.__wrapped__() if hasattr(chain.seal_all, "__wrapped__") else chain.seal_all()


def test_a_chain_written_anew_is_found_by_the_anchor(lines):
    rewrite(lines)
    assert broken() is None  # the twin: no anchor, no trace
    by_force("UPDATE stores_logentry SET number = NULL, salt = '', digest = '', hash = ''")
    chain.seal_all()
    chain.anchor(now=NOON)
    by_force("UPDATE stores_logentry SET number = NULL, salt = '', digest = '', hash = ''")
    chain.seal_all()

    assert broken().what == "rewritten"


def test_a_forged_anchor_is_found(lines, anchors):
    chain.anchor(now=NOON)
    said = json.loads(anchors.read_text())
    anchors.write_text(json.dumps(said | {"number": 6, "hash": lines[5].hash}) + "\n")

    assert broken() == (6, None, "forged")


# --- the table, the seal, the command, the page --------------------------------------------------------
@pytest.mark.parametrize("edit", [
    "UPDATE stores_logentry SET reason = 'x'", "DELETE FROM stores_logentry", "UPDATE stores_logentry SET hash = 'x'",
    "UPDATE stores_logentry SET number = number + 100",
])  # fmt: skip
@pytest.mark.parametrize("is_sealed", [True, False])
def test_nobody_edits_or_deletes_a_line(edit, is_sealed):
    log.record("store.edited", make_store(), by=None, now=NOON)
    if is_sealed:
        chain.seal_all()
    elif "number" in edit:
        return  # nothing to add to
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(edit)


def test_a_seal_may_not_change_what_the_line_says():
    log.record("store.edited", make_store(), by=None, now=NOON)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE stores_logentry SET number = 1, reason = 'x'")


def test_a_line_that_waits_too_long_for_its_seal_is_told():
    log.record("store.edited", make_store(), by=None, now=NOON - 2 * reading.LATE)

    found = reading.verify(now=NOON)

    assert (found.waiting, found.is_late) == (LogEntry.objects.count(), True)


def test_the_command_names_the_first_broken_line(lines):
    said = StringIO()
    call_command("verify_log", stdout=said)
    assert f"{len(lines)} lines whole" in said.getvalue()
    by_force("UPDATE stores_logentry SET reason = 'x' WHERE id = %s", lines[1].pk)

    with pytest.raises(CommandError, match=rf"line 2 of the chain is changed \(row {lines[1].pk}\)"):
        call_command("verify_log", stdout=said)


def test_the_page_says_whether_it_is_whole(client, lines):
    client.force_login(make_staff(language="en"))

    assert "are as they were written" in client.post("/log/check/").content.decode()
    by_force("UPDATE stores_logentry SET reason = 'x' WHERE id = %s", lines[1].pk)
    assert "breaks at line 2" in client.post("/log/check/").content.decode()
