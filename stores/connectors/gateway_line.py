"""Text messages through a platform's own interface: one call for each, over connections that are kept."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from .aliyun_sms import client as aliyun
from .base import Account, Answer, Outgoing, Receipt, SendFailed
from .calling import Call, Keys, Reply
from .lines import send_alone, session_to
from .tencent_sms import client as tencent

LIMITS = aiohttp.ClientTimeout(total=10, connect=3)  # seconds
MOST = 1024 * 1024  # bytes of an answer
WIDTH = 32  # calls at once


def _aliyun(keys: Keys, message: Outgoing) -> Call:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return aliyun.call_for(keys, message, at=at, nonce=secrets.token_hex(16))


def _tencent(keys: Keys, message: Outgoing) -> Call:
    return tencent.call_for(keys, message, at=int(time.time()))


SPEECH: dict[str, tuple[Callable[[Keys, Outgoing], Call], Callable[[Reply], Receipt], str]] = {
    "aliyun_sms": (_aliyun, aliyun.read_answer, aliyun.GATEWAY),
    "tencent_sms": (_tencent, tencent.read_answer, tencent.GATEWAY),
}


class GatewayConnector:
    """``settings``: key_id, sign_name, templates, gateway (empty: the platform's own); for Tencent app_id and region."""

    is_local = False

    def __init__(self, kind: str, account: Account) -> None:
        self.make, self.read, own = SPEECH[kind]
        self.keys = Keys(account.settings, {"key_secret": (account.secret,)} if account.secret else {})
        self.gateway = self.keys.told("gateway", own)

    def send(self, message: Outgoing) -> Receipt:
        """One message over a connection of its own. Raises SendFailed."""
        return send_alone(self, message)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[GatewayLine]:
        """Connections that are kept between calls. Raises SendFailed for an address that may not be called."""
        async with session_to(self.gateway, width=WIDTH, limits=LIMITS) as session:
            yield GatewayLine(session, self)


class GatewayLine:
    """One open session with a platform."""

    size, width = 1, WIDTH

    def __init__(self, session: aiohttp.ClientSession, connector: GatewayConnector) -> None:
        self.session, self.connector = session, connector

    async def send_many(self, messages: Sequence[Outgoing]) -> list[Answer]:
        """One call for each message, for ``size`` is one."""
        return [await self._one(message) for message in messages]

    async def _one(self, message: Outgoing) -> Answer:
        try:
            call = self.connector.make(self.connector.keys, message)
            return self.connector.read(await self._spoken(call))
        except SendFailed as failure:
            return failure
        except aiohttp.ClientConnectorError as error:  # nothing was said yet
            return SendFailed(f"connect: {type(error).__name__}")
        except aiohttp.ConnectionTimeoutError:
            return SendFailed("connect: timeout")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return SendFailed(f"no answer: {type(error).__name__}", is_unknown=True)

    async def _spoken(self, call: Call) -> Reply:
        url = URL(call.url, encoded=True)
        async with self.session.request(
            call.method, url, data=call.body or None, headers=call.headers, allow_redirects=False
        ) as answer:
            body = bytearray()
            async for piece in answer.content.iter_chunked(65_536):
                body += piece
                if len(body) > MOST:
                    raise SendFailed("the answer is too long", is_unknown=True, is_garbled=True)
            return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, bytes(body))
