"""Small charts as plain SVG, drawn on the server; every one has a table with the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from . import formats

WIDTH, HEIGHT = 640, 200  # units of the view box
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 10, 24


def nice_top(value: float) -> float:
    """The smallest 1, 2, 4, 6, 8 × 10ⁿ that is not below the value: its quarters are round too."""
    if value <= 0:
        return 1
    scale = 10 ** (len(str(int(value))) - 1) if value >= 1 else 1
    return next(step * scale for step in (1, 2, 4, 6, 8, 10) if step * scale >= value)


def sparkline(values: Sequence[Any], width: int = 120, height: int = 32) -> SafeString:
    """A line without axes; decoration beside a figure, so readers skip it."""
    numbers = [float(value or 0) for value in values]
    if len(numbers) < 2:
        return SafeString("")
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1
    step = (width - 4) / (len(numbers) - 1)
    points = [(2 + n * step, height - 3 - (one - low) / span * (height - 6)) for n, one in enumerate(numbers)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return format_html(
        '<svg class="q-spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" preserveAspectRatio="none" '
        'aria-hidden="true"><polygon points="2,{h} {line} {end},{h}" class="q-spark-area"/>'
        '<polyline points="{line}" class="q-spark-line"/></svg>',
        w=width, h=height, line=line, end=f"{points[-1][0]:.1f}",
    )  # fmt: skip


@dataclass(frozen=True)
class Series:
    """One line of a chart."""

    label: Any
    values: Sequence[Any]


@dataclass(frozen=True)
class Line:
    """Values over days. ``kind`` is how figures read: number or money."""

    title: Any
    days: Sequence[date]
    series: Sequence[Series]
    kind: str = "number"

    @property
    def top(self) -> float:
        return nice_top(max((float(one or 0) for row in self.series for one in row.values), default=0))

    def short(self, value: float) -> str:
        return formats.compact_money(value) if self.kind == "money" else formats.compact(value)

    def full(self, value: Any) -> str:
        return formats.money(value) if self.kind == "money" else formats.number(value)

    def ticks(self) -> list[dict]:
        """Four lines across, with their figures."""
        room = HEIGHT - TOP - BOTTOM
        return [
            {"y": round(TOP + room * (1 - part / 4), 1), "label": self.short(self.top * part / 4)} for part in range(5)
        ]

    def x(self, at: int) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * at / max(1, len(self.days) - 1), 1)

    def y(self, value: Any) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - float(value or 0) / self.top), 1)

    def paths(self) -> list[dict]:
        """Each series as points, and the area below the first."""
        drawn = []
        for number, row in enumerate(self.series, 1):
            points = " ".join(f"{self.x(n)},{self.y(one)}" for n, one in enumerate(row.values))
            floor = HEIGHT - BOTTOM
            area = f"{LEFT},{floor} {points} {self.x(len(row.values) - 1)},{floor}" if number == 1 else ""
            drawn.append({"number": number, "label": row.label, "points": points, "area": area})
        return drawn

    def day_labels(self) -> list[dict]:
        """At most seven days along the bottom."""
        step = max(1, -(-len(self.days) // 7))
        return [{"x": self.x(n), "label": f"{day:%m-%d}"} for n, day in enumerate(self.days) if n % step == 0]

    def dots(self) -> list[dict]:
        """A point for each day of the first series, to hover over."""
        return [
            {"x": self.x(n), "y": self.y(one), "label": f"{day:%Y-%m-%d} · {self.full(one)}"}
            for n, (day, one) in enumerate(zip(self.days, self.series[0].values, strict=True))
        ]

    def table(self) -> list[dict]:
        """The figures, latest day first."""
        rows = zip(self.days, *(row.values for row in self.series), strict=True)
        return [{"day": day, "cells": [self.full(one) for one in cells]} for day, *cells in rows][::-1]


@dataclass(frozen=True)
class Bars:
    """Named figures, each as a bar."""

    title: Any
    rows: Sequence[tuple[Any, Any]]
    kind: str = "number"

    def lines(self) -> list[dict]:
        """Label, figure in words, and share of the largest (0..100)."""
        most = max((float(value or 0) for _label, value in self.rows), default=0) or 1
        show = formats.money if self.kind == "money" else formats.number
        return [
            {"label": label, "figure": show(value), "share": round(float(value or 0) / most * 100, 1)}
            for label, value in self.rows
        ]
