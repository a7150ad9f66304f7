"""A locked audience is exact at its moment and stays, whatever becomes of the rule and the data."""

import hashlib

import numpy as np
import pytest
from django.db import transaction

from members.models import Member, MemberTag, Tag
from members.services import editing, events
from members.services import tags as member_tags
from segments.models import AudienceSnapshot, Segment
from segments.queries import audiences, snapshots
from segments.queries import segments as lists
from segments.rules.tree import RuleError
from segments.services import segments, tags
from segments.services import snapshots as locking
from segments.services.segments import CannotSave
from segments.services.tags import BadTag
from stores.access import Role
from stores.models import LogEntry
from tests.factories import NOON, make_brand, make_member, make_region, make_staff, make_store

pytestmark = pytest.mark.django_db(transaction=True)
WOMEN = {"attr": "gender", "op": "in", "value": ["f"]}


def edit(member, gender, by):
    editing.edit(member, name=member.name, gender=gender, birthday=None, language="en", note="", by=by, now=NOON)


@pytest.mark.row("000-19")
def test_a_locked_audience_keeps_its_members_and_hash_while_rule_and_data_change(follow):
    by = make_staff()
    people = [make_member(gender="f" if n % 2 else "m") for n in range(20)]
    follow()
    segment = segments.save(None, name="女会员", description="", rule=WOMEN, by=by, now=NOON)
    locked = locking.lock(segment=segment, name="三八节", by=by, now=NOON)
    women = sorted(member.pk for member in people if member.gender == "f")
    assert (locked.size, locked.engine, locked.number) == (10, "store", f"A{locked.pk:06d}")
    assert locked.sha256 == hashlib.sha256(np.array(women, ">i4").tobytes()).hexdigest()

    edit(people[0], "f", by)
    edit(people[1], "m", by)
    segments.save(segment, name="女会员", description="", rule={"not": WOMEN}, by=by, now=NOON)
    follow()

    kept = AudienceSnapshot.objects.get(pk=locked.pk)
    assert snapshots.ids_of(kept).tolist() == women
    assert (kept.sha256, kept.rule_version) == (locked.sha256, 1)
    assert snapshots.contains(kept, people[1].pk)
    assert not snapshots.contains(kept, people[0].pk)
    assert not snapshots.contains(kept, 10**9)
    drift = snapshots.drift(kept, NOON)
    assert (drift.locked, drift.live, drift.stayed, drift.left, drift.entered) == (10, 10, 1, 9, 9)
    assert drift.is_other_rule


def test_locking_counts_what_the_store_has_not_heard_of_yet(follow):
    by = make_staff()
    people = [make_member(gender="f") for _ in range(6)]
    follow()
    edit(people[0], "m", by)
    with transaction.atomic():
        newcomer = make_member(gender="f")
        events.append("member.joined", member=newcomer, at=NOON)

    assert audiences.count(WOMEN, now=NOON).number == 6  # as old as the last look, and says so
    assert not audiences.count(WOMEN, now=NOON).is_exact
    locked = locking.lock(rule=WOMEN, name="now", by=by, now=NOON)
    assert snapshots.ids_of(locked).tolist() == sorted([*(member.pk for member in people[1:]), newcomer.pk])
    assert locked.engine == "store"


def test_a_person_of_one_brand_locks_only_members_whom_they_may_see():
    here, there = make_store(), make_store(make_region(make_brand()))
    mine = make_member(home_store=here, gender="f")
    make_member(home_store=there, gender="f")
    locked = locking.lock(rule=WOMEN, name="女会员", by=make_staff(here.brand), now=NOON)
    assert snapshots.ids_of(locked).tolist() == [mine.pk]


def test_without_a_store_the_same_members_are_locked():
    by = make_staff()
    women = [make_member(gender="f").pk for _ in range(3)]
    make_member(gender="m")
    locked = locking.lock(rule=WOMEN, name="now", by=by, now=NOON)
    assert (snapshots.ids_of(locked).tolist(), locked.engine) == (women, "postgres")
    assert snapshots.ids_of(locking.lock(rule={"all": [WOMEN, {"not": WOMEN}]}, name="x", by=by, now=NOON)).size == 0


def test_a_locked_audience_can_stand_in_a_rule(follow):
    by = make_staff()
    people = [make_member(gender="f") for _ in range(4)]
    follow()
    locked = locking.lock(rule=WOMEN, name="now", by=by, now=NOON)
    edit(people[0], "m", by)
    follow()
    rule = {"all": [{"snapshot": locked.pk}, {"not": WOMEN}]}
    assert audiences.ids(rule, now=NOON).tolist() == [people[0].pk]
    assert audiences.holds(rule, people[0].pk, now=NOON)
    assert not audiences.holds(rule, people[1].pk, now=NOON)
    with pytest.raises(RuleError):
        audiences.count({"snapshot": locked.pk + 1}, now=NOON)


def test_a_store_manager_counts_only_members_in_reach(follow):
    mine, other = make_store(), make_store()
    for store in (mine, mine, other):
        make_member(gender="f", home_store=store)
    follow()
    assert audiences.count(WOMEN, now=NOON).number == 3
    assert audiences.count(WOMEN, now=NOON, staff=make_staff(mine)).number == 2
    assert audiences.sample(WOMEN, make_staff(mine), now=NOON).count() == 2
    assert audiences.sample(WOMEN, make_staff(), now=NOON, limit=1).count() == 1


def test_reachable_members_agreed_and_have_an_address(follow):
    make_member(gender="f")
    follow()
    assert audiences.reachable(WOMEN, "sms", now=NOON).number == 0


def test_a_name_is_taken_once_and_free_again_when_archived():
    by = make_staff()
    first = segments.save(None, name="A", description="", rule=WOMEN, by=by, now=NOON)
    with pytest.raises(CannotSave):
        segments.save(None, name=" A ", description="", rule=WOMEN, by=by, now=NOON)
    with pytest.raises(CannotSave):
        segments.save(None, name=" ", description="", rule=WOMEN, by=by, now=NOON)
    with pytest.raises(RuleError):
        segments.save(None, name="B", description="", rule={"tag": 99}, by=by, now=NOON)
    assert segments.archive(first, by=by, now=NOON)
    assert not segments.archive(first, by=by, now=NOON)
    segments.save(None, name="A", description="", rule=WOMEN, by=by, now=NOON)
    assert Segment.objects.count() == 2
    assert [row.name for row in lists.for_list(by)] == ["A"]
    assert not lists.visible_to(make_staff(make_store(), role=Role.STORE_MANAGER)).exists()


def test_a_tag_is_given_to_an_audience_at_once_and_the_store_hears_of_it(follow):
    by = make_staff()
    people = [make_member(gender="f") for _ in range(5)]
    word = tags.define("常客", by=by, now=NOON)
    member_tags.add(people[0], "常客", by=by, now=NOON)
    follow()

    assert tags.tag_audience(word, WOMEN, by=by, now=NOON) == 4
    follow()
    assert audiences.count({"tag": word.pk}, now=NOON).number == 5
    assert MemberTag.objects.filter(tag=word).count() == 5
    assert LogEntry.objects.filter(action="tag.given").count() == 1
    assert tags.retire(word, by=by, now=NOON)
    with pytest.raises(BadTag):
        tags.tag_audience(word, WOMEN, by=by, now=NOON)
    with pytest.raises(BadTag):
        tags.define("常客", by=by, now=NOON)
    assert tags.rename(word, name="老客", by=by, now=NOON).name == Tag.objects.get(pk=word.pk).name == "老客"
    assert Member.objects.count() == 5
