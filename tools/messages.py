"""Translations without gettext's programs: extract the strings, compile the catalogues, find what is missing.

``python -m tools.messages`` checks; ``--update`` writes config/locale/*/LC_MESSAGES/django.po.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "config" / "locale"
COMPLETE = ("zh_Hans",)  # every string needs a translation here
SOURCE = "en"  # the language of the source: its catalogue stays empty
APPS = ("config", "stores", "members", "loyalty", "segments", "campaigns", "web")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
NAMED = re.compile(r"%\((\w+)\)|\{(\w*)\}")


def sources() -> Iterator[Path]:
    """Every Python file and template whose strings people read."""
    for app in APPS:
        yield from (p for p in sorted((ROOT / app).rglob("*.py")) if "migrations" not in p.parts)
        yield from sorted((ROOT / app).rglob("templates/**/*.*"))
    yield from sorted(p for p in (ROOT / "templates").rglob("*.*") if p.suffix in {".html", ".txt"})


def strings(path: Path) -> Iterator[tuple[int, object, list[str], object]]:
    """What one file asks to be translated, as Babel tells it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        from django.utils.translation.template import templatize  # noqa: PLC0415 -- needs Django set up

        # the indentation of mark-up means nothing, but would stop Babel's reader of Python
        text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
    yield from extract("python", io.BytesIO(text.encode()), KEYWORDS, ["Translators:"])


def collect() -> Catalog:
    """All the strings, with where they stand (files only: line numbers would change with every edit)."""
    catalog = Catalog(charset="utf-8")
    for path in sources():
        for _line, ids, comments, context in strings(path):
            place = (path.relative_to(ROOT).as_posix(), 0)
            catalog.add(ids, locations=[place], auto_comments=comments, context=context)
    return catalog


def read(language: str) -> Catalog:
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as lines:
        return read_po(lines, locale=language)


def update() -> None:
    """Write the catalogues: new strings come in empty, gone ones go, nothing is guessed."""
    found = collect()
    for language in (*COMPLETE, SOURCE):
        catalog = Catalog(locale=language, project="Quanyu", charset="utf-8", fuzzy=False)
        former = read(language)
        for message in found:
            if not message.id:
                continue
            held = former.get(message.id, message.context)
            kept = held.string if held is not None and held.pluralizable == message.pluralizable else ""
            catalog.add(
                message.id, kept, locations=message.locations, auto_comments=message.auto_comments,
                context=message.context, flags=message.flags - {"fuzzy"},
            )  # fmt: skip
        path = LOCALE / language / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            write_po(out, catalog, width=110, sort_output=True, include_lineno=False, omit_header=False)
        _still(path)


def _still(path: Path) -> None:
    """Drop the header's dates: a catalogue changes only when its strings do."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    moving = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', "# FIRST AUTHOR", '"Last-Translator')
    path.write_text("".join(line for line in lines if not line.startswith(moving)), encoding="utf-8")


def _texts(value: object) -> list[str]:
    return [text for text in (value if isinstance(value, list | tuple) else [value]) if isinstance(text, str)]


def _names(text: str) -> set[str]:
    return {a or b for a, b in NAMED.findall(text)}


def faults(message: Message, held: Message | None) -> str:
    """What is wrong with one translation, or nothing."""
    if held is None:
        return "missing"
    if held.fuzzy:
        return "fuzzy"
    texts = _texts(held.string)
    if not texts or not all(texts):
        return "empty"
    wanted = set().union(*(_names(text) for text in _texts(message.id)))
    if any(_names(text) - wanted for text in texts) or not any(_names(text) == wanted for text in texts):
        return f"placeholders differ from {sorted(wanted)}"
    return ""


def check() -> list[str]:
    """Every fault in the languages that must be complete, and every string that is no longer asked for."""
    found, problems = collect(), []
    for language in COMPLETE:
        catalog = read(language)
        for message in found:
            if message.id and (fault := faults(message, catalog.get(message.id, message.context))):
                problems.append(f"{language}: {fault}: {_texts(message.id)[0]!r} ({message.locations[0][0]})")
        for held in catalog:
            if held.id and found.get(held.id, held.context) is None:
                problems.append(f"{language}: no longer used: {_texts(held.id)[0]!r}")
    return problems


def compile_changed() -> int:
    """Compile each catalogue whose .mo is older; gives how many."""
    done = 0
    for path in LOCALE.glob("*/LC_MESSAGES/django.po"):
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
            continue
        with path.open("rb") as lines:
            catalog = read_po(lines, locale=path.parent.parent.name)
        half = target.with_name(f"{target.name}.{os.getpid()}")
        try:
            with half.open("wb") as out:
                write_mo(out, catalog)
            half.replace(target)
        except OSError:  # another account's checkout, a read-only or a full disk: what was compiled stands
            with suppress(OSError):
                half.unlink()
            continue
        done += 1
    return done


def main(words: list[str]) -> int:
    """The command line."""
    if "--update" in words:
        update()
        return 0
    problems = check()
    for line in problems[:40]:
        print(f"messages | {line}")
    if problems:
        print(f"messages | {len(problems)} to mend: run `make messages`, then translate what is empty.")
    return 1 if problems else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    sys.exit(main(sys.argv[1:]))
