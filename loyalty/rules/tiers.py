"""Which rung of the ladder a growth value reaches. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Rung(NamedTuple):
    """One tier: its rank (0 is the lowest), names, and the growth value from which it is held."""

    rank: int
    name: str
    name_en: str
    threshold: int


DEFAULT_LADDER = (
    Rung(0, "普卡", "Standard", 0),
    Rung(1, "银卡", "Silver", 1_000),
    Rung(2, "金卡", "Gold", 5_000),
    Rung(3, "黑卡", "Black", 20_000),
)


class BrokenLadder(ValueError):
    """Thresholds must start at 0 and rise with the rank."""


def reached(ladder: Iterable[Rung], growth: int) -> Rung:
    """The highest rung with ``threshold`` <= ``growth``; the lowest rung starts at 0."""
    return max((rung for rung in ladder if rung.threshold <= growth), key=lambda rung: rung.threshold)


def missing(ladder: Iterable[Rung], growth: int) -> int | None:
    """Growth value still missing to the next rung; None at the top."""
    above = [rung.threshold for rung in ladder if rung.threshold > growth]
    return min(above) - growth if above else None


def check(ladder: Iterable[Rung]) -> None:
    """Raise :class:`BrokenLadder` when a ladder does not start at 0 or does not rise."""
    thresholds = [rung.threshold for rung in sorted(ladder, key=lambda rung: rung.rank)]
    if not thresholds or thresholds[0] != 0 or thresholds != sorted(set(thresholds)):
        raise BrokenLadder
