"""Finding members: who may see whom, what a search means, and that each way reads an index."""

import pytest
from django.db import connection

from members.models import Identity, Member, Order
from members.queries import members
from tests.factories import NOON, make_channel, make_member, make_order, make_region, make_staff, make_store


@pytest.mark.parametrize("card", ["QH 5678", "VIP5678", "王3 5678"])
def test_a_letter_led_card_is_found_and_nobody_else_of_that_ending(card):
    holder, other = make_member(phone="16900000001"), make_member(phone="16900005678", name=card)
    Identity.objects.create(kind=Identity.Kind.CARD, value=card, member=holder, added_at=NOON)

    found = {member.pk for member in members.matching(Member.objects.all(), card)}

    assert found - {other.pk} == {holder.pk}
    if any(letter.isdigit() for letter in card[:-4]):
        assert found == {holder.pk}


def test_a_person_of_a_store_sees_those_who_belong_there_and_those_who_bought_there():
    mine, other = make_store(), make_store()
    belongs, bought, both, stranger = (make_member(home_store=store) for store in (mine, other, mine, other))
    for member in (bought, both, both, None):
        make_order(mine, member=member)
    make_order(other, member=stranger)

    seen = members.visible_to(make_staff(mine)).order_by("pk")

    assert list(seen) == [belongs, bought, both]
    assert seen.count() == 3
    assert list(seen.filter(home_store=other)) == [bought]
    assert not seen.filter(pk=stranger.pk).exists()
    assert list(members.matching(seen, "王")) == [belongs, bought, both]


# --- the plans -----------------------------------------------------------------------------------------
MEMBERS, STORES = 20_000, 100


@pytest.fixture
def crowd():
    """Members with a phone and an order each, spread over the stores of one region."""
    region, channel = make_region(), make_channel()
    stores = [make_store(region) for _ in range(STORES)]
    first = make_member(name="起点").pk
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO members_member SELECT (jsonb_populate_record(m, jsonb_build_object('id', %(first)s + n,
                   'number', 'X' || n, 'name', '王' || n, 'home_store_id', (%(stores)s::int[])[1 + n %% %(count)s]))).*
               FROM members_member m, generate_series(1, %(members)s) n WHERE m.id = %(first)s""",
            {"first": first, "stores": [one.pk for one in stores], "count": STORES, "members": MEMBERS},
        )
        cursor.execute(
            """INSERT INTO members_identity (kind, value, member_id, is_verified, added_at)
               SELECT 1, '1691' || lpad((n * 37)::text, 7, '0'), %s + n, true, %s FROM generate_series(1, %s) n""",
            [first, NOON, MEMBERS],
        )
    Order.objects.bulk_create(
        Order(
            store=stores[n * 7 % STORES], member_id=first + n, channel=channel, number=f"R{n}", amount=1,
            paid_at=NOON, received_at=NOON, digest=b"0" * 16,
        )
        for n in range(1, MEMBERS + 1)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE members_member, members_identity, members_order, stores_store, stores_grant")
    return stores


def whole_reads(rows) -> set[str]:
    """The big tables that the plan of these rows reads from end to end."""
    plan = rows.explain()
    big = ("members_member", "members_identity", "members_order")
    return {table for table in big if f"Seq Scan on {table}" in plan}


def test_a_search_by_ending_and_name_reads_indexes(crowd):
    rows = members.matching(Member.objects.all(), "1234 王")

    assert whole_reads(rows) == set(), rows.explain()
    assert "identity_last_four" in rows.explain()


def test_the_members_of_one_store_are_read_by_indexes(crowd):
    seen = members.visible_to(make_staff(crowd[0]))

    assert whole_reads(seen.filter(name="王7")) == set(), seen.filter(name="王7").explain()
    assert whole_reads(members.matching(seen, "1234 王")) == set()


@pytest.mark.parametrize("searched", ["QH0000777", "oDEMOabc7", "douyin:buyer-7"])
def test_a_search_by_card_and_platform_id_reads_indexes(crowd, searched):
    rows = members.matching(Member.objects.all(), searched)

    assert whole_reads(rows) == set(), rows.explain()
    assert "identity_inside_scope" in rows.explain()


@pytest.mark.parametrize(
    ("kind", "kept", "typed"),
    [
        (Identity.Kind.OPENID, "wx77:oABC7", ["oABC7", "wx77:oABC7"]),
        (Identity.Kind.BUYER, "douyin:b-9", ["b-9", "douyin:b-9"]),
        (Identity.Kind.CARD, "qh:QH0000777", ["qh0000777", "QH 0000777", "qh:QH0000777"]),
        (Identity.Kind.UNIONID, "uXYZ-unionid-of-somebody", ["uXYZ-unionid-of-somebody"]),
        (Identity.Kind.EMAIL, "wang@example.com", ["Wang@Example.com"]),
        (Identity.Kind.WECOM, "wmAAA1", ["wmAAA1"]),
        (Identity.Kind.ALIPAY, "2088001", ["2088001"]),
    ],
)
def test_a_member_is_found_by_the_ids_of_other_systems_with_and_without_scope(kind, kept, typed):
    mine, other = make_store(), make_store()
    member = make_member(home_store=mine)
    make_member(home_store=mine)
    Identity.objects.create(kind=kind, value=kept, member=member, added_at=NOON)

    for text in typed:
        assert list(members.find(make_staff(mine), text)) == [member], text
        assert not members.find(make_staff(other), text).exists(), text
