"""Files of one store, and which of several folders is the current one."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from ..rules.columns import COLUMNS

VERSION = 1
# places in the state page
SEQUENCE, HIGHEST, TAGS, TAIL, DRAINED, ORDERS, EXISTING, MOVED, PAGE = 0, 1, 2, 3, 4, 5, 6, 7, 16
LOG = {"member": "i4", "order": "i8", "day": "i4", "store": "i4", "channel": "i4", "fen": "i8"}
TAIL_TYPE = np.dtype([("category", "i4"), *LOG.items()])


class Unavailable(Exception):
    """The store cannot answer: ``why`` is missing, foreign, stale, wanted, busy or damaged."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


@dataclass
class Meta:
    """What a store was built with. ``capacity`` is how many members fit; ``offsets`` where each category begins."""

    token: str
    boot: str
    capacity: int
    tag_capacity: int
    tail_capacity: int
    moved_capacity: int
    programs: list[int]
    categories: list[str]
    zone: str
    last_product: int = 0
    products: str = ""
    offsets: list[int] = field(default_factory=lambda: [0, 0])
    last_order: int = 0
    located: int = 0
    built_at: float = 0.0
    version: int = VERSION

    @property
    def row(self) -> int:
        """Bytes of one row of bits, whole 64-byte lines."""
        return self.capacity // 8

    @property
    def columns(self) -> dict[str, str]:
        """Every column with its type."""
        return {name: each.dtype for name, each in COLUMNS.items()} | {f"tier_{pk}": "i4" for pk in self.programs}


def root() -> Path:
    return Path(settings.AUDIENCE_ROOT)


def boot() -> str:
    """Which start of the machine this is: after another one, files may lack what was never written to disk."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def current() -> Path | None:
    """The folder of the store that counts, None without one."""
    try:
        return root() / (root() / "current").read_text().strip()
    except OSError:
        return None


def switch(folder: Path) -> None:
    """Make a finished folder the current one in one step, and remove the others."""
    pointer = root() / "current.new"
    pointer.write_text(folder.name)
    os.replace(pointer, root() / "current")
    for other in root().iterdir():
        if other.is_dir() and other != folder:
            shutil.rmtree(other, ignore_errors=True)  # readers keep what they have open


def write_meta(folder: Path, meta: Meta) -> None:
    (folder / "meta.json").write_text(json.dumps(asdict(meta)))


def read_meta(folder: Path) -> Meta:
    """Raises Unavailable for files of another kind or of an earlier start of the machine."""
    try:
        given = json.loads((folder / "meta.json").read_text())
        meta = Meta(**given)
    except (OSError, ValueError, TypeError):
        raise Unavailable("missing") from None
    if meta.version != VERSION or meta.boot != boot() or meta.zone != settings.TIME_ZONE:
        raise Unavailable("foreign")
    return meta


class Files:
    """The arrays of one store, mapped. ``mode``: "w+" makes them, "r+" writes in place, "r" reads."""

    def __init__(self, folder: Path, meta: Meta, mode: str):
        self.folder, self.meta, self.mode = folder, meta, mode
        self._columns: dict[str, NDArray] = {}
        names = list(meta.columns)
        self.column_places = {name: PAGE + place for place, name in enumerate(names)}
        self.tags_at = PAGE + len(names)
        try:
            self.state = self._map("state", np.int64, PAGE + len(names) + meta.tag_capacity)
            self.tag_ids = self._map("tag_ids", np.int64, meta.tag_capacity)
            self.tags = self._map("tags", np.uint8, meta.tag_capacity * meta.row).reshape(meta.tag_capacity, meta.row)
            self.existing = self._map("existing", np.uint8, meta.row)
            self.tail = self._map("tail", TAIL_TYPE, meta.tail_capacity)
            self.moved = self._map("moved", np.int32, meta.moved_capacity)
        except (OSError, ValueError):
            raise Unavailable("damaged") from None
        if mode == "w+":
            for name in names:
                self.column(name)

    def _map(self, name: str, dtype: object, size: int) -> NDArray:
        return np.memmap(self.folder / f"{name}.bin", dtype, self.mode, shape=(max(size, 1),)).view(np.ndarray)  # type: ignore[call-overload]

    def _kept(self, name: str, dtype: str, size: int) -> NDArray:
        if name not in self._columns:
            try:
                self._columns[name] = self._map(name, dtype, size)
            except (OSError, ValueError):
                raise Unavailable("damaged") from None
        return self._columns[name]

    def column(self, name: str) -> NDArray:
        return self._kept(f"c_{name}", self.meta.columns[name], self.meta.capacity)

    def log(self, name: str) -> NDArray:
        return self._kept(f"l_{name}", LOG[name], self.meta.offsets[-1])

    def place(self, name: str) -> NDArray:
        """Members with a place in the order of latitude: ``latitude`` as it was at the build, ``member`` positions."""
        return self._kept(f"g_{name}", "i4", self.meta.located)

    def tag_places(self) -> dict[int, int]:
        """Row of each tag by its id."""
        return {int(pk): place for place, pk in enumerate(self.tag_ids[: int(self.state[TAGS])])}
