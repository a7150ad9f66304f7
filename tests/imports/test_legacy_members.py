"""The legacy import from file to rows: what each line becomes, and that a second time changes nothing."""

from datetime import date, timedelta

import pytest
from django.db.models import Sum

from loyalty.models import Account, Entry, Lot, Standing, TierChange
from loyalty.services import importing
from members.imports import runs
from members.models import Consent, Event, Identity, ImportProblem, ImportRun, Inbox, Member, MemberTag, StoreBinding
from members.services import events, prospects
from members.services.prospects import Seen
from tests.factories import NOON, make_brand, make_member, make_order, make_region, make_staff, make_store

from .files import HEADERS, bring, figures, row, world, xlsx


def problems(run):
    return {(p.row_no, p.field, p.code) for p in ImportProblem.objects.filter(run=run)}


def test_a_row_becomes_a_member_with_everything_it_brings(tmp_path, brand):
    store = make_store(make_region(brand), code="S00001")
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, row(
        card="C001", name="王小明", phone="16900001234", gender="女", birthday=date(1990, 1, 5), store="s00001",
        points="1,200 ", growth=1500, tags="老客，宝妈", joined=date(2020, 6, 18), marketing="否", note="爱喝茶",
    )])  # fmt: skip
    run = bring(path, brand)
    assert figures(run) == (1, 1, 0, 0, 0)
    member = Member.objects.get()
    assert (member.name, member.gender, member.birthday, member.note) == ("王小明", "f", date(1990, 1, 5), "爱喝茶")
    assert member.home_store == store
    assert member.joined_at.isoformat() == "2020-06-17T16:00:00+00:00"
    assert set(Identity.objects.values_list("kind", "value", "member_id")) == {
        (1, "16900001234", member.pk), (2, "C001", member.pk)
    }  # fmt: skip
    assert set(MemberTag.objects.values_list("tag__name", flat=True)) == {"老客", "宝妈"}
    assert StoreBinding.objects.get().reason == "imported"
    assert list(Consent.objects.values_list("purpose", "is_given", "method")) == [("marketing", False, "import")]
    balances = dict(Account.objects.values_list("book__asset", "balance"))
    assert balances == {"points": 1200, "growth": 1500}
    assert set(Entry.objects.values_list("kind", "amount")) == {("open", 1200), ("open", 1500)}
    assert {idem.rsplit(":", 1)[0] for idem in Entry.objects.values_list("idem", flat=True)} == {
        f"open:legacy-qh:m{member.pk}"
    }
    assert Lot.objects.aggregate(n=Sum("remaining"))["n"] == 1200
    assert Standing.objects.get().tier.threshold == 1000
    assert TierChange.objects.filter(reason="import").count() == 1
    assert Event.objects.filter(kind="member.imported", member=member).count() == 1


def test_the_same_file_is_the_same_run_and_another_copy_changes_nothing(tmp_path, brand):
    make_store(make_region(brand), code="S00001")
    rows = [row(card=f"C{n}", phone=f"1690000{n:04d}", store="S00001", points=n * 10, growth=n * 500, tags="老客",
                marketing="否", name="李雷") for n in range(1, 41)]  # fmt: skip
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, *rows])
    run = bring(path, brand)
    assert importing.start(path, kind="members", by=None, now=NOON, brand=brand) == run
    before = world()
    again = bring(xlsx(tmp_path / "b.xlsx", [HEADERS, *rows, row()], sheet="另存"), brand)
    assert again != run
    assert figures(again) == (40, 0, 0, 40, 0)
    assert world() == before


