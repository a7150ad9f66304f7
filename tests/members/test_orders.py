"""What a receipt must look like, and how it is fingerprinted; events in one stream."""

from decimal import Decimal

import pytest

from members.models import Event
from members.rules import receipts
from members.rules.receipts import MemberRef, NewLine, NewOrder, Refusal
from members.services import arrays, events
from tests.factories import NOON, make_channel, make_member, make_store


@pytest.fixture
def order():
    line = NewLine("A", "牛奶", Decimal(1), Decimal("8.90"))
    return NewOrder(make_channel(), "S1", "1", MemberRef.phone("16900001234"), Decimal("8.90"), NOON, (line,))


def test_a_phone_is_named_in_its_canonical_form():
    assert MemberRef.phone(" +86 169-0000-1234") == MemberRef.phone("16900001234")
    assert MemberRef.phone("no phone").value == "no phone"
    assert MemberRef.card("\x00").value == ""


def test_a_good_receipt_has_no_fault(order):
    assert receipts.fault(order, now=NOON) is None


def test_a_tills_clock_may_run_five_minutes_ahead(order):
    ahead = order._replace(paid_at=NOON + receipts.CLOCK_SKEW)
    assert receipts.fault(ahead, now=NOON) is None
    assert receipts.fault(ahead, now=NOON.replace(hour=3)) == Refusal.FUTURE


def test_too_many_lines_are_refused(order):
    many = order._replace(lines=order.lines * (receipts.MOST_LINES + 1))
    assert receipts.fault(many, now=NOON) == Refusal.TOO_MANY_LINES


@pytest.mark.parametrize(
    "change",
    [
        {"store": "S2"}, {"member": None}, {"amount": Decimal("8.91")}, {"associate": "x"}, {"lines": ()},
        {"lines": (NewLine("A", "牛奶", Decimal(2), Decimal("8.90")),)},
        {"lines": (NewLine("A", "牛", Decimal(1), Decimal("8.90")),)},
    ],
)  # fmt: skip
def test_another_receipt_has_another_fingerprint(order, change):
    assert receipts.digest(order) != receipts.digest(order._replace(**change))
    assert len(receipts.digest(order)) == 16


def test_arrays_carry_every_character_to_the_database(db):
    from django.db import connection  # noqa: PLC0415 -- beside its only use

    words = ["plain", 'a "quote"', "back\\slash", "{brace}", "comma,", "", "NULL", "会员", None, "it's %s"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::text[], %s::numeric[], %s::bytea[], %s::timestamptz[]",
            [arrays.texts(words), arrays.numbers([1, Decimal("2.50"), None]), arrays.binaries([b"\x00\xff\\"]),
             arrays.texts([NOON])],
        )  # fmt: skip
        texts, numbers, binaries, times = cursor.fetchone()
    assert texts == words
    assert numbers == [1, Decimal("2.50"), None]
    assert [bytes(each) for each in binaries] == [b"\x00\xff\\"]
    assert times == [NOON]


def test_many_events_are_written_in_one_stream(db):
    member, store = make_member(), make_store()
    rows = [events.NewEvent("x.happened", member.pk, NOON, store.pk, None, {"n": n, "text": '"\\\n'}) for n in range(3)]

    assert events.append_many(rows) == 3
    one = events.append("y.happened", member=member, at=NOON, store=store, n=4)

    assert list(Event.objects.filter(kind="x.happened").order_by("pk").values_list("data__n", flat=True)) == [0, 1, 2]
    assert Event.objects.filter(kind="x.happened")[0].data["text"] == '"\\\n'
    assert (one.data, one.recorded_at is None) == ({"n": 4}, False)
