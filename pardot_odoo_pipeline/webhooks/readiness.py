"""Whether events could be stored now.

What lives here: the trial write behind ``/readyz``. What does not: storing events (`writer`), whose
thread a trial must not hold up.
"""

from __future__ import annotations

import asyncio
import time

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store.sql import next_numbers

__all__ = ["Readiness"]

_KEEP_SECONDS = 1.0


class Readiness:
    """Tries a write of the ledger, however many ask at most one at a time and one a second.

    Args:
        ledger: The one that events go to.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._trial: asyncio.Task[bool] | None = None
        self._ended = 0.0

    async def is_ready(self) -> bool:
        """Whether the ledger could be written, now or a moment ago."""
        trial = self._trial
        if trial is None or (trial.done() and time.monotonic() - self._ended > _KEEP_SECONDS):
            trial = self._trial = asyncio.create_task(self._try())
        # Whoever does not wait for the answer takes it from nobody else.
        return await asyncio.shield(trial)

    async def _try(self) -> bool:
        try:
            await asyncio.to_thread(self._write)
        except PipelineError:
            return False
        else:
            return True
        finally:
            self._ended = time.monotonic()

    def _write(self) -> None:
        with self._ledger.write() as connection:
            # A transaction that changes nothing commits even where the disk is full.
            next_numbers(connection, "receiver_trials")
