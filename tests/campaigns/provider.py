"""A gateway on the wire: a real HTTP server that takes messages, keeps count by key, and misbehaves when asked to.

As a program (``python -m tests.campaigns.provider``) it prints its port and answers ``/stats`` with its counts.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter

from aiohttp import web


class Provider:
    """``behave(number_of_call, body)`` may answer in place of the good answer, by a (status, text, headers) or a word.

    ``drop``: close the connection after taking the message. ``hang``: take it and never answer. ``slow``: wait a little.
    """

    def __init__(self, behave=None, *, delay=0.0):
        self.behave, self.delay = behave or (lambda number, body: None), delay
        self.calls, self.taken, self.bodies, self.headers, self.times = 0, Counter(), [], [], []
        self.loop = asyncio.new_event_loop()
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/send"

    async def answer(self, request):
        body = await request.read()
        said = json.loads(body)
        self.calls += 1
        self.times.append(self.loop.time())
        self.bodies.append(said)
        self.headers.append(dict(request.headers))
        if self.delay:
            await asyncio.sleep(self.delay)
        answer = self.behave(self.calls, said)
        if isinstance(answer, tuple):
            status, text, headers = answer
            return web.Response(status=status, text=text, headers=headers)
        for each in said.get("messages", [said]):
            self.taken[each["key"]] += 1
        if answer == "drop":
            request.transport.abort()
        if answer == "hang":
            await asyncio.sleep(30)
        if "messages" in said:
            return web.json_response({"results": [{"key": m["key"], "id": f"p-{m['key']}"} for m in said["messages"]]})
        return web.json_response({"id": f"p-{said['key']}", "key": said["key"]})

    async def stats(self, request):
        return web.json_response({"calls": self.calls, "unique": len(self.taken)})

    async def start(self):
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/send", self.answer)
        app.router.add_get("/stats", self.stats)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.port = self.runner.addresses[0][1]

    def __enter__(self):
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()  # never in this thread: a browser's loop may run in it
        asyncio.run_coroutine_threadsafe(self.start(), self.loop).result(timeout=10)
        return self

    def __exit__(self, *error):
        async def stop():
            await self.runner.cleanup()
            self.loop.stop()

        asyncio.run_coroutine_threadsafe(stop(), self.loop)
        self.thread.join(timeout=10)
        self.loop.close()


async def serve():
    provider = Provider()
    await provider.start()
    print(provider.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
