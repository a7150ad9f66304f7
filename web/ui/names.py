"""Names of stores, brands and tiers in the language of the page."""

from typing import Any

from .formats import is_chinese


def local_name(thing: Any) -> str:
    """The English name on English pages, if there is one; else the name."""
    return thing.name if is_chinese() or not thing.name_en else thing.name_en
