"""The list of products."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stores.access import Role
from tests.factories import make_product, make_staff, make_store

LIST = "/products/"


@pytest.fixture
def admin(client):
    staff = make_staff()
    client.force_login(staff)
    client.get("/ui/")
    return staff


def test_the_list_asks_as_many_questions_for_three_products_as_for_one(client, admin):
    counts = []
    for more in (1, 2):
        for _one in range(more):
            make_product()
        with CaptureQueriesContext(connection) as asked:
            assert client.get(LIST).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


def test_products_are_found_by_sku_name_and_department(client, admin):
    milk = make_product(sku="MILK-1", name="鲜牛奶", department="乳品")
    make_product(sku="TEA-1", name="龙井茶", department="茶饮")
    for words in ("q=milk", "q=牛奶", "department=乳品"):
        assert [row.pk for row in client.get(f"{LIST}?{words}").context["page"]] == [milk.pk], words


def test_an_empty_list_says_what_to_do_and_a_filter_that_finds_nothing_says_so(client, admin):
    assert b"q-empty" in client.get(LIST).content
    make_product()
    answer = client.get(f"{LIST}?q=nothing")
    assert answer.context["pills"]
    assert b"q-empty" in answer.content


def test_store_people_do_not_open_the_catalogue(client):
    client.force_login(make_staff(make_store(), role=Role.STORE_MANAGER))
    assert client.get(LIST).status_code == 403
