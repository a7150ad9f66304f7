"""Approved templates: which of them a text is, and with which words. Gateways take no free text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

PLACE = re.compile(r"\$\{(\w{1,30})\}|\{(\d{1,2})\}")


class Template(NamedTuple):
    """``code`` is the gateway's; ``text`` holds ``${name}`` or ``{1}`` where words go."""

    code: str
    text: str


class Fit(NamedTuple):
    """The template and its words, in the order of their places."""

    code: str
    words: dict[str, str]


def fit(text: str, templates: Iterable[Template]) -> Fit | None:
    """The first template that makes this text; None when it is none of them."""
    for template in templates:
        names: list[str] = []
        pattern = ""
        end = 0
        for place in PLACE.finditer(template.text):
            name = place[1] or place[2]
            pattern += re.escape(template.text[end : place.start()])
            pattern += f"(?P=p{names.index(name)})" if name in names else f"(?P<p{len(names)}>.{{0,500}}?)"
            names += [] if name in names else [name]
            end = place.end()
        if found := re.fullmatch(pattern + re.escape(template.text[end:]), text, re.DOTALL):
            return Fit(template.code, {name: found[f"p{at}"] for at, name in enumerate(names)})
    return None


def read(lines: str) -> list[Template]:
    """Templates out of lines like ``SMS_100 您的验证码是${code}``."""
    parts = (line.strip().split(None, 1) for line in lines.splitlines())
    return [Template(part[0], part[1]) for part in parts if len(part) == 2]
