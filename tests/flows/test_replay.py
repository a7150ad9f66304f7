"""A small part of the public data goes through the very doors of `make replay`, and has to agree to the cent."""

import pytest

from members.models import ImportRun
from stores.services.founding import NotEmpty
from tests.factories import NOON, make_brand
from web.replay import doors, figures, source

HOUSEHOLDS = 12
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


def replay(data):
    return doors.bring_in(data, now=NOON, say=lambda text: None)


def disagreeing(brand, theirs):
    return {pair.name for pair in figures.pairs(brand, theirs) if not pair.agrees}


def test_every_figure_of_some_households_agrees_with_the_independent_script(data, theirs):
    brand = replay(data)
    pairs = list(figures.pairs(brand, theirs))
    assert [str(pair) for pair in pairs if not pair.agrees] == []
    assert len(pairs) > 70
    assert theirs["members"] == HOUSEHOLDS
    assert set(ImportRun.objects.values_list("kind", "bad")) == {("products", 0), ("members", 0)}


def test_one_basket_less_is_noticed_in_orders_sales_and_points(data, theirs):
    dearest = data.lines.groupby("basket_id").sales_value.sum().idxmax()
    short = source.Source(data.lines[data.lines.basket_id != dearest], data.products, data.households)
    wrong = disagreeing(replay(short), theirs)
    assert {"orders", "lines", "sales, sum of orders", "sales, sum of lines", "points, sum of lots"} <= wrong
    assert any(name.startswith("sales of store") for name in wrong)
    assert any(name.startswith("sales of month") for name in wrong)


def test_a_cent_on_one_line_is_noticed(data, theirs):
    lines = data.lines.copy()
    lines.iloc[5, lines.columns.get_loc("sales_value")] += 0.01
    wrong = disagreeing(replay(source.Source(lines, data.products, data.households)), theirs)
    assert {"sales, sum of orders", "sales, sum of lines"} <= wrong


def test_the_replay_asks_for_an_empty_database(data):
    make_brand()
    with pytest.raises(NotEmpty, match="not empty"):
        replay(data)
