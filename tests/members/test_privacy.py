"""Requests about one's own data: deadlines, stops, copies; and an erasure after which nothing is found."""

import json
import logging
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from campaigns.models import Delivery, Feedback
from config.logs import configuration
from loyalty.models import Account, Entry
from loyalty.queries import reconcile
from loyalty.services import merging, orders
from members.models import (
    Consent,
    Event,
    Identity,
    ImportProblem,
    ImportReject,
    ImportRun,
    Member,
    MemberTag,
    OneTimeCode,
    PrivacyRequest,
    Refund,
    Tag,
)  # fmt: skip
from members.queries import privacy as reading
from members.rules import privacy as rules
from members.services import consent, editing, erasing, one_time_codes, privacy, reveals
from stores.models import LogEntry, Notice
from stores.queries import chain as chain_reading
from stores.services import chain, log, notices
from tests.campaigns.makers import agree, make_campaign
from tests.factories import NOON, make_member, make_staff
from tests.loyalty.coupons import make_coupon, make_template
from tests.loyalty.receipts import LATER, make_shop, new_order, new_refund

NAME, OTHER_NAME = "欧阳明珠", "Ouyang-Mingzhu"
PHONE, OTHER_PHONE = "16900004711", "16900004712"
OPENID, UNIONID, CARD, MAIL = "wx7:oABCDEF-person-1", "uUNION-person-1", "KPERSON0001", "mingzhu@example.com"
WORDS = (NAME, OTHER_NAME, PHONE, OTHER_PHONE, "oABCDEF-person-1", UNIONID, CARD, MAIL, "10.77.0.9", "169 0000 4711")
Kind, State = PrivacyRequest.Kind, PrivacyRequest.State


# --- deadlines and ages --------------------------------------------------------------------------------
@pytest.mark.parametrize(("asked", "due"), [
    (date(2026, 3, 2), date(2026, 3, 23)),  # a Monday: three weeks
    (date(2026, 3, 6), date(2026, 3, 27)),  # a Friday
    (date(2026, 3, 7), date(2026, 3, 27)),  # a Saturday and a Sunday begin on Monday
    (date(2026, 3, 8), date(2026, 3, 27)),
])  # fmt: skip
def test_an_answer_is_due_after_fifteen_working_days(asked, due):
    assert rules.due_on(asked) == due


@pytest.mark.parametrize(("born", "today", "expected"), [
    (date(2012, 3, 4), date(2026, 3, 3), True), (date(2012, 3, 4), date(2026, 3, 4), False),
    (date(2012, 2, 29), date(2026, 2, 28), True), (date(2012, 2, 29), date(2026, 3, 1), False),
    (None, date(2026, 3, 4), False),
])  # fmt: skip
def test_who_is_below_fourteen(born, today, expected):
    assert rules.is_minor(born, today) is expected


# --- a person with everything --------------------------------------------------------------------------
@pytest.fixture
def person(settings, tmp_path):
    """Two records of one person, merged, with a trace in every corner."""
    settings.MEDIA_ROOT, settings.LOG_ANCHORS = tmp_path / "media", str(tmp_path / "anchors")
    store, till = make_shop()
    head = make_staff()
    one = make_member(phone=PHONE, name=NAME, home_store=store, birthday=date(1990, 5, 6), note=f"调货找{NAME}")
    two = make_member(phone=OTHER_PHONE, name=OTHER_NAME, home_store=store, note=PHONE)
    for kind, value in ((3, OPENID), (4, UNIONID), (2, CARD), (5, MAIL)):
        Identity.objects.create(kind=kind, value=value, member=two, added_at=NOON)
    consent.give(one, "membership", language="zh-hans", method="h5", now=NOON, store=store, address="10.77.0.9")
    consent.give(two, "marketing", language="en", method="h5", now=NOON, address="10.77.0.9")
    bought = new_order(store, till, one, amount="100")
    orders.settle(bought, now=LATER)
    orders.settle(new_order(store, till, two, amount="60"), now=LATER)
    orders.refund(new_refund(bought, amount="10"), now=LATER)
    Refund.objects.update(reason=f"退给{NAME}")
    MemberTag.objects.create(member=one, tag=Tag.objects.create(name="常客", created_at=NOON), added_at=NOON)
    make_coupon(make_template(store.brand), one)
    _said_and_logged(store, till, one, two, head)
    _beside(store, till, one, head, Path(settings.MEDIA_ROOT))
    merging.merge(one, two, reason=f"{NAME}有两张卡 {PHONE}", by=head, now=LATER)
    return Member.objects.get(pk=one.pk)