def test_members_of_a_file_leave_the_same_facts_as_members_who_scan(tmp_path, brand):
    """Bound once, part of the programme once; a second file that binds nobody tells nothing."""
    store = make_store(make_region(brand), code="S00001")
    rows = [row(card="C1", phone="16900000001", store="S00001", points=5), row(card="C2", phone="16900000002")]
    bring(xlsx(tmp_path / "a.xlsx", [HEADERS, *rows]), brand)
    bring(xlsx(tmp_path / "b.xlsx", [HEADERS, row(card="C1", phone="16900000001", store="S00001", tags="老客")]), brand)
    member = Member.objects.get(identities__value="C1")
    [bound] = Event.objects.filter(kind="member.bound")
    assert (bound.member_id, bound.store_id, bound.at) == (member.pk, store.pk, StoreBinding.objects.get().bound_at)
    assert bound.data == {"reason": "imported", "associate": None, "code": ""}
    joined = Event.objects.filter(kind="program.joined").order_by("member_id").values_list("store_id", flat=True)
    assert list(joined) == [store.pk, None]
    for event in Event.objects.filter(kind__in=["member.bound", "program.joined"]):
        assert Inbox.objects.filter(event=event).count() == len(events.readers_of(event.kind))


def test_balance_equals_entries_equals_lots(tmp_path, brand):
    rows = [row(card=f"C{n}", points=n, growth=n * 7) for n in range(300)]
    bring(xlsx(tmp_path / "a.xlsx", [HEADERS, *rows]), brand)
    for asset in ("points", "growth"):
        held = Account.objects.filter(book__asset=asset).aggregate(n=Sum("balance"))["n"]
        assert held == Entry.objects.filter(book__asset=asset).aggregate(n=Sum("amount"))["n"]
        assert held == sum(range(300)) * (7 if asset == "growth" else 1)
    held = Account.objects.filter(book__asset="points").aggregate(n=Sum("balance"))["n"]
    assert Lot.objects.filter(book__asset="points").aggregate(n=Sum("remaining"))["n"] == held


def test_points_expire_by_the_programmes_rule(tmp_path, brand):
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, row(card="C1", points=5)])
    run = importing.start(path, kind="members", by=None, now=NOON, brand=brand)
    importing.plan(run, now=NOON)
    brand.refresh_from_db()
    brand.program.points_valid_days = 365
    brand.program.save()
    importing.apply(ImportRun.objects.get(), now=NOON)
    assert Lot.objects.get().expires_at == NOON + timedelta(days=365)


def test_a_known_member_gets_blanks_filled_and_nothing_overwritten(tmp_path, brand):
    member = make_member(phone="16900000001", name="原名")
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, row(card="C1", phone="16900000001", name="新名", gender="男", points=9)])
    run = bring(path, brand)
    assert figures(run) == (1, 0, 1, 0, 0)
    member.refresh_from_db()
    assert (member.name, member.gender) == ("原名", "m")
    assert Identity.objects.get(kind=2).member == member
    assert Account.objects.get(book__asset="points").balance == 9


def test_an_opening_is_posted_once_even_when_the_row_is_named_differently(tmp_path, brand):
    bring(xlsx(tmp_path / "a.xlsx", [HEADERS, row(phone="16900000001", points=100)]), brand)
    run = bring(xlsx(tmp_path / "b.xlsx", [HEADERS, row(card="C1", phone="16900000001", points=100)]), brand)
    assert figures(run) == (1, 0, 1, 0, 0)
    assert Account.objects.get(book__asset="points").balance == 100


def test_another_source_brings_its_own_opening(tmp_path, brand):
    bring(xlsx(tmp_path / "a.xlsx", [HEADERS, row(card="C1", points=100)]), brand, source="mall")
    bring(xlsx(tmp_path / "b.xlsx", [HEADERS, row(card="C1", points=50)]), brand, source="till")
    assert Account.objects.get(book__asset="points").balance == 150


