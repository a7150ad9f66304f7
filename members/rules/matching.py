"""Are two records one person? Named combinations of what agrees, each with its strength, and what speaks against it. Pure.

Strong identities decide, unless both records hold proven identities of the same kind and scope that differ: such a pair is
a conflict for a person to look at, and is never merged on the quiet. A phone that a family shares, or that was given to
somebody else, proves nothing by itself. Weak agreement only proposes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Any, NamedTuple

RECYCLED_AFTER = timedelta(days=365)  # carriers give a number out again after months of silence
ROUNDS = 4  # of joining groups; one is rarely enough, three always were
CROWD = 40  # more records than this on one value tell of a shop's own phone, not of a person
PERSONAL = frozenset({"phone", "unionid", "openid", "wecom", "alipay", "buyer"})  # one proven value for each scope


class Outcome(StrEnum):
    """What to do with a pair."""

    SAME = "same"
    CONFLICT = "conflict"
    PROPOSE = "propose"
    NOTHING = "nothing"


class Id(NamedTuple):
    """One identity of a record. ``scope`` is the app, brand or platform inside which the value means something."""

    kind: str
    scope: str
    value: str

    @property
    def place(self) -> tuple[str, str]:
        return self.kind, self.scope


@dataclass(frozen=True)
class Record:
    """What one system says of a person. ``proven`` are identities that the person showed to hold."""

    key: int
    proven: frozenset[Id] = frozenset()
    told: frozenset[Id] = frozenset()
    name: str = ""
    birthday: date | None = None
    first_seen: date | None = None
    last_seen: date | None = None

    @property
    def ids(self) -> frozenset[Id]:
        return self.proven | self.told


class Verdict(NamedTuple):
    """``rule`` names the combination; ``agrees`` and ``differs`` are kinds and scopes, never values."""

    outcome: Outcome
    rule: str = ""
    agrees: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()


NOTHING = Verdict(Outcome.NOTHING)


def same_name(one: str, other: str) -> bool | None:
    """Whether two names are the same; None when one is missing, or one slip away: a typo or a sister, who knows."""
    one, other = ("".join(name.split()).casefold() for name in (one, other))
    if not one or not other:
        return None
    if one != other and min(len(one), len(other)) > 2 and _one_slip(one, other):
        return None
    return one == other


def _one_slip(one: str, other: str) -> bool:
    """One letter changed, left out or added, or two neighbours swapped."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[:at] + one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped == other


def same_birthday(one: date | None, other: date | None) -> bool | None:
    """Whether two birthdays are the same but for a swap of day and month; None when one is missing."""
    if one is None or other is None:
        return None
    return one == other or (one.year, one.month, one.day) == (other.year, other.day, other.month)


def is_other_person(one: Record, other: Record) -> bool:
    """Name or birthday say that these are two people."""
    name, birthday = same_name(one.name, other.name), same_birthday(one.birthday, other.birthday)
    return name is False or (birthday is False and not name)


