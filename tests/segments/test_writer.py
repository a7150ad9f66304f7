"""The writer dies, readers look in the middle, the store is away: a count is right or says where it comes from."""

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from members.models import Inbox, Member, MemberTag, Tag
from members.services import events
from segments.engine import changes, layout, reader
from segments.engine.layout import Unavailable
from segments.engine.writing import Writer
from segments.models import AudienceStore
from segments.queries import audiences, facts, stores
from segments.rules import plan
from segments.services import audience_store
from segments.services.audience_store import AnotherWriter, Follower
from tests.factories import NOON
from tests.segments.brute import Brute
from tests.segments.test_counts import agree
from tests.segments.world import add_members, add_orders, make_world

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = ["begun", "columns", "members", "orders", "applied"]


@contextmanager
def child(work):
    """Another process that does ``work`` and ends; its exit status in the list once the block is left."""
    connections.close_all()
    status: list[int] = []
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(1)
    yield status
    status.append(os.waitpid(pid, 0)[1])


def die_at(step: str):
    """A step hook that kills its process, without a last word, at this step."""
    return lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == step else None


def make_changes(world, newcomers: int = 30) -> None:
    """New orders, new members and other genders, each with its event."""
    with transaction.atomic():
        made = add_members(world, newcomers)
        bought = [order for order in add_orders(world, 60) if order.member_id]
        Member.objects.filter(pk__lte=50).update(gender="f")
        told = [
            events.NewEvent("member.edited", pk, NOON) for pk in range(1, 51) if Member.objects.filter(pk=pk).exists()
        ]
        told += [events.NewEvent("member.imported", member.pk, NOON) for member in made]
        told += [events.NewEvent("order.paid", o.member_id, NOON, data={"order": o.pk}) for o in bought]
        events.append_many(told)


def follow_and_die(step: str) -> None:
    with audience_store.only_writer():
        Follower(step=die_at(step)).turn(now=NOON)


@pytest.fixture
def _short(monkeypatch):
    monkeypatch.setattr(reader, "PATIENCE", 0.05)


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("step", STEPS)
def test_a_writer_killed_at_any_step_loses_nothing(follow, step):
    world = make_world(150)
    follow()
    make_changes(world)

    with child(lambda: follow_and_die(step)) as status:
        pass
    assert os.WTERMSIG(status[0]) == signal.SIGKILL
    assert Inbox.objects.filter(reader="segments").exists()
    counted = audiences.count({"attr": "gender", "op": "in", "value": ["f"]}, now=NOON)
    assert counted.number == Member.objects.filter(gender="f").count()  # from PostgreSQL, or after the last step
    assert (counted.engine, counted.why) == (("postgres", "busy") if step != "applied" else ("store", ""))

    follow()
    agree(world, 25, 1)


def test_a_writer_that_forgets_its_inbox_first_does_lose(follow):
    """The must-fail twin: the guard (rows go with the commit after the apply) is taken away."""
    world = make_world(150)
    follow()
    make_changes(world, newcomers=0)

    def forget_and_die() -> None:
        told = list(Inbox.objects.filter(reader="segments").select_related("event"))
        Inbox.objects.all().delete()
        follower = Follower(step=die_at("columns"))
        follower._open()
        follower._apply([row.event for row in told])

    with child(forget_and_die):
        pass
    follow()
    with pytest.raises(AssertionError):
        agree(world, 40, 0)


def flipping() -> tuple[Path, list[changes.Changes], plan.Plan]:
    """A store, its members' two states (all female with one tag, all male with the other) and what is never true."""
    tags = [Tag.objects.create(name=name, created_at=NOON) for name in "AB"]
    folder = layout.current()
    assert folder is not None
    meta = layout.read_meta(folder)
    everybody = sorted(Member.objects.values_list("pk", flat=True))
    states = []
    for gender, tag in zip("fm", tags, strict=True):
        Member.objects.update(gender=gender)
        MemberTag.objects.all().delete()
        MemberTag.objects.bulk_create(MemberTag(member_id=pk, tag=tag, added_at=NOON) for pk in everybody)
        states.append(changes.read(meta, everybody, []))
    never = plan.AnyOf((
        plan.All((plan.OneOf("gender", (1,)), plan.HasTag(tags[1].pk))),
        plan.All((plan.OneOf("gender", (2,)), plan.HasTag(tags[0].pk))),
    ))  # fmt: skip
    Writer(folder).apply(states[0])
    return folder, states, never


