"""The present moment, for requests that must not wait for each other's look at the clock.

What lives here: asking the shared clock off the event loop. What does not: the clocks (`clock`).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from pardot_odoo_pipeline.clock import Clock, SystemClock

__all__ = ["Moments"]


class Moments:
    """Tells the present moment; make it within a running event loop.

    A clock behind a URL is asked once for all requests that wait for it, and never shown to a
    request that came after it was asked: whoever turns that clock and then sends an event must meet
    the new time.

    Args:
        clock: The clock of all our processes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._at_once = isinstance(clock, SystemClock)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clock")
        self._next: asyncio.Future[datetime] | None = None
        self._asking = False

    async def now(self) -> datetime:
        """The present moment.

        Raises:
            ConfigurationError: The clock does not answer.
        """
        if self._at_once:
            return self._clock.now()
        if self._next is None:
            self._next = self._loop.create_future()
        mine = self._next
        if not self._asking:
            self._asking = True
            self._task = self._loop.create_task(self._ask())
        return await asyncio.shield(mine)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _ask(self) -> None:
        while (waiting := self._next) is not None:
            self._next = None
            try:
                waiting.set_result(await self._loop.run_in_executor(self._thread, self._clock.now))
            except Exception as failure:
                waiting.set_exception(failure)
        self._asking = False
