"""Store codes: shape, finding, issuing, rotating, revoking, counting scans."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stores.access import Role
from stores.models import CodeScan, LogEntry, Store, StoreCode
from stores.queries import codes as code_queries
from stores.rules import codes as shape
from stores.services import codes
from tests import factories
from tests.factories import NOON

Kind = StoreCode.Kind


def issue(store=None, **given):
    return codes.issue(store or factories.make_store(), **{"kind": Kind.STORE, "by": None, "now": NOON} | given)


def test_a_code_has_eight_random_and_four_keyed_characters_without_look_alikes():
    code = issue()
    assert len(code.public) == 12
    assert not set(code.public) & set("0O1IL")
    assert code.check_chars == shape.check_of(code.token, settings.STORE_CODE_KEY)
    assert shape.check_of(code.token, "another key") != code.check_chars


def test_a_code_is_found_in_any_case_and_with_the_dashes_that_are_printed():
    code = issue()
    for text in (code.public, code.public.lower(), shape.readable(code.public), f" {code.public} "):
        assert code_queries.find(text) == code


def test_flipping_any_character_to_any_other_is_unknown_and_writes_nothing():
    code = issue()
    with CaptureQueriesContext(connection) as caught:
        for place in range(12):
            for sign in shape.ALPHABET.replace(code.public[place], ""):
                forged = code.public[:place] + sign + code.public[place + 1 :]
                with pytest.raises(code_queries.UnknownCode):
                    code_queries.find(forged)
    assert len(caught) == 12 * 30
    assert all(query["sql"].startswith("SELECT") for query in caught)


@pytest.mark.parametrize(
    "text", ["", "ABC", "A" * 13, "ABCDEFGHJK10", "ABCDEFGH中文字符", "A" * 100_000, "ABCD-EFGH-JKMO"]
)
def test_a_misshapen_code_never_reaches_the_database(text):
    with CaptureQueriesContext(connection) as caught, pytest.raises(code_queries.UnknownCode):
        code_queries.find(text)
    assert len(caught) == 0


def test_old_codes_still_open_after_a_change_of_keys(settings):
    code = issue()
    settings.STORE_CODE_KEY = "a new key after a leak"
    assert code_queries.find(code.public) == code


def test_issuing_again_returns_the_same_code_and_logs_once():
    store = factories.make_store()
    assert issue(store) == issue(store)
    assert LogEntry.objects.filter(action="code.issued", store_id=store.pk).count() == 1


def test_store_associate_and_poster_each_have_a_live_code_of_their_own():
    store = factories.make_store()
    associate = factories.make_staff(store, role=Role.ASSOCIATE)
    made = {
        issue(store),
        issue(store, kind=Kind.ASSOCIATE, associate=associate),
        issue(store, kind=Kind.POSTER, label="橱窗"),
        issue(store, kind=Kind.POSTER, label="收银台"),
    }
    assert len(made) == 4


def test_codes_that_make_no_sense_are_refused():
    store, elsewhere = factories.make_store(), factories.make_store()
    stranger = factories.make_staff(elsewhere, role=Role.ASSOCIATE)
    closed = factories.make_store(closed_on=NOON.date())
    for shop, given in [
        (store, {"kind": Kind.ASSOCIATE}),
        (store, {"kind": Kind.ASSOCIATE, "associate": stranger}),
        (store, {"kind": Kind.STORE, "associate": stranger}),
        (store, {"kind": Kind.POSTER, "label": "  "}),
        (store, {"kind": Kind.STORE, "label": "橱窗"}),
        (closed, {"kind": Kind.STORE}),
    ]:
        with pytest.raises(codes.CannotIssue):
            issue(shop, **given)
    assert not StoreCode.objects.exists()


def test_missing_codes_are_issued_for_open_stores_only_and_once(django_assert_max_num_queries):
    region = factories.make_region()
    shops = [factories.make_store(region) for _ in range(5)]
    factories.make_store(region, closed_on=NOON.date())
    issue(shops[0])
    everyone = Store.objects.filter(region=region)
    with django_assert_max_num_queries(6):
        assert codes.issue_missing(everyone, by=None, now=NOON) == 4
    assert codes.issue_missing(everyone, by=None, now=NOON) == 0
    assert StoreCode.objects.filter(store__region=region, revoked_at=None).count() == 5
    assert LogEntry.objects.filter(action="code.issued").count() == 5


def test_two_thousand_missing_codes_are_issued_in_the_same_number_of_statements(django_assert_max_num_queries):
    region = factories.make_region()
    Store.objects.bulk_create(
        Store(code=f"T{n:05d}", brand=region.brand, region=region, name=f"店{n}", created_at=NOON) for n in range(2000)
    )
    with django_assert_max_num_queries(6):
        assert codes.issue_missing(Store.objects.filter(region=region), by=None, now=NOON) == 2000
    assert StoreCode.objects.values("token").distinct().count() == 2000


def test_rotating_replaces_the_code_and_the_old_one_points_to_the_new():
    admin = factories.make_staff()
    old = issue()
    new = codes.rotate(old, by=admin, now=NOON, reason="贴纸破损")
    old = code_queries.find(old.public)
    assert not old.is_live
    assert old.replaced_by == new
    assert old.revoked_reason == "贴纸破损"
    assert new.is_live
    assert (new.store, new.kind) == (old.store, old.kind)
    entry = LogEntry.objects.get(action="code.rotated")
    assert (entry.actor_id, entry.reason, entry.store_id) == (admin.pk, "贴纸破损", old.store_id)
    assert (entry.before, entry.after) == ({"code": old.public}, {"code": new.public})


def test_a_revoked_code_is_found_and_explains_itself_and_cannot_be_revoked_or_rotated_again():
    code = issue()
    codes.revoke(code, by=None, now=NOON, reason="门店装修")
    found = code_queries.find(code.public)
    assert (found.is_live, found.revoked_reason, found.replaced_by) == (False, "门店装修", None)
    for again in (codes.revoke, codes.rotate):
        with pytest.raises(codes.CodeRetired):
            again(code, by=None, now=NOON, reason="再来一次")
    assert LogEntry.objects.filter(action="code.revoked").count() == 1
    assert issue(code.store) != code


def test_a_visitor_counts_once_an_hour_and_the_first_scan_is_the_stores_milestone():
    code = issue()
    assert codes.record_scan(code, visitor="v1", now=NOON)
    assert not codes.record_scan(code, visitor="v1", now=NOON + timedelta(minutes=59))
    assert codes.record_scan(code, visitor="v1", now=NOON + timedelta(minutes=60))
    assert codes.record_scan(code, visitor="v2", now=NOON)
    assert CodeScan.objects.filter(code=code).count() == 3
    assert Store.objects.get(pk=code.store_id).first_scan_at == NOON


def test_scans_of_a_revoked_poster_are_counted_but_are_no_milestone():
    code = codes.revoke(issue(), by=None, now=NOON, reason="换新")
    assert codes.record_scan(code, visitor="v1", now=NOON)
    assert Store.objects.get(pk=code.store_id).first_scan_at is None


def test_a_joined_visitor_marks_the_last_scan_and_the_stores_first_member():
    code = issue()
    codes.record_scan(code, visitor="v1", now=NOON)
    codes.record_scan(code, visitor="v1", now=NOON + timedelta(hours=2))
    later = NOON + timedelta(hours=3)
    codes.mark_joined(code, visitor="v1", now=later)
    codes.mark_joined(code, visitor="v1", now=later + timedelta(days=1))
    joined = CodeScan.objects.exclude(joined_at=None)
    assert [(scan.at, scan.joined_at) for scan in joined] == [(NOON + timedelta(hours=2), later)]
    assert Store.objects.get(pk=code.store_id).first_join_at == later
    listed = code_queries.of_store(code.store).get()
    assert (listed.scan_count, listed.join_count) == (2, 1)


def test_a_manager_sees_the_codes_of_their_own_store_only():
    mine, other = issue(), issue()
    manager = factories.make_staff(mine.store)
    assert list(code_queries.visible_to(manager)) == [mine]
    assert set(code_queries.for_list(factories.make_staff())) == {mine, other}
