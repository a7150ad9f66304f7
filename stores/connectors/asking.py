"""Puts a call on the wire: public addresses only, no redirects, ten seconds, a mebibyte. Imported when needed."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import aiohttp
from django.conf import settings
from yarl import URL

from .base import SendFailed
from .calling import Call, Reply
from .webhook.addresses import problem_of
from .webhook.resolving import PublicResolver

LIMITS = aiohttp.ClientTimeout(total=10, connect=3)  # seconds
MOST = 1024 * 1024  # bytes of an answer


def ask(call: Call) -> Reply:
    """One call over a connection of its own, its address letter by letter as signed.

    Raises SendFailed; ``is_unknown`` once the request may have been read.
    """
    if problem := problem_of(call.url.split("?")[0], may_stay_inside=settings.SENDERS_MAY_STAY_INSIDE):
        raise SendFailed(f"the address is refused: {problem}", permanent=True)
    with ThreadPoolExecutor(1) as other:  # the caller's thread may run an event loop already
        return other.submit(asyncio.run, _ask(call)).result()


async def _ask(call: Call) -> Reply:
    lines = aiohttp.TCPConnector(resolver=PublicResolver(may_stay_inside=settings.SENDERS_MAY_STAY_INSIDE))
    try:
        async with (
            aiohttp.ClientSession(connector=lines, timeout=LIMITS, trust_env=False) as session,
            session.request(
                call.method,
                URL(call.url, encoded=True),
                data=call.body or None,
                headers=call.headers,
                allow_redirects=False,
            ) as answer,
        ):
            body = await answer.content.read(MOST + 1)
            while len(body) <= MOST and (more := await answer.content.read(MOST)):
                body += more
            if len(body) > MOST:
                raise SendFailed("the answer is too long", is_unknown=True, is_garbled=True)
            return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)
    except aiohttp.ClientConnectorError as error:
        raise SendFailed(f"connect: {type(error).__name__}") from None
    except aiohttp.ConnectionTimeoutError:
        raise SendFailed("connect: timeout") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SendFailed(f"no answer: {type(error).__name__}", is_unknown=True) from None