def test_every_dirty_row_stays_out_with_its_reason(tmp_path, brand):
    make_store(make_region(brand), code="S1")
    cases = [
        (row(phone="1380013"), "phone", "phone_invalid"),
        (row(phone="1.38E+10"), "phone", "phone_scientific"),
        (row(card=123456789012345678), "card", "digits_lost"),
        (row(card="C10", birthday="1990-02-30"), "birthday", "date_invalid"),
        (row(card="C11", birthday="2090-01-01"), "birthday", "date_future"),
        (row(card="C12", joined="1890-01-01"), "joined", "date_too_old"),
        (row(card="C13", points=-5), "points", "number_negative"),
        (row(card="C14", points="12.5"), "points", "number_fraction"),
        (row(card="C15", growth="many"), "growth", "number_invalid"),
        (row(card="C16", gender="?"), "gender", "gender_unknown"),
        (row(card="C17", store="S9"), "store", "unknown_store"),
        (row(card="C18", tier="钻石"), "tier", "unknown_tier"),
        (row(card="C19", marketing="maybe"), "marketing", "yes_no_unknown"),
        (row(card="C20", note="长" * 301), "note", "too_long"),
        (row(name="谁"), "row", "no_identity"),
        (row(card="合计", points=100), "row", "total_row"),
        (HEADERS, "row", "header_again"),
    ]
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, *[case[0] for case in cases], row(card="GOOD", store="S1")])
    run = bring(path, brand)
    assert problems(run) == {(n, field, code) for n, (_row, field, code) in enumerate(cases, 2)}
    assert figures(run) == (18, 1, 0, 0, 17)
    assert Identity.objects.get().value == "GOOD"


def test_repairable_cells_are_repaired(tmp_path, brand):
    path = xlsx(tmp_path / "a.xlsx", [
        HEADERS,
        row(phone=16900000001), row(phone="１６９００００００02"), row(phone="+86 169-0000-0003"),
        row(phone="\u00a016900000004 "), row(phone="16900000005.0"), row(card="C6", birthday=32878),
        row(card="C7", birthday="1990年1月5日"), row(card="C8", birthday="19900105"), row(card="C9", points=1200.0),
        row(card=1001, points="１２００", phone="无"), row(phone="+852 5123 4567"),
    ])  # fmt: skip
    run = bring(path, brand)
    assert problems(run) == set()
    assert figures(run) == (11, 11, 0, 0, 0)
    phones = set(Identity.objects.filter(kind=1).values_list("value", flat=True))
    assert phones == {f"1690000000{n}" for n in range(1, 6)} | {"+85251234567"}
    assert set(Member.objects.exclude(birthday=None).values_list("birthday", flat=True)) == {date(1990, 1, 5)}
    assert Identity.objects.filter(kind=2, value="1001").exists()


def test_the_first_of_two_rows_with_one_phone_counts(tmp_path, brand):
    path = xlsx(tmp_path / "a.xlsx", [
        HEADERS, row(card="A", phone="16900000001"), row(card="B", phone="16900000001"),
        row(card="B", phone="16900000002"),
    ])  # fmt: skip
    run = bring(path, brand)
    assert figures(run) == (3, 1, 0, 0, 2)
    found = ImportProblem.objects.filter(run=run).values_list("row_no", "field", "code", "other_row")
    assert set(found) == {(3, "phone", "duplicate_in_file", 2), (4, "card", "duplicate_in_file", 3)}


def test_a_phone_of_one_and_a_card_of_another_is_nobody(tmp_path, brand):
    make_member(phone="16900000001")
    other = make_member(phone="16900000002")
    Identity.objects.create(kind=2, value="CB", member=other, added_at=NOON)
    run = bring(xlsx(tmp_path / "a.xlsx", [HEADERS, row(phone="16900000001", card="CB", points=5)]), brand)
    assert problems(run) == {(2, "row", "conflict")}
    assert not Entry.objects.exists()


def test_two_rows_reaching_one_member_the_first_wins(tmp_path, brand):
    member = make_member(phone="16900000001")
    Identity.objects.create(kind=2, value="CA", member=member, added_at=NOON)
    run = bring(
        xlsx(tmp_path / "a.xlsx", [HEADERS, row(card="CA", points=5), row(phone="16900000001", points=7)]), brand
    )
    assert problems(run) == {(3, "row", "same_member")}
    assert Account.objects.get(book__asset="points").balance == 5


