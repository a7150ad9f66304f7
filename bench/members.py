"""The members list, its search and the member page at millions of members: p95 and queries of each, beside the naive way.

``make bench-members`` (``SIZE=2m``, ``ARGS="--size 200k"``). Draws the members inside PostgreSQL, asks each page through the
whole stack as headquarters would, each time for somebody else, and checks that the right one is found. The naive way is
OFFSET for a deep page and ILIKE for a search, beside the statements that ours asks for the same rows. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from bench.grounds import NOON, load, throw_away
from bench.members_ground import Ground, card_of, fill, name_of, number_of, openid_of, phone_of

SIZES = {"20k": 20_000, "200k": 200_000, "1m": 1_000_000, "2m": 2_000_000, "10m": 10_000_000}
ROUNDS, NAIVE_ROUNDS = 30, 5
LIST = "/members/"


class Line(NamedTuple):
    """One page: milliseconds of all of it and of its queries; those of our rows alone and of the naive way's."""

    name: str
    p50: float
    p95: float
    queries: int
    asking: float
    ours: float | None = None
    naive: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.naive / self.ours if self.naive and self.ours else None


class Desk:
    """A person of headquarters in front of the pages. ``wrong`` collects searches that found somebody else."""

    def __init__(self, ground: Ground):
        from django.test import Client  # noqa: PLC0415 -- after setup

        self.ground, self.wrong, self.dice = ground, [], random.Random(7)
        self.client = Client(HTTP_HOST="localhost")
        self.client.force_login(ground.person)
        self.client.get(LIST)

    def somebody(self) -> int:
        """Somebody with a card and an OpenID."""
        return self.dice.randrange(100, self.ground.members) // 6 * 6

    def first(self, _who: int) -> Any:
        return self.client.get(LIST)

    def deep(self, who: int) -> Any:
        return self.client.get(f"{LIST}?page=5000&after={who}")

    def store(self, who: int) -> Any:
        return self.client.get(f"{LIST}?store=B{who % self.ground.stores}")

    def searched(self, text: str, who: int) -> Any:
        answer = self.client.post(LIST, {"q": text}, follow=True)
        if number_of(who).encode() not in answer.content:
            self.wrong.append(text)
        return answer

    def page(self, who: int) -> Any:
        return self.client.get(f"{LIST}{number_of(who)}/")

    def found(self, text: str) -> None:
        """The rows of a search, as the list reads them: their keys."""
        from members.queries import members  # noqa: PLC0415 -- after setup

        rows = members.matching(members.visible_to(self.ground.person), text).order_by("-joined_at", "-pk")
        list(rows.values_list("pk", flat=True)[:50])

    def behind(self, who: int) -> None:
        """The rows of a deep page, as the list reads them."""
        from members.queries import members  # noqa: PLC0415 -- after setup
        from web.ui.paging import page_of  # noqa: PLC0415 -- after setup

        rows = members.visible_to(self.ground.person).order_by("-joined_at", "-pk")
        page_of(rows, number=5000, size=50, after=str(who))

    def measure(self, name: str, ask: Callable[[int], Any], beside: tuple[Callable[[int], Any], ...] = ()) -> Line:
        """Ask for different people; the first answer warms up."""
        from django.db import connection  # noqa: PLC0415 -- after setup

        spent: list[float] = []

        def clock(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            begun = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                spent.append((time.perf_counter() - begun) * 1000)

        if ask(self.somebody()).status_code != 200:
            self.wrong.append(name)
        with connection.execute_wrapper(clock):
            took = sorted(timed(ask, self.somebody()) for _ in range(ROUNDS))
        both = [statistics.median(timed(act, self.somebody()) for _ in range(NAIVE_ROUNDS)) for act in beside]
        p95 = took[round(len(took) * 0.95) - 1]
        line = Line(name, statistics.median(took), p95, -(-len(spent) // ROUNDS), sum(spent) / ROUNDS, *both)
        ratio = f"   {line.ours:8.1f} {line.naive:8.1f} ms {line.ratio:6,.1f}x" if line.ratio else ""
        print(f"members |   {name:30} {line.p50:8.1f} {p95:8.1f} ms {line.asking:8.1f} ms in {line.queries:2} queries{ratio}",
              flush=True)  # fmt: skip
        return line


def timed(act: Callable[[int], Any], who: int) -> float:
    begun = time.perf_counter()
    act(who)
    return (time.perf_counter() - begun) * 1000


def offset(who: int) -> None:
    """The list's own statement with OFFSET, at the place where this member stands on average."""
    from members.models import Member  # noqa: PLC0415 -- after setup

    list(Member.objects.select_related("home_store").order_by("-joined_at", "-pk")[who : who + 50])


def ilike(*, text: str, kind: int, name: str = "") -> None:
    """What a search by ``icontains`` asks."""
    from members.models import Member  # noqa: PLC0415 -- after setup

    rows = Member.objects.filter(identities__kind=kind, identities__value__icontains=text)
    list((rows.filter(name__icontains=name) if name else rows).order_by("-joined_at", "-pk")[:50])


def walk(desk: Desk) -> list[Line]:
    """Every page, with its naive twin."""

    def searched(name: str, text: Callable[[int], str], kind: int, surname: bool = False) -> Line:
        def slow(who: int) -> None:
            typed = text(who)
            ilike(text=typed.split()[0], kind=kind, name=name_of(who) if surname else "")

        return desk.measure(
            f"search: {name}", lambda who: desk.searched(text(who), who), (lambda who: desk.found(text(who)), slow)
        )

    return [
        desk.measure("list, first page", desk.first),
        desk.measure("list, deep page", desk.deep, (desk.behind, offset)),
        desk.measure("list, one store", desk.store),
        searched("phone", phone_of, 1),
        searched("last four and name", lambda who: f"{phone_of(who)[-4:]} {name_of(who)}", 1, surname=True),
        searched("card", card_of, 2),
        searched("OpenID without its app", openid_of, 3),
        desk.measure("search: member number", lambda who: desk.searched(number_of(who), who)),
        desk.measure("member page", desk.page),
        desk.measure("member page, 5,000 orders", lambda _who: desk.page(desk.ground.regular)),
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--size", choices=SIZES, default=os.environ.get("SIZE") or "2m")
    members = SIZES[asked.parse_args().size]
    print(f"members | {members:,} members, {load()}", flush=True)
    with throw_away():
        from django.conf import settings  # noqa: PLC0415 -- after setup

        settings.ALLOWED_HOSTS = ["localhost"]
        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
        begun = time.monotonic()
        ground = fill(members, now=NOON)
        print(f"members | filled in {time.monotonic() - begun:.0f} s; {load()}")
        print(
            "members |                                       p50      p95         database             rows alone    naive"
        )
        desk = Desk(ground)
        lines = walk(desk)
        print(f"members | {load()}")
    figures = {
        "members": members, "load": round(os.getloadavg()[0], 1),
        "vs_offset": round(next(line.ratio for line in lines if "deep" in line.name), 1),
        "vs_ilike": round(min(line.ratio for line in lines if line.ratio and "search" in line.name), 1),
        "pages": {line.name: {"p50_ms": round(line.p50, 1), "p95_ms": round(line.p95, 1), "queries": line.queries,
                              "database_ms": round(line.asking, 1)}
                  for line in lines},
    }  # fmt: skip
    print(json.dumps({"name": "members", "figures": figures}))
    if desk.wrong:
        raise SystemExit(f"members | wrong answers: {desk.wrong[:5]}")


if __name__ == "__main__":
    main()