def _said_and_logged(store, till, one, two, head):
    campaign = make_campaign(brand=store.brand)
    said = Delivery.objects.create(
        campaign=campaign,
        member=two,
        medium=1,
        batch_no=0,
        status=4,
        problem=f"bad number {OTHER_PHONE}",
        created_at=NOON,
    )
    said.receipts.create(kind="failed", at=NOON, detail=OTHER_PHONE)
    Feedback.objects.create(delivery=said, score=5, words=f"我是{NAME}", at=NOON)
    Event.objects.create(kind="wechat.message", member=two, at=NOON, channel=till, data={"from": "oABCDEF-person-1"})
    log.record("member.joined", one, by=None, now=NOON, store_id=store.pk, address="10.77.0.9")
    reveals.reveal(one, reason=f"回电 {PHONE}", by=head, now=NOON)
    chain.seal()
    log.record("member.edited", two, by=head, now=NOON, before={"name": OTHER_NAME}, after={"phone": "169 0000 4711"})


def _beside(store, till, one, head, media):
    Notice.objects.create(
        channel=till, kind="subscribe", key=f"n-{UNIONID}", subject=notices.subject_of("oABCDEF-person-1"),
        happened_at=NOON, received_at=NOON, body=b"sealed", state=1,
    )  # fmt: skip
    OneTimeCode.objects.create(
        purpose="join", phone_hash=one_time_codes.print_of("phone", PHONE), session_hash="x", code_hash="x",
        address="10.77.0.9", sent_at=NOON, expires_at=NOON,
    )  # fmt: skip
    file = media / "imports" / "old.csv"
    file.parent.mkdir(parents=True)
    file.write_text(f"{NAME},{PHONE},{OPENID}\n")
    run = ImportRun.objects.create(
        kind="members", status="done", file="imports/old.csv", file_name="old.csv", file_size=1, sha256="x", source="old",
        created_at=NOON,
    )  # fmt: skip
    run.plan.create(row_no=1, action=2, target_id=one.pk)
    ImportProblem.objects.create(run=run, row_no=2, field="phone", code="taken", raw=PHONE)
    ImportReject.objects.create(run=run, row_no=2, cells=[NAME, PHONE])


def asked(person, kind=Kind.ERASE):
    return privacy.ask(person, kind, came_by="letter", words=f"我是{NAME}，{PHONE}", by=make_staff(), now=LATER)


