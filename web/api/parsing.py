"""Reads request bodies so that no amount passes through a float."""

import json
from decimal import Decimal
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser as JsonParser


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object says something twice")
    return found


class Parser(JsonParser):
    """JSON with exact decimals; NaN, Infinity and an object that says one thing twice are refused."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(
            request.body, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once
        )  # fmt: skip
