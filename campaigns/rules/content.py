"""What a message says: variables with fall-backs, the language of the reader, how many text messages it takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

VARIABLES = {
    "name": gettext_lazy("the member's name"),
    "store": gettext_lazy("the member's store"),
    "coupon": gettext_lazy("the name of the coupon"),
    "code": gettext_lazy("the code of the coupon"),
    "points": gettext_lazy("the member's points"),
    "link": gettext_lazy("the tracked link"),
    "unsubscribe": gettext_lazy("the link to unsubscribe"),
    "feedback": gettext_lazy("the link to say how it was"),
}
FALLBACKS = {  # what members read: words of theirs, not of the staff's pages
    "zh-hans": {"name": "会员", "store": "门店", "coupon": "优惠券", "points": "0"},
    "en": {"name": "member", "store": "our store", "coupon": "coupon", "points": "0"},
}
ENDINGS = {"zh-hans": " 退订 {unsubscribe}", "en": " Unsubscribe: {unsubscribe}"}
LONGEST = 500  # characters of a text as it is written
_FIELD = re.compile(r"\{([^{}]*)\}")
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")


class ContentProblem(ValueError):
    """The text cannot be sent as it is written. The message may be shown."""


@dataclass(frozen=True)
class Parts:
    """How a text travels by SMS: ``units`` of an encoding that fits ``each`` of them into one of ``count`` parts."""

    count: int
    units: int
    each: int
    is_wide: bool


def check(text: str) -> set[str]:
    """The variables that a text uses. Raises ContentProblem on an unknown one or a lone brace."""
    used = set(_FIELD.findall(text))
    for name in sorted(used - VARIABLES.keys()):
        raise ContentProblem(
            _("There is no variable {%(name)s}. Known are: %(known)s.")
            % {"name": name[:30], "known": ", ".join(f"{{{known}}}" for known in VARIABLES)}
        )
    if re.search(r"[{}]", _FIELD.sub("", text)):
        raise ContentProblem(_("There is a lone brace in the text. Braces stand around the name of a variable."))
    if len(text) > LONGEST:
        raise ContentProblem(_("The text has more than %(most)d characters.") % {"most": LONGEST})
    return used


def language_of(member_language: str, *, text: str, text_en: str) -> str:
    """``zh-hans`` or ``en``: the member's language as far as the text exists in it."""
    wants_english = member_language.lower().startswith("en")
    if (wants_english and text_en) or not text:
        return "en"
    return "zh-hans"


def complete(text: str, language: str, *, is_marketing: bool) -> str:
    """The text with a way out at its end, if it is an offer that shows none."""
    if is_marketing and "{unsubscribe}" not in text:
        return text + ENDINGS[language]
    return text


def render(text: str, facts: Mapping[str, str], language: str) -> str:
    """Fill the variables in one pass, so that a member named ``{link}`` stays a name. Empty facts fall back."""
    rest = FALLBACKS[language]
    return _FIELD.sub(lambda found: facts.get(found[1]) or rest.get(found[1], ""), text)


def parts(text: str) -> Parts:
    """How many text messages a rendered text takes: 160 plain letters or 70 of any alphabet, a little less if several."""
    is_wide = not (_GSM | _GSM_TWICE).issuperset(text)
    if is_wide:
        units, one, several = len(text.encode("utf-16-le")) // 2, 70, 67
    else:
        units, one, several = len(text) + sum(sign in _GSM_TWICE for sign in text), 160, 153
    each = one if units <= one else several
    return Parts(max(1, -(-units // each)), units, each, is_wide)