def against(one: Collection[Id], other: Collection[Id]) -> list[str]:
    """Kinds and scopes in which both hold proven identities of one person's kind, and none in common."""
    held: defaultdict[tuple[str, str], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for side, ids in enumerate((one, other)):
        for each in ids:
            if each.kind in PERSONAL:
                held[each.place][side].add(each.value)
    return [name_of(place) for place, (a, b) in sorted(held.items()) if a and b and not a & b]


def name_of(place: tuple[str, str]) -> str:
    return ":".join(part for part in place if part)


def is_recycled(one: Record, other: Record) -> bool:
    """Whether one was silent for long before the other came up with the same number."""
    for older, newer in ((one, other), (other, one)):
        if older.last_seen and newer.first_seen and newer.first_seen - older.last_seen > RECYCLED_AFTER:
            return True
    return False


def decide(one: Record, other: Record, *, shared: Collection[Id] = ()) -> Verdict:
    """The verdict on a pair. ``shared`` are identities known to be used by several people."""
    common = one.ids & other.ids
    strong = {each for each in common if each in one.proven and each in other.proven and each.kind != "device"}
    agrees = tuple(sorted({name_of(each.place) for each in common}))
    differs = tuple(against(one.proven, other.proven))
    phones = {each for each in common if each.kind == "phone"}
    beyond = strong - phones
    same = same_name(one.name, other.name)
    if beyond:
        return _strong("+".join(sorted({each.kind for each in beyond})), agrees, differs, one, other)
    if phones:
        return _by_phone(phones, strong, one, other, agrees, differs, is_shared=bool(phones & set(shared)))
    cards = {each for each in common if each.kind == "card"}
    if cards and same:
        return _strong("card+name", agrees, differs, one, other)
    emails = {each for each in common if each.kind == "email"}
    if emails and same:
        return _strong("email+name", agrees, differs, one, other)
    birthday = one.birthday is not None and one.birthday == other.birthday
    if common:
        return Verdict(Outcome.PROPOSE, "+".join(sorted({each.kind for each in common})), agrees, differs)
    if same and birthday and not differs:
        return Verdict(Outcome.PROPOSE, "name+birthday", ("name", "birthday"))
    return NOTHING


def _strong(rule: str, agrees: tuple[str, ...], differs: tuple[str, ...], one: Record, other: Record) -> Verdict:
    if differs or (is_other_person(one, other) and "unionid" not in rule):
        return Verdict(Outcome.CONFLICT, rule, agrees, differs or ("name",))
    return Verdict(Outcome.SAME, rule, agrees)


def _by_phone(
    phones: Collection[Id], strong: Collection[Id], one: Record, other: Record, agrees: tuple[str, ...],
    differs: tuple[str, ...], *, is_shared: bool,
) -> Verdict:  # fmt: skip
    """A phone joins two records when it is proven on both sides or the name agrees, and nothing speaks against it."""
    named = same_name(one.name, other.name)
    if is_other_person(one, other):
        return Verdict(Outcome.PROPOSE, "family phone", agrees, (*differs, "name"))
    if differs:
        return Verdict(Outcome.CONFLICT, "recycled phone" if is_recycled(one, other) else "phone", agrees, differs)
    if named:
        return Verdict(Outcome.SAME, "phone+name", agrees)
    if is_shared:
        return Verdict(Outcome.PROPOSE, "shared phone", agrees)
    if set(phones) & set(strong):
        return Verdict(Outcome.SAME, "phone", agrees)
    if is_recycled(one, other):
        return Verdict(Outcome.PROPOSE, "recycled phone", agrees)
    return Verdict(Outcome.SAME if _is_answered(one, other) else Outcome.PROPOSE, "phone told", agrees)


def _is_answered(one: Record, other: Record) -> bool:
    """Whether a phone that one side told is proven by the other."""
    return any(each.kind == "phone" for each in (one.proven & other.told) | (one.told & other.proven))


# --- many records ----------------------------------------------------------------------------------------
@dataclass
class Group:
    """Records taken for one person: what they hold together."""

    keys: list[int]
    proven: set[Id] = field(default_factory=set)
    members: list[Record] = field(default_factory=list)

    def as_one(self) -> Record:
        """The group as a record: its commonest name, and all it holds."""
        if len(self.members) == 1:
            return self.members[0]
        names = sorted((record.name for record in self.members if record.name), key=len)
        return Record(
            self.keys[0], frozenset(self.proven), frozenset().union(*(record.told for record in self.members)),
            Counter(names).most_common(1)[0][0] if names else "",
            next((record.birthday for record in self.members if record.birthday), None),
            min((record.first_seen for record in self.members if record.first_seen), default=None),
            max((record.last_seen for record in self.members if record.last_seen), default=None),
        )  # fmt: skip


class Case(NamedTuple):
    """A pair that waits for a person: a conflict, or a proposal."""

    one: int
    other: int
    verdict: Verdict


class Matched(NamedTuple):
    """Groups of keys that are one person each, the pairs that were joined with why, and what waits for a person."""

    groups: list[list[int]]
    joined: list[Case]
    waiting: list[Case]


def shared_ids(records: Sequence[Record]) -> set[Id]:
    """Identities that records of visibly different people use: by name, birthday, or proven identities that differ."""
    return {
        value
        for value, held in _blocks(records)
        if value.kind == "phone"
        and any(is_other_person(a, b) or against(a.proven, b.proven) for a, b in combinations(held[:CROWD], 2))
    }


def _blocks(records: Iterable[Record]) -> Iterator[tuple[Id, list[Record]]]:
    blocks: defaultdict[Id, list[Record]] = defaultdict(list)
    for record in records:
        for each in record.ids:
            blocks[each].append(record)
    return ((value, held) for value, held in sorted(blocks.items()) if len(held) > 1)


def match(records: Sequence[Record]) -> Matched:
    """Join records into people: the surest pairs first, and never two groups whose proven identities differ.

    A join that two records would bear, and the groups they are in by then would not, becomes a conflict.
    """
    shared = shared_ids(records)
    verdicts: dict[tuple[int, int], tuple[Verdict, Record, Record]] = {}
    for _value, held in _blocks(records):
        for one, other in combinations(held[:CROWD], 2):
            pair = (min(one.key, other.key), max(one.key, other.key))
            if pair not in verdicts:
                verdicts[pair] = (decide(one, other, shared=shared), one, other)
    groups = {record.key: Group([record.key], set(record.proven), [record]) for record in records}
    waiting: list[Case] = []
    joined: list[Case] = []
    left = [(pair, *rest) for pair, rest in verdicts.items() if rest[0].outcome is not Outcome.NOTHING]
    for _round in range(ROUNDS):  # what groups know together may settle what two records left open
        before, waiting, left = len(joined), [], _surest_first(left)
        for pair, verdict, one, other in left:
            a, b = groups[one.key], groups[other.key]
            if a is b:
                continue
            said = verdict if verdict.outcome is not Outcome.PROPOSE else decide(a.as_one(), b.as_one(), shared=shared)
            if said.outcome is Outcome.SAME and (differs := _cannot_join(a, b)):
                said = Verdict(Outcome.CONFLICT, said.rule, said.agrees, tuple(differs))
            if said.outcome is Outcome.SAME:
                joined.append(Case(*pair, said))
                _join(groups, a, b)
            else:
                waiting.append(Case(*pair, said if said.outcome is not Outcome.NOTHING else verdict))
        if len(joined) == before:
            break
    alone = {id(group): group for group in groups.values()}
    return Matched([sorted(group.keys) for group in alone.values()], joined, waiting)


def _surest_first(pairs: Iterable[Any]) -> list[Any]:
    return sorted(
        pairs, key=lambda each: (each[1].outcome is not Outcome.SAME, each[1].rule.startswith("phone"), each[0])
    )


def _cannot_join(a: Group, b: Group) -> list[str]:
    differs = against(a.proven, b.proven)
    if not differs and any(is_other_person(x, y) for x in a.members for y in b.members):
        return ["name"]
    return differs


def _join(groups: dict[int, Group], a: Group, b: Group) -> None:
    if len(a.keys) < len(b.keys):
        a, b = b, a
    a.keys += b.keys
    a.proven |= b.proven
    a.members += b.members
    for key in b.keys:
        groups[key] = a