def test_a_tier_without_growth_starts_at_its_threshold_and_growth_decides_otherwise(tmp_path, brand):
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, row(card="A", tier="金卡"), row(card="B", tier="黑卡", growth=1200)])
    bring(path, brand)
    tiers = {s.member.identities.get().value: s.tier.name for s in Standing.objects.select_related("tier", "member")}
    assert tiers == {"A": "金卡", "B": "银卡"}


def test_a_yes_counts_only_with_source_and_evidence_and_never_over_a_no(tmp_path, brand):
    refuser = make_member(phone="16900000009")
    Consent.objects.create(member=refuser, purpose="marketing", is_given=False, at=NOON, method="h5")
    rows = [HEADERS, row(phone="16900000001", marketing="是"), row(phone="16900000009", marketing="是")]
    bring(xlsx(tmp_path / "a.xlsx", rows), brand)
    assert not Consent.objects.filter(is_given=True).exists()
    bring(
        xlsx(tmp_path / "b.xlsx", [*rows, row(phone="16900000002", marketing="yes")]), brand,
        consent_source="开卡申请表", consent_evidence="档案柜 3",
    )  # fmt: skip
    given = Consent.objects.filter(is_given=True)
    assert {c.member.identities.get().value for c in given} == {"16900000001", "16900000002"}
    assert given[0].evidence == "开卡申请表: 档案柜 3"


def test_a_store_is_known_by_code_or_by_a_name_of_its_own(tmp_path, brand):
    region = make_region(brand)
    west = make_store(region, code="W1", name="西湖店")
    make_store(region, code="D1", name="同名店")
    make_store(region, code="D2", name="同名店")
    make_store(make_region(make_brand()), code="X1", name="别家")
    rows = [row(card="A", store="西湖店"), row(card="B", store="同名店"), row(card="C", store="X1")]
    run = bring(xlsx(tmp_path / "a.xlsx", [HEADERS, *rows]), brand)
    assert problems(run) == {(3, "store", "unknown_store"), (4, "store", "unknown_store")}
    assert Member.objects.get().home_store == west


def test_a_marketer_of_one_region_brings_members_to_its_stores_only(tmp_path, brand):
    mine, other = make_region(brand), make_region(brand)
    make_store(mine, code="M1")
    make_store(other, code="O1")
    by = make_staff(mine, role="marketer")
    rows = [row(card="A", store="M1"), row(card="B", store="O1")]
    run = bring(xlsx(tmp_path / "a.xlsx", [HEADERS, *rows]), brand, by=by)
    assert problems(run) == {(3, "store", "unknown_store")}


def test_a_cancelled_run_leaves_nothing_and_the_file_may_come_again(tmp_path, brand):
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, row(card="A")])
    run = importing.plan(importing.start(path, kind="members", by=None, now=NOON, brand=brand), now=NOON)
    importing.cancel(run, by=None, now=NOON)
    assert not Member.objects.exists()
    with pytest.raises(importing.CannotImport):
        importing.confirm(run, by=None, now=NOON)
    assert bring(path, brand) != run
    assert Member.objects.count() == 1


def test_a_mapping_without_anyone_to_tell_apart_is_refused(tmp_path, brand):
    path = xlsx(tmp_path / "a.xlsx", [["甲", "乙"], ["x", "y"]])
    run = importing.start(path, kind="members", by=None, now=NOON, brand=brand)
    with pytest.raises(importing.CannotImport):
        importing.choose(run, columns={"name": 0}, by=None, now=NOON)
    with pytest.raises(importing.CannotImport):
        importing.choose(run, columns={"card": 0, "name": 0}, by=None, now=NOON)
    with pytest.raises(importing.CannotImport):
        importing.choose(run, columns={"card": 7}, by=None, now=NOON)
    run = importing.choose(run, columns={"card": 1}, by=None, now=NOON)
    assert importing.apply(importing.plan(run, now=NOON), now=NOON).new == 1


