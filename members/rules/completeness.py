"""How complete a profile is, in points of a hundred, and what to ask next. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Part(NamedTuple):
    """One thing worth knowing: its weight, and how to ask for it."""

    name: str
    weight: int
    label: object
    question: object


PARTS = (
    Part("phone", 20, _("Proven phone"), _("May I send a code to your phone? Then nobody else can use your points.")),
    Part("name", 15, pgettext_lazy("person", "Name"), _("How may we address you?")),
    Part("birthday", 15, _("Birthday"), _("When is your birthday? There is something from us on that day.")),
    Part("offers", 15, _("Answer about offers"), _("Would you like to hear about offers? You can change it at any time.")),
    Part("home_store", 10, _("Home store"), _("Which of our stores is nearest to you?")),
    Part("wechat", 10, _("WeChat"), _("Would you scan our code in WeChat? Then your card is always with you.")),
    Part("gender", 10, _("Gender"), _("May we ask how we should greet you: Ms or Mr?")),
    Part("email", 5, _("E-mail"), _("To which e-mail address may we send receipts?")),
)  # fmt: skip
WHOLE = sum(part.weight for part in PARTS)


class Completeness(NamedTuple):
    """``score`` of ``WHOLE``; what is missing, the weightiest first."""

    score: int
    missing: tuple[Part, ...]

    @property
    def next(self) -> Part | None:
        """The question whose answer is worth most."""
        return self.missing[0] if self.missing else None


def measure(known: Collection[str]) -> Completeness:
    """The completeness of a profile of which these parts are known."""
    missing = sorted((part for part in PARTS if part.name not in known), key=lambda part: -part.weight)
    return Completeness(WHOLE - sum(part.weight for part in missing), tuple(missing))
