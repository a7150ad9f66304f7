"""Is this file what its name says, and small enough once unpacked? Looked at before any parser sees it.

Runs inside the sealed child. Measured killers behind the limits: a 297 KB file that unpacks to 300 MB, and one cell in
the far corner that makes a dense reader ask for gigabytes.
"""

from __future__ import annotations

import re
import zipfile
from typing import IO

MB = 1024 * 1024
PARTS = 200
UNPACKED = 300 * MB
RATIO = 100
RATIO_FROM = 20 * MB  # small files may be very regular
ROWS = 1_000_000
COLUMNS = 200
CELLS = 25_000_000
CHARACTERS = 32_767
HEAD = 64 * 1024
BLOCK = MB
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FOREIGN = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"Rar!", b"\x1f\x8b", b"7z\xbc\xaf", b"\x7fELF", b"MZ")
# a cell's address with something in it: an empty, styled cell does not count
CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,4})(\d{1,9})["'][^<>]*(?<!/)>(?!</)""")
LETTERS = 26


class Refused(Exception):
    """The file is not read; ``code`` is a key of ``words.REFUSALS``, ``detail`` fills its placeholders."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def kind_of(file: IO[bytes], name: str) -> str:
    """``xlsx`` or ``csv``, by content first; raises Refused when content and name disagree."""
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    head = file.read(8192)
    file.seek(0)
    if not head.strip():
        raise Refused("empty")
    if suffix in {"xlsm", "xlsb", "xltm"}:
        raise Refused("macros")
    if head.startswith(OLE):
        raise Refused("old_excel")
    if head.startswith(ZIP):
        if suffix != "xlsx":
            raise Refused("wrong_type")
        return "xlsx"
    if suffix not in {"csv", "txt", "tsv"} or head.startswith(FOREIGN):
        raise Refused("wrong_type")
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and b"\x00" in head:
        raise Refused("wrong_type")
    return "csv"


def check_workbook(file: IO[bytes]) -> None:
    """Walk the archive without unpacking it to disk; raises Refused. Leaves the file at its start."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_directory(archive)
            for part in archive.infolist():
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _check_part(archive, part)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise Refused("broken") from error
    except RuntimeError as error:  # an encrypted member
        raise Refused("encrypted") from error
    file.seek(0)


def _check_directory(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Refused("wrong_type")
    if len(parts) > PARTS:
        raise Refused("too_many_parts", limit=PARTS)
    if len(set(names)) != len(names) or any(n.startswith(("/", "\\")) or ".." in n.split("/") for n in names):
        raise Refused("broken")
    lowered = [name.lower() for name in names]
    if any("vbaproject" in name or "macrosheets" in name for name in lowered):
        raise Refused("macros")
    if any(name.startswith("xl/externallinks/") for name in lowered):
        raise Refused("external_links")
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts) or 1
    if unpacked > UNPACKED:
        raise Refused("too_big_unpacked", size=unpacked // MB, limit=UNPACKED // MB)
    if unpacked > RATIO_FROM and unpacked / packed > RATIO:
        raise Refused("too_dense", limit=RATIO)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    is_sheet = part.filename.startswith("xl/worksheets/")
    extent = Extent()
    with archive.open(part) as stream:
        head = stream.read(HEAD)
        text = head.decode("utf-16", "ignore") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head.decode("latin-1")
        if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
            raise Refused("doctype")
        if not is_sheet:
            return
        tail = b""
        block = head
        while block:
            extent.feed(tail + block)
            cut = block.rfind(b"<")
            tail = block[cut:] if cut >= 0 and len(block) - cut < 4096 else b""
            block = stream.read(BLOCK)
    extent.check()


class Extent:
    """How far a sheet's cells reach: a dense reader's memory is rows times columns, however few are filled."""

    def __init__(self) -> None:
        self.rows = 0
        self.letters: set[bytes] = set()

    def feed(self, block: bytes) -> None:
        found = CELL.findall(block)
        if found:
            letters, rows = zip(*found, strict=True)
            self.letters.update(letters)
            self.rows = max(self.rows, max(map(int, set(rows))))

    def check(self) -> None:
        """Raise Refused when the cells lie too far apart."""
        columns = max((column_number(each) for each in self.letters), default=0)
        if columns > COLUMNS:
            raise Refused("too_many_columns", limit=COLUMNS)
        if self.rows > ROWS + 30:
            raise Refused("too_many_rows", limit=ROWS)
        if self.rows * columns > CELLS:
            raise Refused("far_cells", limit=CELLS)


def column_number(letters: bytes) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters.upper():
        number = number * LETTERS + letter - 64
    return number