def test_a_file_of_one_brand_may_come_again_for_another(tmp_path, brand):
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, row(phone="16900001234", points=5)])
    other = make_brand(code="other")
    first, second = bring(path, brand, source="old"), bring(path, other, source="old")
    assert first != second
    assert Member.objects.count() == 1
    assert Standing.objects.count() == 2


def test_a_run_that_is_planned_anew_is_applied_whole(tmp_path, brand):
    rows = [row(card=f"C{n}", phone=f"1690000{n:04d}", name="李雷") for n in range(1, 5)]
    run = bring(xlsx(tmp_path / "a.xlsx", [HEADERS, *rows]), brand)
    ImportRun.objects.filter(pk=run.pk).update(status="failed", failure="stopped")
    Identity.objects.filter(value="16900000003").delete()
    run = importing.choose(run, columns=run.mapping["columns"], by=None, now=NOON)
    assert run.planned_at is None
    run = importing.apply(importing.plan(run, now=NOON), now=NOON)
    assert (run.status, run.updated, run.unchanged) == ("done", 1, 3)
    assert Identity.objects.filter(value="16900000003").exists()


def test_a_run_that_is_cancelled_while_it_is_checked_stays_cancelled(tmp_path, brand, monkeypatch):
    path = xlsx(tmp_path / "a.xlsx", [HEADERS, row(phone="16900001234")])
    run = importing.start(path, kind="members", by=None, now=NOON, brand=brand)
    run = importing.choose(run, columns=run.mapping["columns"], by=None, now=NOON)
    counted = runs.match.count

    def cancelled_meanwhile(cursor, this):
        counted(cursor, this)
        ImportRun.objects.filter(pk=this.pk).update(status="cancelled")

    monkeypatch.setattr(runs.match, "count", cancelled_meanwhile)
    with pytest.raises(runs.Stopped):
        runs.stage_and_plan(run, now=NOON)


def test_after_thirty_days_a_run_keeps_its_figures_and_no_personal_data(tmp_path, brand):
    done = bring(xlsx(tmp_path / "a.xlsx", [HEADERS, row(phone="16900001234"), row(phone="12345")]), brand)
    waits = importing.start(
        xlsx(tmp_path / "b.xlsx", [HEADERS, row(phone="16900001235")]), kind="members", by=None, now=NOON, brand=brand
    )
    assert importing.sweep(now=NOON + timedelta(days=29)) == 0
    importing.sweep(now=NOON + timedelta(days=31))
    done.refresh_from_db()
    waits.refresh_from_db()
    assert (done.rows, done.bad, done.file.name, done.mapping["samples"]) == (2, 1, "", [])
    assert not done.rejects.exists()
    assert set(done.problems.values_list("raw", flat=True)) == {""}
    assert waits.status == "cancelled"


UNION = "o6_bmasdasdsad6_2sgVt7hMZOPfL"


def test_a_prospect_whom_a_file_names_is_a_member_with_what_they_bought_before(tmp_path, brand):
    store = make_store(make_region(brand), code="S00001")
    prospect = prospects.make(Identity.Kind.UNIONID, UNION, Seen(NOON), now=NOON)
    order = make_order(store, prospect=prospect)

    run = bring(xlsx(tmp_path / "a.xlsx", [[*HEADERS, "unionid"], [*row(name="王小明", store="S00001"), UNION]]), brand)

    assert figures(run) == (1, 0, 1, 0, 0)
    assert Member.objects.get() == prospect
    order.refresh_from_db()
    assert order.member == prospect
    assert Event.objects.filter(kind="member.imported", data__before=True).count() == 1
    assert not Entry.objects.filter(ref_type="order").exists()
