"""From where a key may be used: single addresses and networks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network


class NoNetwork(ValueError):
    """A word that is neither an address nor a network."""


def read(text: str) -> list[str]:
    """The networks in a text, each in its one spelling, once: ``10.1.2.3`` is ``10.1.2.3/32``. Raises NoNetwork."""
    found = []
    for word in re.split(r"[\s,，、;；]+", text):
        if not word:
            continue
        try:
            found.append(str(ip_network(word, strict=False)))
        except ValueError:
            raise NoNetwork(word) from None
    return list(dict.fromkeys(found))


def holds(networks: Iterable[str], address: str) -> bool:
    """Whether the address lies in one of the networks; any address does when none is named."""
    known = [ip_network(word) for word in networks]
    if not known:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    return any(here.version == network.version and here in network for network in known)
