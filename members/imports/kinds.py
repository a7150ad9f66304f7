"""Which resources the engine serves. Each app puts its own in when it is ready; runs keep only the kind's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .declare import SetBasedResource

_KINDS: dict[str, type[SetBasedResource]] = {}


class UnknownKind(LookupError):
    """No app declares this kind of file."""


def register(resource: type[SetBasedResource]) -> None:
    """Let the engine serve this resource."""
    _KINDS[resource.kind] = resource


def find(kind: str) -> SetBasedResource:
    """The resource that declares this kind's columns. Raises UnknownKind."""
    if kind not in _KINDS:
        raise UnknownKind(kind)
    return _KINDS[kind]()


def every() -> dict[str, type[SetBasedResource]]:
    """All kinds by name."""
    return dict(_KINDS)
