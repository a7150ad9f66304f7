"""Which tests show which requirement rows. ``make rows``; ends with 1 when a test names an unknown row."""

from __future__ import annotations

import ast
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "requirements.csv"


def marked(call: ast.expr) -> list[str]:
    """The ids in ``pytest.mark.row("002-29", …)``, or nothing."""
    if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.row"):
        return [word.value for word in call.args if isinstance(word, ast.Constant)]
    return []


def tests_of(path: Path) -> Iterator[tuple[str, str]]:
    """(row, test) for each test in one file; marks on the module and on classes count for their tests."""
    tree = ast.parse(path.read_text())
    whole: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            values = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            whole += [row for value in values for row in marked(value)]
    yield from _inside(tree.body, whole, path.relative_to(ROOT).as_posix())


def _inside(body: list[ast.stmt], given: list[str], where: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            continue
        rows = given + [row for mark in node.decorator_list for row in marked(mark)]
        if isinstance(node, ast.ClassDef):
            yield from _inside(node.body, rows, where)
        elif node.name.startswith("test_"):
            yield from ((row, f"{where}::{node.name}") for row in rows)


def main() -> int:
    """Print each row with its tests, then the rows without."""
    with LIST.open(newline="") as lines:
        titles = {line["row"]: line["title"] for line in csv.DictReader(lines)}
    shown: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for row, test in tests_of(path):
            shown[row].append(test)
    for row, title in titles.items():
        print(f"{row}  {title}  ({len(shown[row])} tests)")
        for test in shown[row]:
            print(f"        {test}")
    without = [row for row in titles if not shown[row]]
    unknown = sorted(set(shown) - set(titles))
    print(f"\n{len(titles) - len(without)} of {len(titles)} rows have tests.")
    if without:
        print("Without: " + ", ".join(without))
    if unknown:
        print("Named by a test but not in docs/requirements.csv: " + ", ".join(unknown))
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
