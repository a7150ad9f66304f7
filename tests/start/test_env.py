"""A wrong setting stops the start with the variable's name and what to do."""

import logging
import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.logs import MaskPhones, mask


@pytest.mark.parametrize("raw", ["maybe", "2", "tru"])
def test_a_flag_that_is_neither_yes_nor_no_is_refused_by_name(monkeypatch, raw):
    monkeypatch.setenv("DEBUG", raw)
    with pytest.raises(ImproperlyConfigured, match=r"DEBUG=.*set DEBUG=1 or DEBUG=0"):
        env.flag("DEBUG")


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("", False)])
def test_a_flag_reads_what_people_write(monkeypatch, raw, value):
    monkeypatch.setenv("DEBUG", raw)
    assert env.flag("DEBUG", default=not value) is value


@pytest.mark.parametrize("raw", ["ten", "1.5", "-1"])
def test_a_number_out_of_place_is_refused_by_name(monkeypatch, raw):
    monkeypatch.setenv("WORKERS", raw)
    with pytest.raises(ImproperlyConfigured, match="WORKERS"):
        env.number("WORKERS", 4)


@pytest.mark.parametrize("raw", ["mysql://root@localhost/x", "postgresql://", "quanyu", "postgresql://host/"])
def test_an_address_that_is_not_postgresql_is_refused_with_an_example(raw):
    with pytest.raises(ImproperlyConfigured, match="set DATABASE_URL=postgresql://user:password@host:5432/database"):
        env.database("DATABASE_URL", raw)


def test_a_database_address_keeps_odd_signs_and_options():
    found = env.database("X", "postgresql://us%40er:p%2Fw@db.example.com:5433/qu?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == (
        "us@er",
        "p/w",
        "db.example.com",
        "5433",
    )
    assert found["OPTIONS"] == {"sslmode": "require"}
    socket = env.database("X", "postgresql://postgres@/quanyu?host=/run/pg&port=5432")
    assert (socket["HOST"], socket["PORT"], socket["NAME"]) == ("/run/pg", "5432", "quanyu")


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path, monkeypatch):
    monkeypatch.delenv("KEY", raising=False)
    file = tmp_path / "var" / "key"
    made = env.secret("KEY", file=file)
    assert len(made) >= 32
    assert env.secret("KEY", file=file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_short_or_damaged_secret_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KEY", "short")
    with pytest.raises(ImproperlyConfigured, match="KEY is shorter"):
        env.secret("KEY", file=tmp_path / "key")
    monkeypatch.delenv("KEY")
    (tmp_path / "key").write_text("")
    with pytest.raises(ImproperlyConfigured, match="damaged"):
        env.secret("KEY", file=tmp_path / "key")


def test_phones_are_masked_wherever_they_hide_in_a_log_line():
    assert mask("sent to 16900001234, ok") == "sent to 169****1234, ok"
    assert mask({"phone": "16900001234", "rows": [16900005678, 5]}) == {
        "phone": "169****1234",
        "rows": ["169****5678", 5],
    }
    assert mask("order 9169000012345 stays") == "order 9169000012345 stays"
    try:
        raise ValueError("bad 16900001234")
    except ValueError as error:
        trace = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed for %s", ("16900001234",), trace)
    assert MaskPhones().filter(record)
    assert record.getMessage() == "failed for 169****1234"
    assert "169****1234" in record.exc_text
    assert "16900001234" not in record.exc_text
