"""One meaning, three ways to count: the audience store, PostgreSQL and slow Python agree, whatever happens in between."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from loyalty.models import Program
from loyalty.services import adjusting
from members.models import Member, Order
from members.rules.receipts import NewLine
from members.services import consent, editing, events, orders, tags
from members.services.orders import NewOrder, NewRefund
from segments.queries import audiences, facts, stores
from tests.factories import NOON, make_staff
from tests.segments.brute import Brute
from tests.segments.world import World, add_members, make_world, random_rule

pytestmark = pytest.mark.django_db(transaction=True)


def agree(world: World, rules: int, singles: int) -> None:
    brute = Brute(NOON)
    for _ in range(rules):
        rule = random_rule(world)
        expected = brute.ids(rule)
        found = audiences.find(rule, now=NOON)
        assert (found.engine, found.is_exact) == ("store", True)
        assert found.ids.tolist() == expected, rule
        assert audiences.ids_in_postgres(facts.planned(rule, now=NOON)).tolist() == expected, rule
        for member in world.dice.sample(brute.members, singles):
            assert audiences.holds(rule, member.pk, now=NOON) == (member.pk in expected), rule


def shake(world: World) -> None:
    """Change a bit of everything through the services that change it."""
    dice, by = world.dice, make_staff()
    some = dice.sample(list(Member.objects.all()), 60)
    for member in some[:15]:
        editing.edit(
            member,
            name="李雷",
            gender=dice.choice(["f", "m", ""]),
            birthday=None,
            language="en",
            note="",
            by=by,
            now=NOON,
        )
        tags.add(member, dice.choice(world.tags).name, by=by, now=NOON)
    tags.add(some[0], "全新的词", by=by, now=NOON)
    for member in some[15:30]:
        tags.remove(member, dice.choice(world.tags).pk, by=by, now=NOON)
        with transaction.atomic():
            consent.give(member, "marketing", language="zh-hans", method="test", now=NOON, is_given=dice.random() < 0.5)
    for member in some[30:36]:
        program = dice.choice(list(Program.objects.all()))
        adjusting.adjust(
            member, program, asset="growth", amount=dice.randrange(1, 9000), reason="x", form_id=f"{dice.random()}", by=by,
            now=NOON,
        )  # fmt: skip
    with transaction.atomic():
        made = add_members(world, 20)
        events.append_many(events.NewEvent("member.imported", member.pk, NOON) for member in made)
        Member.objects.filter(pk=some[40].pk).update(latitude=Decimal("30.5"), longitude=Decimal("120.5"))
        events.append("member.edited", member=some[40], at=NOON)
    trade(world)


def trade(world: World) -> None:
    dice = world.dice
    refundable = [o for o in Order.objects.exclude(member=None).filter(refunded=0, amount__gt=1) if dice.random() < 0.1]
    with transaction.atomic():
        news = [
            NewOrder(dice.choice(world.channels), dice.choice(world.stores).code, f"N{dice.random()}", None, Decimal(90),
                     NOON - timedelta(days=dice.randrange(60)),
                     [NewLine(f"SKU{dice.randrange(12)}", "x", Decimal(1), Decimal("33.33")) for _ in range(3)])
            for _ in range(40)
        ]  # fmt: skip
        stored = orders.record_many(news, now=NOON)
        assert all(answer.order_id for answer in stored)
        for answer in stored:  # a till that names its member
            member = dice.choice(Member.objects.values_list("pk", flat=True)[:200])
            Order.objects.filter(pk=answer.order_id).update(member_id=member)
            events.append_many([events.NewEvent("order.paid", member, NOON, data={"order": answer.order_id})])
        late = Order.objects.exclude(member=None).filter(number__startswith="N").first()
        refunds = [
            NewRefund(order.channel, f"F{order.pk}", order.number, dice.choice([order.amount, Decimal("0.99")]), NOON)
            for order in [*refundable[:40], late]
        ]
        assert all(answer.refund_id for answer in orders.record_refunds(refunds, now=NOON))


@pytest.mark.row("004-12")
def test_two_hundred_random_rules_count_the_same_in_all_engines_before_and_after_changes(follow):
    world = make_world(600)
    follow()

    agree(world, 100, 2)
    shake(world)
    assert not stores.opened().is_exact
    assert follow() > 100
    agree(world, 60, 2)
    shake(world)
    follow()
    agree(world, 40, 2)
