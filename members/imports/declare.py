"""How a resource declares its columns, once: names in both languages, cleaner, COPY type, template, mapping."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from import_export import fields, resources
from import_export.results import RowResult

from ..queries import imports
from . import readers, words

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from ..models import ImportRun

COPY_TYPES = {"whole": "int8", "yes_no": "int2", "day": "date", "tags": "text[]"}
SURE, LIKELY, MAYBE = 100, 80, 50  # confidence of a guess, in percent


class ImportField(fields.Field):
    """A column of a file. ``names`` are its Chinese and English headers, the first two of which a template shows."""

    def __init__(
        self, attribute: str, *, names: tuple[str, str], label: Any, kind: str = "text", limit: int = 60,
        aliases: tuple[str, ...] = (), required: bool = False, example: Any = "", hint: Any = "", **rest: Any,
    ) -> None:  # fmt: skip
        super().__init__(attribute=attribute, column_name=names[0], **rest)
        self.zh, self.en = names
        self.label, self.kind, self.limit, self.hint = label, kind, limit, hint
        self.required, self.example = required, example
        self.copy_type = COPY_TYPES.get(kind, "text")
        self.known = {readers.fold(name) for name in (*names, *aliases)}


class Guess(NamedTuple):
    """Which column of the file a field seems to be: its place from 0 (or None) and how sure, in percent."""

    field: str
    place: int | None
    confidence: int


class SetBasedResource(resources.Resource):
    """A django-import-export resource whose rows run through the engine: ``match`` and ``apply`` are SQL.

    The hooks for single rows (``before_import_row``, ``skip_row``, ``after_save_instance``) are not called.
    """

    kind: str
    title: Any
    one_of: tuple[str, ...] = ()
    needs_brand = False

    def match(self, cursor: CursorWrapper, run: ImportRun) -> None:
        """Fill ImportProblem and ImportPlan from the staged rows. Inside the plan's transaction."""
        raise NotImplementedError

    def prepare(self, cursor: CursorWrapper, run: ImportRun, *, now: Any) -> None:
        """Write what all chunks share, before the first of them. In its own transaction."""

    def apply(self, cursor: CursorWrapper, run: ImportRun, chunk: Any, *, now: Any) -> None:
        """Write the planned rows first_row..last_row. Inside the chunk's transaction."""
        raise NotImplementedError

    def columns(self) -> dict[str, ImportField]:
        """The declared columns in order."""
        return {name: field for name, field in self.fields.items() if isinstance(field, ImportField)}

    def known_headers(self) -> set[str]:
        """Every folded header that any column goes by."""
        return set().union(*(field.known for field in self.columns().values()))

    def required(self) -> list[str]:
        return [name for name, field in self.columns().items() if field.required]

    def template(self, language: str) -> tuple[list[str], list[Any]]:
        """Headers and an example row for a new file, in one language."""
        columns = self.columns().values()
        return [field.en if language == "en" else field.zh for field in columns], [field.example for field in columns]

    # --- mapping ---------------------------------------------------------------------------------------
    def guess(self, headers: list[str], samples: list[list[str]]) -> list[Guess]:
        """Which column is which: by name, then by part of a name, then by what the cells look like."""
        folded = [readers.fold(name) for name in headers]
        taken: dict[int, str] = {}
        found: dict[str, Guess] = {}
        for confidence, fits in [(SURE, _is_named), (LIKELY, _is_partly_named)]:
            for name, field in self.columns().items():
                for index, header in enumerate(folded):
                    if name not in found and index not in taken and header and fits(header, field):
                        found[name] = Guess(name, index, confidence)
                        taken[index] = name
        if "phone" in self.columns() and "phone" not in found:
            for index in range(len(headers)):
                cells = [row[index] for row in samples if row[index]]
                if index not in taken and cells and _look_like_phones(cells):
                    found["phone"] = Guess("phone", index, MAYBE)
                    break
        return [found.get(name, Guess(name, None, 0)) for name in self.columns()]

    def missing(self, chosen: dict[str, int | None]) -> list[str]:
        """The fields without which a mapping is useless."""
        absent = [name for name in self.required() if chosen.get(name) is None]
        if self.one_of and all(chosen.get(name) is None for name in self.one_of):
            absent += self.one_of
        return absent

    def order(self, mapping: dict[str, Any], today: date) -> dict[str, Any]:
        """What the child needs to know about the columns."""
        chosen = mapping["columns"]
        return {
            "today": today.isoformat(), "required": self.required(), "one_of": list(self.one_of),
            "columns": [
                {"name": n, "kind": f.kind, "limit": f.limit, "copy": f.copy_type, "index": chosen.get(n)}
                for n, f in self.columns().items()
            ],
        }  # fmt: skip

    # --- django-import-export's own way in -------------------------------------------------------------
    def result(self, run: ImportRun, *, limit: int = 1_000) -> Any:
        """A run as the Result that django-import-export's pages show."""
        result = self.get_result_class()()
        result.diff_headers = [str(field.label) for field in self.columns().values()]
        result.total_rows = run.rows
        result.totals[RowResult.IMPORT_TYPE_NEW] = run.new
        result.totals[RowResult.IMPORT_TYPE_UPDATE] = run.updated
        result.totals[RowResult.IMPORT_TYPE_SKIP] = run.unchanged
        result.totals[RowResult.IMPORT_TYPE_INVALID] = run.bad
        for row in imports.rejected(run, limit=limit):
            reasons: dict[str, list[str]] = {}
            for each in row.problems:
                reasons.setdefault(each.field, []).append(words.problem(each.code, each.other_row))
            cells = dict(zip(run.mapping["headers"], row.cells, strict=False))
            result.append_invalid_row(row.row_no, cells, ValidationError(reasons))
        return result


def _is_named(header: str, field: ImportField) -> bool:
    return header in field.known


def _is_partly_named(header: str, field: ImportField) -> bool:
    return any(len(name) >= 2 and name in header and not name.isascii() for name in field.known)


def _look_like_phones(cells: list[str]) -> bool:
    fits = sum(len(c.strip()) == 11 and c.strip().startswith("1") and c.strip().isdigit() for c in cells)
    return fits >= max(1, len(cells) * 0.7)
