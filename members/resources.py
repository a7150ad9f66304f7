"""What files may bring in beside members: products."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from .imports import match
from .imports.declare import ImportField, SetBasedResource
from .imports.staging import run_sql
from .models import ImportRun

DUPLICATES = """
    INSERT INTO members_importproblem (run_id, row_no, field, code, raw, other_row)
    SELECT %(run)s, s.row_no, 'sku', 'duplicate_in_file', left(s.sku, 120), d.first_row
    FROM (SELECT sku, min(row_no) AS first_row FROM @stage WHERE errs IS NULL GROUP BY 1 HAVING count(*) > 1) d
    JOIN @stage s USING (sku) WHERE s.errs IS NULL AND s.row_no > d.first_row
    ON CONFLICT DO NOTHING
"""
PLAN = """
    INSERT INTO members_importplan (run_id, row_no, action, target_id, known)
    SELECT %(run)s, s.row_no, CASE
            WHEN p.id IS NULL THEN 1
            WHEN (s.name, COALESCE(s.department, p.department), COALESCE(s.category, p.category),
                  COALESCE(s.maker, p.maker), COALESCE(s.size, p.size))
                IS DISTINCT FROM (p.name, p.department, p.category, p.maker, p.size) THEN 2
            ELSE 3 END, p.id, 0
    FROM @stage s LEFT JOIN members_product p ON p.sku = s.sku
    WHERE s.errs IS NULL AND NOT EXISTS (
        SELECT 1 FROM members_importproblem x WHERE x.run_id = %(run)s AND x.row_no = s.row_no
    )
"""
WRITE = """
    INSERT INTO members_product (sku, name, department, category, maker, size, updated_at)
    SELECT s.sku, s.name, COALESCE(s.department, ''), COALESCE(s.category, ''), COALESCE(s.maker, ''),
        COALESCE(s.size, ''), %(now)s
    FROM members_importplan p JOIN @stage s USING (row_no)
    WHERE p.run_id = %(run)s AND p.row_no BETWEEN %(first)s AND %(last)s AND p.action <> 3
    ORDER BY s.sku
    ON CONFLICT (sku) DO UPDATE SET name = excluded.name, updated_at = excluded.updated_at,
        department = COALESCE(NULLIF(excluded.department, ''), members_product.department),
        category = COALESCE(NULLIF(excluded.category, ''), members_product.category),
        maker = COALESCE(NULLIF(excluded.maker, ''), members_product.maker),
        size = COALESCE(NULLIF(excluded.size, ''), members_product.size)
"""


class ProductResource(SetBasedResource):
    """Products by SKU. An empty cell leaves what is there."""

    kind = "products"
    title = _("Products")

    sku = ImportField(
        "sku", names=("商品编码", "SKU"), label=_("SKU"), kind="card", limit=40, required=True, example="P000123",
        aliases=("编码", "商品编号", "货号", "条码", "商品条码", "product id", "product code", "item code", "barcode",
                 "article"),
    )  # fmt: skip
    name = ImportField(
        "name", names=("商品名称", "Name"), label=_("Name"), limit=160, required=True, example="纯牛奶 250ml",
        aliases=("名称", "品名", "商品名", "product", "product name", "item", "description", "product type"),
    )  # fmt: skip
    department = ImportField(
        "department", names=("部门", "Department"), label=_("Department"), example="乳品",
        aliases=("大类", "一级分类", "dept", "division"),
    )  # fmt: skip
    category = ImportField(
        "category", names=("分类", "Category"), label=_("Category"), limit=80, example="常温奶",
        aliases=("品类", "商品分类", "二级分类", "小类", "product category", "class"),
    )  # fmt: skip
    maker = ImportField(
        "maker", names=("厂商", "Maker"), label=_("Maker"), limit=80, example="青禾乳业",
        aliases=("品牌", "生产商", "供应商", "制造商", "manufacturer", "manufacturer id", "brand", "vendor"),
    )  # fmt: skip
    size = ImportField(
        "size", names=("规格", "Pack size"), label=_("Pack size"), limit=40, example="250 ml",
        aliases=("包装规格", "单位规格", "package size", "size", "pack"),
    )  # fmt: skip

    def match(self, cursor: CursorWrapper, run: ImportRun) -> None:
        """Which SKUs are new, changed or as they were; the second row of one SKU stays out."""
        match.cell_problems(cursor, run)
        run_sql(cursor, DUPLICATES, run)
        run_sql(cursor, PLAN, run)

    def apply(self, cursor: CursorWrapper, run: ImportRun, chunk: Any, *, now: datetime) -> None:
        run_sql(cursor, WRITE, run, first=chunk.first_row, last=chunk.last_row, now=now)
