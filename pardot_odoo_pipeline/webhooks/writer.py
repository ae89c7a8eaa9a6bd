"""Events into the inbox: many requests, one transaction.

What lives here: the queue before the inbox, and the one thread that writes. What does not: the
statement (``ledger/store/inbox.py``), and what a sender is told (`receiver`).

A sync of the disk costs milliseconds, whatever it covers. So everything that waits when a
transaction begins shares it, and the next one takes what came meanwhile. A lone event is written at
once; under load a group starts at most every ten milliseconds, which makes groups larger and
costs nobody more than that.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.pushed_events import PushedEvent

__all__ = ["GroupWriter", "InboxFull"]

_MOST_WAITING = 10_000
_MOST_TOGETHER = 2_000
_PACE = 0.01

Observe = Callable[[int, float], None]
"""Told of a group's events and the seconds that its transaction took."""


class InboxFull(PipelineError):
    """More events wait to be written than should be kept in memory."""


@dataclass(slots=True)
class _Waiting:
    events: Sequence[PushedEvent]
    answer: asyncio.Future[int]


class GroupWriter:
    """Stores events; make and close it within a running event loop.

    Args:
        ledger: Durable: what it has committed survives a power cut.
        observe: Told of every group.
        report: Told of the failure of a group, and of None when the next one succeeds again.
    """

    def __init__(
        self, ledger: Ledger, *, observe: Observe, report: Callable[[PipelineError | None], None]
    ) -> None:
        self._ledger = ledger
        self._observe = observe
        self._report = report
        self._failing = False
        self._queue: deque[_Waiting] = deque()
        self._events = 0
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._work = self._loop.create_task(self._run())

    @property
    def waiting(self) -> int:
        """Events that are not yet being written."""
        return self._events

    async def store(self, events: Sequence[PushedEvent]) -> int:
        """Keep events durably.

        Returns:
            How many of them were new, once all of them are in the inbox.

        Raises:
            InboxFull: Too many wait already.
            PipelineError: The ledger cannot be written; nothing of them was kept.
        """
        if self._closing or self._events + len(events) > _MOST_WAITING:
            raise InboxFull("The inbox is busy", fix="Send the events again", code="busy")
        answer: asyncio.Future[int] = self._loop.create_future()
        self._queue.append(_Waiting(events, answer))
        self._events += len(events)
        self._wake.set()
        return await answer

    async def close(self) -> None:
        """Write what waits, and end."""
        self._closing = True
        self._wake.set()
        await self._work
        self._thread.shutdown(wait=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                begun = self._loop.time()
                await self._write(self._next_group())
                rest = begun + _PACE - self._loop.time()
                if rest > 0 and not self._closing:
                    await asyncio.sleep(rest)
            if self._closing:
                return

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while self._queue and (not group or size + len(self._queue[0].events) <= _MOST_TOGETHER):
            waiting = self._queue.popleft()
            self._events -= len(waiting.events)
            # Who gave up waiting was told to send again; what is not stored need not be.
            if not waiting.answer.done():
                group.append(waiting)
                size += len(waiting.events)
        return group

    async def _write(self, group: list[_Waiting]) -> None:
        if not group:
            return
        begun = self._loop.time()
        parts = [waiting.events for waiting in group]
        try:
            news = await self._loop.run_in_executor(self._thread, self._commit, parts)
        except PipelineError as failure:
            self._refuse(group, failure)
            return
        except Exception as failure:
            # Whatever it is: were the writer to end of it, nothing would be taken any more.
            self._refuse(
                group,
                PipelineError(
                    f"The inbox could not be written ({type(failure).__name__})",
                    fix="Report this as a bug of the pipeline; nothing of the group was kept",
                    code="inbox_failure",
                ),
            )
            return
        if self._failing:
            self._report(None)
        self._failing = False
        for waiting, new in zip(group, news, strict=True):
            with contextlib.suppress(asyncio.InvalidStateError):
                waiting.answer.set_result(new)
        self._observe(sum(map(len, parts)), self._loop.time() - begun)

    def _refuse(self, group: Sequence[_Waiting], failure: PipelineError) -> None:
        """Tell everybody of a group, each with an exception of its own, that nothing was kept."""
        if not self._failing:
            self._report(failure)
        self._failing = True
        for waiting in group:
            with contextlib.suppress(asyncio.InvalidStateError):
                waiting.answer.set_exception(
                    PipelineError(failure.cause, fix=failure.fix, code=failure.code)
                )

    def _commit(self, parts: Sequence[Sequence[PushedEvent]]) -> list[int]:
        """Write a group, and count for each part what was new; in the writing thread."""
        with self._ledger.write() as connection:
            new = inbox.added(connection, [event for part in parts for event in part])
        counts = []
        for part in parts:
            mine = new.intersection((event.source, event.event_id) for event in part)
            # Of two requests of a group with one event, the first has brought it.
            new -= mine
            counts.append(len(mine))
        return counts
