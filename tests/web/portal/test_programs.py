"""The programmes of the brands: what a yuan earns, tiers, and whom a scan binds."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.models import Program, Standing
from loyalty.services import programs
from stores.access import Role
from stores.models import LogEntry
from tests.factories import NOON, make_brand, make_member, make_region, make_staff, make_store


@pytest.fixture
def program():
    return programs.ensure(make_store().brand, now=NOON)


@pytest.fixture
def admin(client):
    staff = make_staff()
    client.force_login(staff)
    client.get("/ui/")
    return staff


def test_the_page_asks_as_many_questions_for_three_members_as_for_one(client, admin, program):
    counts = []
    for more in (1, 2):
        programs.enrol_many([make_member().pk for _one in range(more)], program, at=NOON)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(reverse("program-detail", args=[program.pk]))
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 15
    assert [row["members"] for row in answer.context["tiers"]] == [3, 0, 0, 0]


def test_rates_change_through_the_page_and_are_noted(client, admin, program):
    given = {"points_per_yuan": "0.5", "growth_per_yuan": "2"}
    assert client.post(reverse("program-rates", args=[program.pk]), given).status_code == 302
    program.refresh_from_db()
    assert (program.points_per_yuan, program.growth_per_yuan) == (Decimal("0.5"), 2)
    assert LogEntry.objects.filter(action="program.edited", actor_id=admin.pk).exists()


@pytest.mark.parametrize("wrong", [{"points_per_yuan": "-1"}, {"growth_per_yuan": ""}])
def test_wrong_rates_are_refused_beside_their_field(client, admin, program, wrong):
    given = {"points_per_yuan": "1", "growth_per_yuan": "1"} | wrong
    answer = client.post(reverse("program-rates", args=[program.pk]), given)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(wrong)


def test_no_page_promises_that_points_expire(client, admin, program):
    Program.objects.filter(pk=program.pk).update(points_valid_days=31415)

    assert b"31415" not in client.get(reverse("program-detail", args=[program.pk])).content
    assert "points_valid_days" not in client.get(reverse("program-rates", args=[program.pk])).context["form"].fields


def ladder(*thresholds):
    words = {}
    for rank, threshold in enumerate(thresholds):
        words |= {f"t{rank}_name": f"级{rank}", f"t{rank}_name_en": f"T{rank}", f"t{rank}_threshold": threshold}
    return words


def test_the_ladder_changes_and_must_rise(client, admin, program):
    programs.enrol_many([make_member().pk], program, at=NOON)
    url = reverse("program-tiers", args=[program.pk])
    assert client.post(url, ladder(0, 100, 50, 900)).status_code == 422
    assert client.post(url, ladder(0, 100, 500, 900)).status_code == 302
    assert list(program.tiers.values_list("threshold", flat=True)) == [0, 100, 500, 900]
    assert Standing.objects.filter(program=program, tier__rank=0).count() == 1
    program.refresh_from_db()
    assert program.ladder_changed_at
    assert program.ladder_applied_at is None


def test_the_binding_rule_changes_and_is_noted(client, admin, program):
    url = reverse("program-binding", args=[program.pk])
    assert client.post(url, {"binding": "after_days", "days": "0"}).status_code == 422
    assert client.post(url, {"binding": "after_days", "days": "60"}).status_code == 302
    program.brand.refresh_from_db()
    assert (program.brand.binding, program.brand.binding_days) == ("after_days", 60)
    assert LogEntry.objects.get(action="brand.binding_edited").before == {"binding": "first", "days": 90}


def test_another_brands_marketer_gets_404(client, program):
    client.force_login(make_staff(make_brand(), role=Role.MARKETER))
    for name in ("program-detail", "program-rates", "program-tiers", "program-binding"):
        assert client.get(reverse(name, args=[program.pk])).status_code == 404, name


def test_a_region_may_look_at_the_rates_but_nobody_there_may_change_them(client, program):
    region = make_region(program.brand)
    make_store(region)
    client.force_login(make_staff(region, role=Role.MARKETER))
    assert client.get(reverse("program-detail", args=[program.pk])).status_code == 200
    assert client.get(reverse("program-rates", args=[program.pk])).status_code == 404
