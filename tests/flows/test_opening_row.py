"""Stores opening one by one, told step by step; and one person with two brands' cards (row 000-49)."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from campaigns.models import Campaign
from loyalty.models import Standing
from loyalty.queries import cards
from loyalty.services import orders, programs
from members.models import Identity, Member
from stores.access import Role
from stores.models import Store
from stores.services import staff as people
from tests.campaigns.test_promotions import PLACE, make_pattern, neighbours
from tests.factories import NOON, make_brand, make_channel, make_region, make_staff, make_store
from tests.loyalty.receipts import held, new_order
from tests.web.h5.shoppers import join, make_code

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = "16900001234"
STEPS = ("invited", "printed", "scanned", "joined", "promoted")


@pytest.fixture(autouse=True)
def clock(settings):
    settings.DEMO = True  # one-time codes are shown on the page
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def signed_in(*nodes, **given) -> Client:
    client = Client()
    client.force_login(make_staff(*nodes, language="en", **given))
    return client


def figures(client) -> tuple[list[int], dict[str, list[int]]]:
    """The board's counts: of all stores in sight, and by region."""
    context = client.get("/stores/board/").context
    lines = [region for brand in context["brands"] for region in brand.regions]
    return counts(context["whole"]), {line.name: counts(line.progress) for line in lines}


def counts(progress) -> list[int]:
    return [getattr(progress, step) for step in STEPS]


def listed(client, query) -> set[int]:
    return {row.pk for row in client.get(f"/stores/?state=open&{query}").context["page"].rows}


def take(step: str, store: Store, head) -> None:
    """One step of a store's opening, through the door that people use."""
    code = store.codes.first() or make_code(store)
    if step == "invited":
        given = {"name": "店长", "role": Role.STORE_MANAGER, "nodes": [store], "by": head, "now": NOON}
        people.invite(f"boss{store.pk}", **given)
    elif step == "printed":
        asked = {"form": "a5", "kind": "pdf", "language": "zh-hans"}
        assert signed_in(store).post(f"/codes/{code.pk}/download/", asked)["Content-Type"] == "application/pdf"
    elif step == "scanned":
        assert Client().get(f"/c/{code.public}").status_code == 200
    elif step == "joined":
        assert join(Client(), code, PHONE).status_code == 302
    else:
        neighbours(store, 2)
        wish = {"value": "10", "days": "3", "first_day": "2026-03-04", "radius_m": "2000", "coupons": "5"}
        manager = signed_in(store)
        answer = manager.post(f"/s/promotions/new/{make_pattern(store).pk}", wish)
        assert answer["Location"] == f"/s/promotions/{Campaign.objects.get(store=store).number}"


@pytest.mark.row("000-49")
def test_the_board_shows_each_step_of_each_store_to_those_who_may_see_it():
    head = make_staff()
    east, south = (make_region(make_brand(name=name), name=f"{name}区", name_en=name) for name in ("East", "South"))
    first, second = make_store(east, **PLACE), make_store(east)
    other = make_store(south)
    everybody, near, far = signed_in(), signed_in(east), signed_in(south)
    assert figures(everybody) == ([0] * 5, {"East": [0] * 5, "South": [0] * 5})

    for done, step in enumerate(STEPS):
        assert listed(near, f"waits={step}") == {first.pk, second.pk}
        take(step, first, head)

        reached = [1] * (done + 1) + [0] * (4 - done)
        assert figures(everybody) == (reached, {"East": reached, "South": [0] * 5})
        assert figures(near) == (reached, {"East": reached})
        assert figures(far) == ([0] * 5, {"South": [0] * 5})
        assert listed(near, f"reached={step}") == listed(everybody, f"reached={step}") == {first.pk}
        assert listed(near, f"waits={step}") == {second.pk}
        assert listed(everybody, f"waits={step}") == {second.pk, other.pk}
        assert (listed(far, f"reached={step}"), listed(far, f"waits={step}")) == (set(), {other.pk})

    first.refresh_from_db()
    assert first.first_promotion_at == NOON
    assert [store.pk for store in near.get("/stores/board/").context["waiting"]] == [second.pk]
    assert listed(everybody, "waits=nothing") == {first.pk}


def test_only_the_first_promotion_is_the_milestone(clock):
    store = make_store(**PLACE)
    head = make_staff()
    take("promoted", store, head)
    clock.shift(timedelta(days=1))
    neighbours(store, 1)
    manager = signed_in(store)
    wish = {"value": "10", "days": "1", "first_day": "2026-03-06", "radius_m": "2000", "coupons": "5"}
    manager.post(f"/s/promotions/new/{make_pattern(store, most_at_once=2).pk}", wish)

    assert Campaign.objects.filter(store=store).count() == 2
    assert Store.objects.get(pk=store.pk).first_promotion_at == NOON


@pytest.mark.row("000-49")
def test_one_member_in_two_brands_has_a_tier_in_each_and_one_identity(clock):
    tea, bread = (make_store(make_region(make_brand(name=name, name_en=name))) for name in ("Tea", "Bakery"))
    for shop in (tea, bread):
        programs.ensure(shop.brand, now=NOON)
        assert join(Client(), make_code(shop), PHONE).status_code == 302
        clock.shift(timedelta(minutes=2))  # a second one-time code is not sent at once

    member = Member.objects.get()
    assert Identity.objects.filter(kind=Identity.Kind.PHONE, value=PHONE).count() == 1
    assert Standing.objects.filter(member=member).count() == 2

    till = make_channel(brand=tea.brand)
    orders.settle(new_order(tea, till, member, amount="6000"), now=NOON)
    tiers = {row.program.brand_id: row.tier for row in Standing.objects.select_related("program", "tier")}
    assert tiers[tea.brand_id].threshold > tiers[bread.brand_id].threshold == 0
    assert held(member, tea.brand)[1] == Decimal(6000)
    assert held(member, bread.brand)[:2] == (0, 0)

    for shop in (tea, bread):
        card = cards.card(member, shop.brand, now=NOON)
        assert (card.holding.brand, card.holding.tier) == (shop.brand, tiers[shop.brand_id])
        assert len(card.others) == 1
    page = signed_in().get(f"/members/{member.number}/").content.decode()
    assert tea.brand.name in page
    assert bread.brand.name in page
    mine, theirs = signed_in(tea.brand, role=Role.MARKETER), signed_in(bread.brand, role=Role.MARKETER)
    assert "Bakery" not in mine.get(f"/members/{member.number}/").content.decode()
    assert theirs.get(f"/members/{member.number}/").status_code in {200, 404}
