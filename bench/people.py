"""Invented people as eleven systems know them: typos, numbers given out again, phones that families share. Seed fixed.

Labels say who is who in truth. Every phone is of a range that no carrier has.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import NamedTuple

from members.rules.matching import Id, Record

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN_NAMES = (
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 霞 平 刚 桂英 文博 梓涵 子轩 雨桐 思远 佳怡 浩然 欣怡 宇航 诗琪 "
    "俊杰 雅婷 志强 晓燕 建国 玉兰 海燕 春梅 立新 国强 小红 婷婷 嘉豪 美玲 天佑 若曦 一鸣 可欣"
)
GIVEN = GIVEN_NAMES.split()
TODAY = date(2026, 3, 1)


class Person(NamedTuple):
    """One real person."""

    number: int
    name: str
    birthday: date
    phone: str
    former_phone: str
    unionid: str


class Set(NamedTuple):
    """Records and, by key, whose they are."""

    records: list[Record]
    truth: dict[int, int]


class Generator:
    """Draws a set of ``count`` records. The same seed draws the same set."""

    def __init__(self, seed: int = 20260301):
        self.dice = random.Random(seed)
        self.phones = iter(range(10**7, 10**8))
        self.records: list[Record] = []
        self.truth: dict[int, int] = {}

    def draw(self, count: int) -> Set:
        given_up: list[str] = []
        number = 0
        while len(self.records) < count:
            family = self._family(number, given_up)
            number += len(family)
            for person in family:
                self._known_by_systems(person)
                if person.former_phone:
                    given_up.append(person.former_phone)
        return Set(self.records[:count], {key: who for key, who in self.truth.items() if key < count})

    # --- people ----------------------------------------------------------------------------------------
    def _family(self, number: int, given_up: list[str]) -> list[Person]:
        """Usually one; sometimes two or three who leave one phone wherever a phone is asked for."""
        dice = self.dice
        size = 1 if dice.random() > 0.025 else dice.choice((2, 2, 3))
        phone = given_up.pop(0) if given_up and dice.random() < 0.5 else self._phone()
        surname = dice.choice(SURNAMES)
        given = dice.sample(GIVEN, size)  # nobody calls two of a family the same
        surnames = [surname if n != 1 else dice.choice(SURNAMES) for n in range(size)]
        return [self._person(number + n, surnames[n] + given[n], phone) for n in range(size)]

    def _person(self, number: int, name: str, phone: str) -> Person:
        dice = self.dice
        birthday = date(1950, 1, 1) + timedelta(days=dice.randrange(56 * 365))
        former = self._phone() if dice.random() < 0.03 else ""
        return Person(number, name, birthday, phone, former, f"u{number:07d}")

    def _phone(self) -> str:
        return f"169{(next(self.phones) * 7_654_321) % 10**8:08d}"

    # --- what systems know -----------------------------------------------------------------------------
    def _known_by_systems(self, person: Person) -> None:
        dice = self.dice
        chosen = dice.sample(SYSTEMS, dice.choices((1, 2, 3, 4, 5, 6), (20, 24, 22, 16, 10, 8))[0])
        for system in chosen:
            proven, told, named, dated = system(self, person)
            first = TODAY - timedelta(days=dice.randrange(30, 900))
            if person.former_phone and any(each.value == person.former_phone for each in (*proven, *told)):
                first -= timedelta(days=1_500)
            self._add(person, proven, told, named, dated, first)

    def _add(
        self, person: Person, proven: list[Id], told: list[Id], named: bool, dated: bool, first: date
    ) -> None:  # fmt: skip
        key = len(self.records)
        self.truth[key] = person.number
        self.records.append(Record(
            key, frozenset(proven), frozenset(told), self._name(person) if named else "",
            person.birthday if dated and self.dice.random() < 0.7 else None, first,
            first + timedelta(days=self.dice.randrange(400)),
        ))  # fmt: skip

    def _name(self, person: Person) -> str:
        """As a clerk types it: at times with a slip, at times not at all."""
        roll = self.dice.random()
        if roll < 0.04:
            return ""
        if roll < 0.06 and len(person.name) > 2:
            return person.name[:-1] + self.dice.choice("华平英")
        return person.name

    def said(self, person: Person) -> Id:
        """The phone a person tells: the present one, an old one, or one digit wrong."""
        phone = person.former_phone if person.former_phone and self.dice.random() < 0.4 else person.phone
        if self.dice.random() < 0.006:
            at = self.dice.randrange(3, 11)
            phone = phone[:at] + str((int(phone[at]) + self.dice.randrange(1, 10)) % 10) + phone[at + 1 :]
        return Id("phone", "", phone)

    def own(self, person: Person) -> Id:
        """The phone a person proves by a code."""
        return Id("phone", "", person.phone)


def _till(brand: str):
    def known(draw: Generator, person: Person):
        card = Id("card", brand, f"{person.number:08d}")
        return [card], [draw.said(person)], True, False

    return known


def _mini_program(draw: Generator, person: Person):
    ids = [Id("openid", "mini", f"m{person.number}"), Id("unionid", "", person.unionid), draw.own(person)]
    return ids, [], draw.dice.random() < 0.75, False


def _official_account(draw: Generator, person: Person):
    ids = [Id("openid", "mp", f"o{person.number}"), Id("unionid", "", person.unionid)]
    return ids, [draw.said(person)] if draw.dice.random() < 0.95 else [], True, False


def _wecom(draw: Generator, person: Person):
    return [Id("wecom", "", f"w{person.number}"), Id("unionid", "", person.unionid)], [draw.said(person)], True, False


def _alipay(draw: Generator, person: Person):
    return [Id("alipay", "", f"2088{person.number:012d}"), draw.own(person)], [], True, False


def _platform(name: str, *, proves: bool, named: bool = True):
    def known(draw: Generator, person: Person):
        buyer = Id("buyer", name, f"{name}{person.number}")
        phone = draw.own(person) if proves else draw.said(person)
        return ([buyer, phone], [], named, False) if proves else ([buyer], [phone], named, False)

    return known


def _old_file(draw: Generator, person: Person):
    return [], [Id("card", "a", f"{person.number:08d}"), draw.said(person)], True, True


def _web_shop(draw: Generator, person: Person):
    told = [Id("device", "", f"d{person.number}")]
    return [Id("email", "", f"p{person.number}@example.com"), draw.own(person)], told, True, True


SYSTEMS = [
    _till("a"), _till("b"), _mini_program, _official_account, _wecom, _alipay, _platform("douyin", proves=True),
    _platform("tmall", proves=True), _platform("jd", proves=False), _old_file, _web_shop,
]  # fmt: skip


def measure(drawn: Set, groups: list[list[int]]) -> dict[str, float]:
    """Precision and recall over pairs of records that were, and should have been, taken for one person."""
    found = right = 0
    sizes: dict[int, int] = {}
    for who in drawn.truth.values():
        sizes[who] = sizes.get(who, 0) + 1
    wanted = sum(n * (n - 1) // 2 for n in sizes.values())
    for group in groups:
        found += len(group) * (len(group) - 1) // 2
        mine: dict[int, int] = {}
        for key in group:
            mine[drawn.truth[key]] = mine.get(drawn.truth[key], 0) + 1
        right += sum(n * (n - 1) // 2 for n in mine.values())
    return {"precision": right / found if found else 1.0, "recall": right / wanted if wanted else 1.0}
