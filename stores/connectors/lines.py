"""Lines to gateways over HTTP: kept connections that never lead inside, and one message over a line of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import aiohttp
from django.conf import settings

from .base import Answer, Connector, Outgoing, Receipt, SendFailed
from .webhook.addresses import problem_of
from .webhook.resolving import PublicResolver


@asynccontextmanager
async def session_to(
    address: str, *, width: int, limits: aiohttp.ClientTimeout
) -> AsyncIterator[aiohttp.ClientSession]:
    """Up to ``width`` connections that are kept between calls. Raises SendFailed for an address that may not be called."""
    inside = settings.SENDERS_MAY_STAY_INSIDE
    if problem := problem_of(address, may_stay_inside=inside):
        raise SendFailed(f"the address is refused: {problem}", permanent=True)
    lines = aiohttp.TCPConnector(limit=width, resolver=PublicResolver(may_stay_inside=inside))
    async with aiohttp.ClientSession(connector=lines, timeout=limits, trust_env=False) as session:
        yield session


def send_alone(connector: Connector, message: Outgoing) -> Receipt:
    """One message over a line that is opened for it. Raises SendFailed."""

    async def once() -> Answer:
        async with connector.open() as line:
            return (await line.send_many([message]))[0]

    with ThreadPoolExecutor(1) as other:  # the caller's thread may run an event loop already
        answer = other.submit(asyncio.run, once()).result()
    if isinstance(answer, SendFailed):
        raise answer
    return answer
