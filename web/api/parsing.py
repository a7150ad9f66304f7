"""Reads request bodies so that no amount passes through a float."""

import json
from decimal import Decimal
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser as JsonParser


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


class Parser(JsonParser):
    """JSON with exact decimals; NaN and Infinity are refused."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body, parse_float=Decimal, parse_constant=_refuse)
