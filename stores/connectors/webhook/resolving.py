"""Names become addresses at connecting: only public ones, so that a name cannot lead inside after it was checked."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from .addresses import is_public


class RefusedAddress(OSError):
    """The address leads where a webhook may not go."""


class PublicResolver(AbstractResolver):
    """Looks names up and refuses if any answer is not public; the connection then goes to what was checked."""

    def __init__(self, *, may_stay_inside: bool) -> None:
        self.inner = ThreadedResolver()
        self.may_stay_inside = may_stay_inside

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self.inner.resolve(host, port, family)
        if not self.may_stay_inside and not all(is_public(each["host"]) for each in found):
            raise RefusedAddress("the address is not a public one")
        return found

    async def close(self) -> None:
        await self.inner.close()
