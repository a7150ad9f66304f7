"""Calls a gateway over HTTPS, signed. docs/senders.md describes both sides of the call."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from ..base import Account, Answer, Outgoing, Receipt, SendFailed
from ..lines import send_alone, session_to
from .signing import ID, SIGNATURE, TIME, sign

LIMITS = aiohttp.ClientTimeout(total=10, connect=3)  # seconds
MOST = 1024 * 1024  # bytes of an answer that are read
LONGEST_WAIT = 3_600  # seconds that Retry-After may ask for
_FINE = {None, 0, "0", "", "ok", "OK"}


class WebhookConnector:
    """``settings``: url; size (messages in a call, 1 unless told), width (calls at once), seconds (the longest wait)."""

    is_local = False

    def __init__(self, account: Account) -> None:
        self.account = account
        known = account.settings
        self.size = min(max(int(known.get("size") or 1), 1), 1000)
        self.width = min(max(int(known.get("width") or 64), 1), 200)
        seconds = float(known.get("seconds") or 0)
        self.limits = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, 3)) if seconds else LIMITS

    def send(self, message: Outgoing) -> Receipt:
        """One message over a connection of its own. Raises SendFailed."""
        return send_alone(self, message)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[WebhookLine]:
        """Connections that are kept between calls. Raises SendFailed for an address that may not be called."""
        address = str(self.account.settings.get("url", ""))
        async with session_to(address, width=self.width, limits=self.limits) as session:
            yield WebhookLine(session, self.account, size=self.size, width=self.width)


class WebhookLine:
    """One open session with a gateway."""

    def __init__(self, session: aiohttp.ClientSession, account: Account, *, size: int, width: int) -> None:
        self.session, self.account, self.size, self.width = session, account, size, width
        self.url = str(account.settings["url"])

    async def send_many(self, messages: Sequence[Outgoing]) -> list[Answer]:
        """One call. What goes wrong with it goes wrong with all of its messages."""
        try:
            answer = await self._call(messages)
            if self.size == 1:
                return [read_one(answer, messages[0])]
            return read_many(answer, messages)
        except SendFailed as failure:
            return [failure for _ in messages]

    async def _call(self, messages: Sequence[Outgoing]) -> Mapping[str, Any]:
        """The decoded answer. Raises SendFailed."""
        name = messages[0].key if self.size == 1 else f"{messages[0].key}+{len(messages)}"
        given = [{"key": m.key, "to": m.address, "text": m.text} for m in messages]
        content: object = {"sender": self.account.code, **given[0]} if self.size == 1 else {
            "sender": self.account.code, "messages": given
        }  # fmt: skip
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        at = int(time.time())
        words = {
            "content-type": "application/json; charset=utf-8", ID: name, TIME: str(at),
            SIGNATURE: sign(self.account.secret, name, at, body), "idempotency-key": name,
        }  # fmt: skip
        try:
            async with self.session.post(self.url, data=body, headers=words, allow_redirects=False) as answer:
                _look_at(answer)
                return _decoded(await _read(answer))
        except aiohttp.ClientConnectorError as error:  # nothing was said yet
            raise SendFailed(f"connect: {type(error).__name__}") from None
        except aiohttp.ConnectionTimeoutError:
            raise SendFailed("connect: timeout") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SendFailed(f"no answer: {type(error).__name__}", is_unknown=True) from None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The body, as far as a little more than we are ready to read."""
    body = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        body += piece
        if len(body) > MOST:
            break
    return bytes(body)


def _look_at(answer: aiohttp.ClientResponse) -> None:
    """Raises SendFailed for any status but success."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status in (429, 503):  # both say: not now; a 503 may come from something that stands before the gateway
        wait = _wait(answer.headers.get("Retry-After", ""))
        raise SendFailed(f"HTTP {status}", wait=wait, is_unknown=status == 503)
    if status in (400, 413, 415, 422):  # about this message
        raise SendFailed(f"HTTP {status}", permanent=True)
    if status < 500:  # about the account or its address: nothing was taken, and somebody will mend it
        raise SendFailed(f"HTTP {status}")
    raise SendFailed(f"HTTP {status}", is_unknown=True)


def _wait(text: str) -> float:
    """Seconds out of Retry-After, which is a number or a date; one second when it says nothing that we understand."""
    if text.isascii() and text.isdigit() and len(text) < 8:
        return float(min(int(text), LONGEST_WAIT))
    try:
        return min(max(parsedate_to_datetime(text).timestamp() - time.time(), 1.0), LONGEST_WAIT)
    except (TypeError, ValueError):
        return 1.0


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body) if len(body) <= MOST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SendFailed("the answer is no JSON object", is_unknown=True, is_garbled=True)
    return found


def read_one(answer: Mapping[str, Any], message: Outgoing) -> Answer:
    """What an answer says about one message: taken, refused, or nothing that can be believed."""
    code = answer.get("error") or answer.get("errcode") or answer.get("code")
    if not isinstance(code, str | int | bool | None) or code not in _FINE:
        return SendFailed(f"refused: {code}"[:120], permanent=True)
    if "key" in answer and str(answer["key"]) != message.key:
        return SendFailed("it answers for another message", is_unknown=True, is_garbled=True)
    reference = answer.get("id")
    if not isinstance(reference, str | int) or isinstance(reference, bool) or not str(reference):
        return SendFailed("the answer names no id", is_unknown=True, is_garbled=True)
    return Receipt(reference=str(reference)[:80])


def read_many(answer: Mapping[str, Any], messages: Sequence[Outgoing]) -> list[Answer]:
    """The same for a call with several messages: ``results`` holds one object for each key."""
    results = answer.get("results")
    if not isinstance(results, list):
        return [read_one(answer if answer.get("error") else {}, message) for message in messages]
    by_key = {str(each.get("key")): each for each in results if isinstance(each, dict)}
    return [read_one(by_key.get(message.key, {}), message) for message in messages]
