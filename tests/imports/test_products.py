"""Products come through the same engine, and through django-import-export's own words."""

from loyalty.services import importing
from members.imports import kinds
from members.imports.formats import SealedCSV
from members.models import ImportProblem, Product
from tests.factories import NOON

from .files import csv_file, figures

HEADERS = ["商品编码", "商品名称", "部门", "分类", "厂商", "规格"]


def bring(path, **given):
    run = importing.start(path, kind="products", by=None, now=NOON, **given)
    return importing.apply(importing.plan(run, now=NOON), now=NOON)


def test_products_are_added_changed_and_left_alone(tmp_path):
    rows = [HEADERS, ["P1", "牛奶", "乳品", "", "", ""], ["P2", "面包", "烘焙", "", "青禾", "400g"]]
    assert figures(bring(csv_file(tmp_path / "a.csv", rows))) == (2, 2, 0, 0, 0)
    rows = [HEADERS, ["P1", "纯牛奶", "", "", "", ""], ["P2", "面包", "", "", "", ""], ["P3", "", "", "", "", ""],
            ["P1", "再来", "", "", "", ""]]  # fmt: skip
    run = bring(csv_file(tmp_path / "b.csv", rows))
    assert figures(run) == (4, 0, 1, 1, 2)
    assert list(Product.objects.order_by("sku").values_list("sku", "name", "department", "maker")) == [
        ("P1", "纯牛奶", "乳品", ""), ("P2", "面包", "烘焙", "青禾")
    ]  # fmt: skip
    assert set(ImportProblem.objects.values_list("field", "code")) == {
        ("name", "required"),
        ("sku", "duplicate_in_file"),
    }


def test_a_run_answers_as_a_django_import_export_result(tmp_path):
    path = csv_file(tmp_path / "a.csv", [HEADERS, ["P1", "牛奶", "", "", "", ""], ["P2", "", "", "", "", ""]])
    result = kinds.find("products").result(bring(path))
    assert (result.total_rows, result.totals["new"], result.totals["invalid"]) == (2, 1, 1)
    assert result.invalid_rows[0].number == 3
    assert "name" in result.invalid_rows[0].field_specific_errors


def test_the_format_reads_lazily_through_the_sealed_child(tmp_path):
    path = csv_file(tmp_path / "a.csv", [HEADERS, ["P1", "牛奶", "", "", "", ""], ["P2", "面包", "", "", "", ""]])
    data = SealedCSV().create_dataset(path, kinds.find("products").known_headers())
    assert data.headers == HEADERS
    assert len(data) == 2
    assert [row[0] for row in data] == ["P1", "P2"]


def test_a_template_shows_the_declared_columns_in_either_language():
    resource = kinds.find("products")
    assert resource.template("zh-hans")[0] == HEADERS
    assert resource.template("en")[0] == ["SKU", "Name", "Department", "Category", "Maker", "Pack size"]
    for language in ("zh-hans", "en"):
        guesses = resource.guess(resource.template(language)[0], [])
        assert [guess.place for guess in guesses] == list(range(6))
