"""The conversation with the other side: many calls at once, paced, and stopped at the first sign of trouble.

No database here. A call of ``Mouth.say`` lasts about half a second, so that whoever calls it can look again at what
may have changed; between calls the connections stay open.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from stores.connectors import Connector, Line, Outgoing, Receipt, SendFailed

from ..rules.outcomes import ERRORS_IN_ROW

T = TypeVar("T")
WINDOW = 0.5  # seconds in which calls begin; then the caller looks again
FIRST_WIDTH = 8  # calls at once to begin with; one more with every answer


class Saying(NamedTuple):
    """One message; ``is_quiet`` says whether its reader's quiet hours have begun."""

    id: int
    message: Outgoing
    is_quiet: Callable[[datetime], bool]


class Heard(NamedTuple):
    """What was answered to one message, and when."""

    id: int
    answer: Receipt | SendFailed
    at: datetime


@dataclass
class Mood:
    """How the other side is doing, as far as this worker has seen. ``wait``: seconds it asked for."""

    errors_in_row: int = 0
    answers: int = 0
    wait: float = 0
    is_probing: bool = False

    def __post_init__(self) -> None:
        self.is_probing = self.errors_in_row >= ERRORS_IN_ROW

    @property
    def is_open(self) -> bool:
        """Whether another call may begin. After a rest one call goes ahead alone."""
        return not self.wait and (self.errors_in_row < ERRORS_IN_ROW or self.is_probing)

    def width(self, most: int) -> int:
        """How many calls at once: it starts low and grows with every answer."""
        return 1 if self.errors_in_row else min(most, FIRST_WIDTH + self.answers)

    def note(self, answer: Receipt | SendFailed) -> None:
        """Learn from one answer. A refusal of one message is an answer like any other."""
        self.is_probing = False
        if isinstance(answer, Receipt) or answer.permanent:
            self.errors_in_row, self.answers = 0, self.answers + 1
            return
        self.wait = max(self.wait, answer.wait)
        self.errors_in_row += 1


class Mouth:
    """An open line to one sender, used as a context manager. Raises SendFailed if it cannot be opened.

    Its event loop runs in a thread of its own: the caller's thread may run a loop already.
    """

    def __init__(self, connector: Connector, *, errors_in_row: int, clock: Callable[[], datetime]) -> None:
        self.connector, self.clock = connector, clock
        self.mood = Mood(errors_in_row)
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="mouth")
        self.runner, self.stack = asyncio.Runner(), AsyncExitStack()
        self.line: Line | None = None

    def __enter__(self) -> Mouth:
        try:
            self.line = self._run(self.stack.enter_async_context(self.connector.open()))
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._run(self.stack.aclose())
        finally:
            self._close()

    def _run(self, act: Coroutine[Any, Any, T]) -> T:
        return self.thread.submit(self.runner.run, act).result()

    def _close(self) -> None:
        self.thread.submit(self.runner.close).result()
        self.thread.shutdown()

    def say(self, sayings: Sequence[Saying], *, rate: int, delay: float) -> tuple[list[Heard], list[int]]:
        """Speak for a moment: (what was answered, ids of messages that were not begun).

        ``rate`` is messages a second, after ``delay`` seconds. Whatever was begun is waited for.
        """
        return self._run(self._say(deque(sayings), rate, delay))

    async def _say(self, waiting: deque[Saying], rate: int, delay: float) -> tuple[list[Heard], list[int]]:
        assert self.line is not None
        loop = asyncio.get_running_loop()
        heard: list[Heard] = []
        left: list[int] = []
        running: set[asyncio.Task[None]] = set()
        begun = loop.time() + delay
        said = 0
        while waiting and self.mood.is_open:
            ahead = begun + said / rate - loop.time()
            if ahead > 0:
                await asyncio.sleep(ahead)
            if loop.time() - begun > WINDOW and said:
                break
            if len(running) >= self.mood.width(self.line.width):
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                continue
            call = self._next_call(waiting, left)
            if call:
                said += len(call)
                task = asyncio.create_task(self._call(call, heard))
                running.add(task)
                task.add_done_callback(running.discard)
        if running:
            await asyncio.gather(*running)
        return heard, left + [saying.id for saying in waiting]

    def _next_call(self, waiting: deque[Saying], left: list[int]) -> list[Saying]:
        """Messages for one call, without those whose quiet hours have begun in the meantime."""
        assert self.line is not None
        call: list[Saying] = []
        now = self.clock()
        while waiting and len(call) < self.line.size:
            saying = waiting.popleft()
            if saying.is_quiet(now):
                left.append(saying.id)
            else:
                call.append(saying)
        return call

    async def _call(self, call: list[Saying], heard: list[Heard]) -> None:
        assert self.line is not None
        answers = await self.line.send_many([saying.message for saying in call])
        at = self.clock()
        for saying, answer in zip(call, answers, strict=True):
            self.mood.note(answer)
            heard.append(Heard(saying.id, answer, at))