# --- the scan ------------------------------------------------------------------------------------------
COLUMNS = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
      AND (c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea', 'inet', 'ARRAY'))
"""


def found_in_database() -> set[str]:
    """Every table and column of the database in which one of the words stands."""
    hits = set()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            words = " OR ".join(f'"{column}"::text LIKE %s OR "{column}"::text LIKE %s' for _word in WORDS)
            given = [f"%{form}%" for word in WORDS for form in (word, word.encode().hex())]
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {words}', given)
            if cursor.fetchone()[0]:
                hits.add(f"{table}.{column}")
    return hits


def found_in_files(*folders) -> set[str]:
    files = [path for folder in folders for path in Path(folder).rglob("*") if path.is_file()]
    return {path.name for path in files if any(word.encode() in path.read_bytes() for word in WORDS)}


@pytest.fixture
def log_file(tmp_path):
    """The server's log as it is written in production, into a file."""
    (tmp_path / "logs").mkdir()
    handler = logging.FileHandler(tmp_path / "logs" / "server.log")
    made = configuration(level="DEBUG", as_json=True)
    given = logging.config.DictConfigurator(made)
    handler.setFormatter(given.configure_formatter(next(iter(made["formatters"].values()))))
    for name in made.get("filters", {}):
        handler.addFilter(given.configure_filter(made["filters"][name]))
    logging.getLogger().addHandler(handler)
    yield tmp_path / "logs"
    logging.getLogger().removeHandler(handler)
    handler.close()


MUST_HOLD = {
    "members_member.name", "members_member.note", "members_identity.value", "members_event.data", "members_merge.reason",
    "members_consent.address", "members_refund.reason", "members_importproblem.raw", "members_importreject.cells",
    "members_onetimecode.address", "campaigns_delivery.problem", "campaigns_receipt.detail", "campaigns_feedback.words",
    "stores_logentry.reason", "stores_logentry.before", "stores_logentry.after", "stores_logentry.address",
    "stores_notice.key", "members_privacyrequest.words",
}  # fmt: skip


def test_after_an_erasure_nothing_says_who_it_was_and_the_books_balance(person, settings, log_file):
    request = asked(person)
    sums = list(Account.objects.order_by("pk").values_list("member", "balance", "debt"))
    entries = list(Entry.objects.order_by("id").values_list("id", "amount", "balance_after"))
    chain.seal()
    before = found_in_database()
    assert before >= MUST_HOLD, MUST_HOLD - before  # the twin: the scan does find what is there
    assert found_in_files(settings.MEDIA_ROOT) == {"old.csv"}
    logging.getLogger("members").warning("erasing %s", PHONE)

    erasing.erase(request, words="done as asked", by=make_staff(), now=LATER)

    assert found_in_database() == set()
    assert found_in_files(settings.MEDIA_ROOT, log_file) == set()
    assert list(Account.objects.order_by("pk").values_list("member", "balance", "debt")) == sums
    assert list(Entry.objects.order_by("id").values_list("id", "amount", "balance_after")) == entries
    assert reconcile.drifts() == []
    gone = Member.objects.get(pk=person.pk)
    assert (gone.number, gone.name, gone.birthday, gone.erased_at) == (person.number, "", None, LATER)


def test_the_log_stays_whole_and_says_which_lines_were_emptied(person):
    chain.seal()

    erasing.erase(asked(person), words="done", by=make_staff(), now=LATER)
    chain.seal()

    noted = LogEntry.objects.get(action="log.erased").after["lines"]
    assert set(LogEntry.objects.filter(salt="", digest__gt="").values_list("pk", flat=True)) <= set(noted)
    assert chain_reading.verify(now=LATER).broken is None
    with connection.cursor() as cursor:  # the twin: somebody else's line that lost its words is not covered
        cursor.execute("ALTER TABLE stores_logentry DISABLE TRIGGER stores_logentry_append_only")
        cursor.execute("UPDATE stores_logentry SET salt = '', reason = '' WHERE action = 'member.erased'")
        cursor.execute("ALTER TABLE stores_logentry ENABLE TRIGGER stores_logentry_append_only")
    assert chain_reading.verify(now=LATER).broken.what == "changed"


def test_the_number_may_join_anew_as_somebody_else(person):
    erasing.erase(asked(person), words="done", by=make_staff(), now=LATER)

    assert make_member(phone=PHONE).pk != person.pk


def test_an_erasure_is_refused_clearly_while_a_till_holds_a_coupon(person):
    request = asked(person)
    held = make_coupon(make_template(person.home_store.brand), person, held_until=LATER + timedelta(minutes=5))

    with translation.override("en"), pytest.raises(erasing.CannotErase, match="holds"):
        erasing.erase(request, words="done", by=make_staff(), now=LATER)

    assert Member.objects.get(pk=person.pk).name == NAME
    type(held).objects.filter(pk=held.pk).update(held_until=LATER)
    erasing.erase(request, words="done", by=make_staff(), now=LATER)


def test_nobody_empties_a_consent_or_the_log_without_an_erasure_that_was_asked(person):
    request = asked(person, Kind.ACCESS)
    for statement in (
        "UPDATE members_consent SET address = NULL, evidence = ''",
        "UPDATE stores_logentry SET reason = '', before = '{}', after = '{}', address = NULL, salt = ''",
    ):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('quanyu.erase', %s, true)", [str(request.pk)])
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                cursor.execute(statement)


def test_another_persons_rows_stay(person):
    other = make_member(name="旁人")
    agree(other)
    editing.edit(other, name="旁观者", gender="f", birthday=None, language="en", note="n", by=make_staff(), now=NOON)

    erasing.erase(asked(person), words="done", by=make_staff(), now=LATER)

    assert Member.objects.get(pk=other.pk).name == "旁观者"
    assert Identity.objects.filter(member=other).exists()
    assert Consent.objects.filter(member=other, is_given=True).exists()


# --- the other requests --------------------------------------------------------------------------------
def test_a_copy_holds_every_sorted_table_that_knows_the_person_and_reads_as_json(person):
    found = json.loads(json.dumps(reading.copy(person), ensure_ascii=False))

    assert {row["name"] for row in found["members.member"]} == {NAME, OTHER_NAME}
    assert {row["value"] for row in found["members.identity"]} >= {PHONE, OTHER_PHONE, OPENID}
    assert {"members.order", "members.consent", "loyalty.entry", "loyalty.coupon", "campaigns.delivery",
            "campaigns.feedback", "members.event", "members.membertag", "members.refund"} <= set(found)  # fmt: skip


def test_the_same_question_is_one_request_and_is_answered_once():
    member, head = make_member(), make_staff()
    first = privacy.ask(member, Kind.ACCESS, came_by="card", now=NOON)

    assert privacy.ask(member, Kind.ACCESS, came_by="card", now=LATER).pk == first.pk
    assert first.due_on == rules.due_on(NOON.date())
    privacy.answer(first, words="handed over", by=head, now=LATER)
    with translation.override("en"), pytest.raises(privacy.CannotAnswer, match="already"):
        privacy.answer(first, words="handed over", by=head, now=LATER)
    assert privacy.ask(member, Kind.ACCESS, came_by="card", now=LATER).pk != first.pk


def test_a_no_needs_words_and_the_log_has_every_step():
    member, head = make_member(), make_staff()
    request = privacy.ask(member, Kind.CORRECT, came_by="store", by=head, words="名字写错", now=NOON)

    with pytest.raises(privacy.CannotAnswer):
        privacy.refuse(request, words=" ", by=head, now=LATER)
    privacy.refuse(request, words="no proof", by=head, now=LATER)

    lines = LogEntry.objects.filter(action__startswith="privacy.").order_by("pk")
    assert [line.action for line in lines] == ["privacy.asked", "privacy.refused"]
    assert "名字写错" not in str(list(lines.values()))


def test_a_stop_goes_along_with_a_merge_and_back():
    winner, loser, head = make_member(), make_member(), make_staff()
    Member.objects.filter(pk=loser.pk).update(restricted_at=NOON)

    merge = merging.merge(winner, loser, reason="one", by=head, now=LATER)
    assert Member.objects.get(pk=winner.pk).restricted_at == NOON
    merging.unmerge(merge, reason="two", by=head, now=LATER)
    assert Member.objects.get(pk=winner.pk).restricted_at is None
    assert Member.objects.get(pk=loser.pk).restricted_at == NOON


def test_a_stop_holds_until_it_is_taken_back():
    member, head = make_member(), make_staff()

    privacy.answer(privacy.ask(member, Kind.RESTRICT, came_by="card", now=NOON), words="stopped", by=head, now=NOON)
    assert Member.objects.get(pk=member.pk).restricted_at == NOON
    privacy.answer(privacy.ask(member, Kind.RELEASE, came_by="card", now=NOON), words="again", by=head, now=LATER)
    assert Member.objects.get(pk=member.pk).restricted_at is None