@pytest.mark.parametrize("checks", [True, False])
def test_a_reader_beside_the_writer_sees_one_state_and_without_its_check_does_not(follow, checks):
    add_members(make_world(300), 0)
    follow()
    folder, states, never = flipping()

    def flip() -> None:
        writer = Writer(folder, step=lambda name: time.sleep(0.001))
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            for state in states:
                writer.apply(state)
                time.sleep(0.004)

    seen = []
    with child(flip):
        held = reader.Reader(folder, cache_mb=0)
        held.checks_sequence = checks
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            seen.append(held.count(never, facts.bits_of))
    assert len(seen) > 50
    assert (sum(seen) == 0) is checks


def test_only_one_process_writes(follow):
    follow()

    def second() -> None:
        try:
            with audience_store.only_writer():
                os._exit(7)
        except AnotherWriter:
            os._exit(3)

    connections.close_all()
    pid_of_first = os.fork()
    if pid_of_first == 0:
        with audience_store.only_writer():
            time.sleep(60)
    time.sleep(0.5)
    with child(second) as status:
        pass
    os.kill(pid_of_first, signal.SIGKILL)
    os.waitpid(pid_of_first, 0)
    assert os.WEXITSTATUS(status[0]) == 3


def test_a_missing_foreign_stale_or_damaged_store_is_said_and_postgres_counts(follow, settings):
    world = make_world(60)
    rule, expected = {"tag": world.tags[0].pk}, len(Brute(NOON).ids({"tag": world.tags[0].pk}))

    def asked() -> tuple[int, str, str]:
        counted = audiences.count(rule, now=NOON)
        return counted.number, counted.engine, counted.why

    assert asked() == (expected, "postgres", "missing")
    follow()
    assert asked() == (expected, "store", "")
    settings.AUDIENCE_STALE_SECONDS = -1
    assert asked() == (expected, "postgres", "stale")
    settings.AUDIENCE_STALE_SECONDS = 60
    with transaction.atomic():
        audience_store.want_build("bulk load", now=NOON)
    assert asked() == (expected, "postgres", "wanted")
    follow()
    assert asked() == (expected, "store", "")
    AudienceStore.objects.update(token="another")
    assert asked() == (expected, "postgres", "foreign")
    follow(2)
    assert asked() == (expected, "store", "")
    folder = layout.current()
    assert folder is not None
    stores._open.clear()
    (folder / "meta.json").write_text("{")
    assert asked() == (expected, "postgres", "missing")
    assert stores.health().why == "missing"


def test_members_that_no_event_told_of_bring_a_new_build(follow):
    world = make_world(40)
    follow()
    add_members(world, 10)
    first = layout.current()
    follow()
    assert layout.current() != first
    assert audiences.count({"all": []}, now=NOON).number == Member.objects.count()


def test_a_store_that_is_full_is_built_anew(follow, settings):
    settings.AUDIENCE_SPARE = 0
    world = make_world(40)
    follow()
    first = layout.current()
    with transaction.atomic():
        made = add_members(world, 600)
        events.append_many(events.NewEvent("member.imported", member.pk, NOON) for member in made)
    follow()
    assert layout.current() != first
    agree(world, 10, 0)


def test_files_of_an_earlier_start_of_the_machine_are_not_trusted(follow, monkeypatch):
    follow()
    stores._open.clear()
    monkeypatch.setattr(layout, "boot", lambda: "another start")
    with pytest.raises(Unavailable, match="foreign"):
        stores.opened()


def test_a_question_that_takes_too_long_ends_with_words(settings):
    settings.AUDIENCE_PATIENCE = 1
    with pytest.raises(audiences.TooSlow), audiences.patience(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")
