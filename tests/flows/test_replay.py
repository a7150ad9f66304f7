"""A small part of the public data goes through the very doors of `make replay`, and has to agree to the cent."""

from dataclasses import replace

import pytest

from members.models import ImportRun
from stores.services.founding import NotEmpty
from tests.factories import NOON, make_brand
from web.replay import doors, figures, source

HOUSEHOLDS = 16
pytestmark = [pytest.mark.slow]


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(scope="module")
def theirs():
    return figures.independent(HOUSEHOLDS)


@pytest.fixture(scope="module")
def data():
    return source.read(HOUSEHOLDS)


def bring_in(data):
    return doors.bring_in(data, now=NOON, say=lambda text: None)


def disagreeing(brought, theirs):
    return {pair.name for pair in figures.pairs(brought, theirs) if not pair.agrees}


def test_every_figure_of_some_households_agrees_with_the_independent_script(data, theirs):
    pairs = list(figures.pairs(bring_in(data), theirs))
    assert [str(pair) for pair in pairs if not pair.agrees] == []
    assert len(pairs) > 150
    assert theirs["members"] == HOUSEHOLDS
    assert set(ImportRun.objects.values_list("kind", "bad")) == {("products", 0), ("members", 0)}


def test_one_basket_less_is_noticed_in_orders_sales_and_points(data, theirs):
    dearest = data.lines.groupby("basket_id").sales_value.sum().idxmax()
    wrong = disagreeing(bring_in(replace(data, lines=data.lines[data.lines.basket_id != dearest])), theirs)
    assert {"orders", "lines", "sales, sum of orders", "sales, sum of lines", "points, sum of lots"} <= wrong
    assert any(name.startswith("sales of store") for name in wrong)
    assert any(name.startswith("sales of month") for name in wrong)


def test_a_cent_on_one_line_is_noticed(data, theirs):
    lines = data.lines.copy()
    lines.iloc[5, lines.columns.get_loc("sales_value")] += 0.01
    wrong = disagreeing(bring_in(replace(data, lines=lines)), theirs)
    assert {"sales, sum of orders", "sales, sum of lines"} <= wrong


def test_one_household_or_redemption_less_is_noticed_in_its_campaign(data, theirs):
    assert theirs["told"] > 20
    assert theirs["redeemed"] > 5
    biggest = data.audiences.campaign_id.mode()[0]
    others = ~data.audiences.household_id.isin(data.redemptions.household_id)
    missed = data.audiences[others & (data.audiences.campaign_id == biggest)].index[0]
    used = data.redemptions.index[0]
    wrong = disagreeing(
        bring_in(replace(data, audiences=data.audiences.drop(missed), redemptions=data.redemptions.drop(used))), theirs
    )
    assert {f"campaign {biggest}: households reached", "all campaigns: messages at the gateway"} <= wrong
    assert "all campaigns: coupons redeemed" in wrong
    assert len([name for name in wrong if name.endswith(": coupons redeemed")]) == 2


def test_the_replay_asks_for_an_empty_database(data):
    make_brand()
    with pytest.raises(NotEmpty, match="not empty"):
        bring_in(data)
