"""A mail server on the wire: a real SMTP server that takes mail, and misbehaves when asked to."""

from __future__ import annotations

import asyncio
import threading
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP


class Mailroom:
    """``behave(number, stage)`` may answer in place of the good answer; ``stage`` is sender, recipient or text.

    A line of the protocol is said as it is; ``drop`` cuts the line, ``hang`` says nothing more.
    """

    def __init__(self, behave=None, *, delay=0.0, **given):
        self.behave, self.delay, self.given = behave or (lambda number, stage: None), delay, given
        self.asked = {"sender": 0, "recipient": 0, "text": 0}
        self.taken, self.recipients, self.port = [], [], 0
        self.loop = asyncio.new_event_loop()

    async def _said(self, server, stage, good):
        self.asked[stage] += 1
        answer = self.behave(self.asked[stage], stage)
        if answer == "drop":
            server.transport.abort()
        if answer == "hang":
            await asyncio.sleep(30)
        return good if answer in (None, "drop", "hang") else answer

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return await self._said(server, "sender", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await self._said(server, "recipient", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.delay)
        answer = await self._said(server, "text", "250 OK")
        if answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        return answer

    async def _start(self):
        self.server = await self.loop.create_server(
            lambda: SMTP(self, hostname="mailroom", loop=self.loop, **self.given), "127.0.0.1", 0
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def _stop(self):
        self.server.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def __enter__(self):
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()  # never in this thread: a browser's loop may run in it
        asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(timeout=10)
        return self

    def __exit__(self, *error):
        asyncio.run_coroutine_threadsafe(self._stop(), self.loop).result(timeout=10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=10)
        self.loop.close()
