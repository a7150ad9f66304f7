"""Who is who: ten thousand records of eleven systems matched by the rules, against the truth they were drawn from.

``make bench-identity`` (``ARGS="--records 10000 --seed 20260301"``). Gates: precision at least 0.999, recall at least 0.97,
and no two records with differing proven identities taken for one person. Asks no database; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from itertools import combinations

from bench.people import Generator, Set, measure
from members.rules.matching import Matched, against, match

LEAST = {"precision": 0.999, "recall": 0.97}


def silent_strong_merges(drawn: Set, matched: Matched) -> int:
    """Pairs in one group whose own proven identities of one kind and scope differ: the rules must leave none."""
    records = {record.key: record for record in drawn.records}
    return sum(
        bool(against(records[one].proven, records[other].proven))
        for group in matched.groups
        for one, other in combinations(group, 2)
    )


def run(records: int, seed: int) -> dict[str, float]:
    """Draw, match and measure; prints what people want to know."""
    drawn = Generator(seed).draw(records)
    begun = time.perf_counter()
    matched = match(drawn.records)
    seconds = time.perf_counter() - begun
    figures = measure(drawn, matched.groups) | {"silent_strong_merges": silent_strong_merges(drawn, matched)}
    people = len(set(drawn.truth.values()))
    print(f"identity | {records:,} records of {people:,} people in 11 systems, seed {seed}: {seconds:.1f} s")
    print(f"identity | {len(matched.groups):,} people found, {len(matched.joined):,} joins, each with its rule:")
    for rule, count in Counter(case.verdict.rule for case in matched.joined).most_common():
        print(f"identity |     {rule:28} {count:6,}")
    print(f"identity | {len(matched.waiting):,} pairs wait for a person:")
    for (outcome, rule), count in Counter((c.verdict.outcome, c.verdict.rule) for c in matched.waiting).most_common():
        print(f"identity |     {outcome + ': ' + rule:28} {count:6,}")
    print(f"identity | precision {figures['precision']:.5f}, recall {figures['recall']:.5f}, "
          f"strong people merged silently: {figures['silent_strong_merges']}")  # fmt: skip
    return figures


def passes(figures: dict[str, float]) -> bool:
    """Whether the gates hold."""
    return all(figures[name] >= least for name, least in LEAST.items()) and not figures["silent_strong_merges"]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=20260301)
    given = asked.parse_args()
    figures = run(given.records, given.seed)
    print(json.dumps({"name": "identity", "figures": {name: round(value, 5) for name, value in figures.items()}}))
    if not passes(figures):
        raise SystemExit("identity | a gate does not hold")


if __name__ == "__main__":
    main()
