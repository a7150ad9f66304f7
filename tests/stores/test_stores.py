"""Stores: opening, editing, closing, and which are near."""

import random
from datetime import date
from decimal import Decimal

import pytest

from stores.models import LogEntry, Store, StoreCode
from stores.queries import stores as store_queries
from stores.rules import places
from stores.services import codes, stores
from tests import factories
from tests.factories import NOON


def create(region, **given):
    return stores.create(
        **{"by": None, "now": NOON, "code": "HZ001", "brand": region.brand, "region": region, "name": "西湖店"} | given
    )


def test_a_new_store_is_logged_with_what_it_is():
    store = create(factories.make_region())
    entry = LogEntry.objects.get(action="store.created")
    assert (entry.store_id, entry.after["code"]) == (store.pk, "HZ001")


def test_parts_that_do_not_fit_and_taken_codes_are_refused():
    region, other = factories.make_region(), factories.make_region()
    create(region)
    for wrong in [
        {"code": "HZ001"},
        {"code": "HZ002", "brand": other.brand},
        {"code": "HZ002", "dealer": factories.make_dealer(other)},
        {"code": "HZ002", "latitude": Decimal("30")},
        {"code": "HZ002", "time_zone": "Mars/Olympus"},
    ]:
        with pytest.raises(stores.StoreProblem):
            create(region, **wrong)
    assert Store.objects.count() == 1


def test_an_edit_writes_and_logs_only_what_changed():
    store = create(factories.make_region())
    stores.edit(store, by=None, now=NOON, name="西湖旗舰店", city="")
    entry = LogEntry.objects.get(action="store.edited")
    assert (entry.before, entry.after) == ({"name": "西湖店"}, {"name": "西湖旗舰店"})
    stores.edit(store, by=None, now=NOON, name="西湖旗舰店")
    assert LogEntry.objects.filter(action="store.edited").count() == 1


def test_an_edit_to_a_taken_code_is_refused_and_changes_nothing():
    region = factories.make_region()
    create(region)
    other = create(region, code="HZ002")
    with pytest.raises(stores.StoreProblem):
        stores.edit(other, by=None, now=NOON, code="HZ001", name="新名")
    other.refresh_from_db()
    assert (other.code, other.name) == ("HZ002", "西湖店")


def test_closing_a_store_takes_its_codes_out_of_use_and_reopening_lets_it_have_new_ones():
    store = create(factories.make_region())
    code = codes.issue(store, kind=StoreCode.Kind.STORE, by=None, now=NOON)
    stores.close(store, by=None, now=NOON, on=date(2026, 3, 31), reason="租约到期")
    code.refresh_from_db()
    assert (code.is_live, code.revoked_reason) == (False, "租约到期")
    with pytest.raises(stores.StoreProblem):
        stores.close(store, by=None, now=NOON, on=date(2026, 4, 1), reason="")
    store.refresh_from_db()
    with pytest.raises(codes.CannotIssue):
        codes.issue(store, kind=StoreCode.Kind.STORE, by=None, now=NOON)
    opened = stores.reopen(store, by=None, now=NOON)
    assert codes.issue(opened, kind=StoreCode.Kind.STORE, by=None, now=NOON).is_live
    with pytest.raises(stores.StoreProblem):
        stores.reopen(store, by=None, now=NOON)


def test_near_stores_agree_with_the_slow_sum_at_five_latitudes():
    dice = random.Random(49)
    region = factories.make_region()
    cities = [(18.25, 109.51), (22.54, 114.06), (30.27, 120.15), (39.90, 116.41), (45.80, 126.53)]
    made = Store.objects.bulk_create(
        Store(
            code=f"N{n}", brand=region.brand, region=region, name="店", created_at=NOON,
            latitude=Decimal(f"{high + dice.uniform(-0.05, 0.05):.6f}"),
            longitude=Decimal(f"{wide + dice.uniform(-0.05, 0.05):.6f}"),
        )
        for n, (high, wide) in enumerate(cities * 40)
    )  # fmt: skip
    for high, wide in cities:
        slow = {s.pk: places.metres(high, wide, float(s.latitude), float(s.longitude)) for s in made}
        found = list(store_queries.nearest(Store.objects.all(), latitude=high, longitude=wide, within=3000))
        assert {store.pk for store in found} == {pk for pk, metres in slow.items() if metres <= 3000}
        assert found
        assert [store.metres for store in found] == sorted(store.metres for store in found)
        for store in found:
            assert store.metres == pytest.approx(slow[store.pk], abs=0.01)


def test_neighbours_leave_out_the_store_itself_closed_ones_and_those_without_a_place():
    region = factories.make_region()
    here, near, closed = (
        factories.make_store(region, latitude=Decimal("30"), longitude=Decimal(wide), closed_on=gone)
        for wide, gone in [("120", None), ("120.01", None), ("120.001", date(2026, 1, 1))]
    )
    lost = factories.make_store(region)
    found = store_queries.neighbours(here, Store.objects.all(), day=NOON.date())
    assert found == [near]
    assert found[0].metres == pytest.approx(963, abs=1)
    assert closed not in found
    assert store_queries.neighbours(lost, Store.objects.all(), day=NOON.date()) == []


def test_each_scope_is_offered_its_own_part_of_the_tree():
    region = factories.make_region()
    store = factories.make_store(region, dealer=factories.make_dealer(region), city="杭州")
    factories.make_store(factories.make_region(), dealer=None, city="成都")
    manager, admin = factories.make_staff(store), factories.make_staff()
    brands, regions, dealers = store_queries.tree(manager)
    assert (brands, regions, dealers) == ([region.brand], [region], [store.dealer])
    assert store_queries.cities_visible_to(manager) == ["杭州"]
    assert [len(nodes) for nodes in store_queries.tree(admin)] == [2, 2, 1]
