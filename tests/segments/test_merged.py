"""Merged members leave every audience and their facts count for the winner: both engines against slow Python."""

import pytest
from django.db import transaction

from loyalty.services import merging
from members.models import Member
from segments.queries import exact
from tests.factories import NOON, make_staff
from tests.segments.test_counts import agree
from tests.segments.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)


def test_audiences_follow_merges_and_their_end(follow):
    world, by = make_world(150), make_staff()
    follow()
    people = world.dice.sample(list(Member.objects.values_list("pk", flat=True)), 60)
    pairs = [merging.Pair(winner, loser, "one") for winner, loser in zip(people[::2], people[1::2], strict=True)]
    made = merging.merge_many(pairs, by=by, now=NOON)
    everybody = {"not": {"all": [{"attr": "order_count", "op": "lt", "value": 0}]}}
    losers = {pair.loser_id for pair in pairs}
    assert not losers & set(exact.find(everybody, now=NOON).ids.tolist()), "before the store has heard"

    follow()

    agree(world, 25, 5)
    with transaction.atomic():
        merging.unmerge_many(made, reason="two", by=by, now=NOON)
    follow()
    agree(world, 25, 5)
