"""Dagster's records of batches that began ahead of their runs.

What lives here: the thread that executes the runs, one after the other. What does not: the batches
themselves (`ahead`), and which are taken (`warm_path`).
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from pardot_odoo_pipeline.ahead import BatchAhead, PipelineAhead
from pardot_odoo_pipeline.batch_jobs import BatchJobs
from pardot_odoo_pipeline.dead_runs import WARM_TAG
from pardot_odoo_pipeline.ledger.store.batches import RunRequest

__all__ = ["Recorder"]

_LOG = logging.getLogger(__name__)

_MOST_HELD = 2.0
"""Seconds for which records wait: a batch that takes longer waits for somebody else's answer."""

_MOST_PENDING = 20
"""So many batches may be done and not yet stand in Dagster; then taking waits for recording."""


@dataclass(frozen=True)
class _Begun:
    request: RunRequest
    run_id: str
    ahead: BatchAhead


class Recorder:
    """Executes the runs of batches that have begun.

    Args:
        instance: Where the runs are kept.
        jobs: What they execute.
        pipeline: What hands the batches over.
        worker_id: Who takes them.
    """

    def __init__(
        self,
        instance: dg.DagsterInstance,
        jobs: BatchJobs,
        pipeline: PipelineAhead,
        worker_id: str,
    ) -> None:
        self._instance = instance
        self._jobs = jobs
        self._pipeline = pipeline
        self._tags = {WARM_TAG: worker_id}
        self._begun: queue.Queue[_Begun | None] = queue.Queue(_MOST_PENDING)
        self._present: _Begun | None = None
        self._free = threading.Event()
        self._free.set()
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def record(self, request: RunRequest, run_id: str, ahead: BatchAhead) -> None:
        """Let a run with that id show the batch; waits while too many are behind."""
        self._begun.put(_Begun(request, run_id, ahead))

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let no record be written meanwhile: somebody waits for a batch."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def heed_terminations(self) -> None:
        """Stop the batch whose run somebody terminates in Dagster's pages."""
        present = self._present
        run = self._instance.get_run_by_id(present.run_id) if present else None
        if present and run and run.status is dg.DagsterRunStatus.CANCELING:
            present.ahead.stop()

    def end(self, seconds: float) -> bool:
        """Finish what has begun; whether that came to an end in time."""
        limit = time.monotonic() + seconds
        with contextlib.suppress(queue.Full):
            self._begun.put(None, timeout=seconds)
        self._thread.join(max(limit - time.monotonic(), 0))
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (begun := self._begun.get()) is not None:
            with self._at(begun):
                self._free.wait(_MOST_HELD)
                with _listening(self._instance, begun.run_id, self._wait_until_free):
                    self._jobs.launch(begun.request, tags=self._tags, run_id=begun.run_id)

    def _wait_until_free(self, _: object) -> None:
        self._free.wait(_MOST_HELD)

    @contextlib.contextmanager
    def _at(self, begun: _Begun) -> Iterator[None]:
        self._present = begun
        try:
            yield
        except Exception as failure:
            # The batch goes on without a run: the ledger is what counts.
            _LOG.warning(
                "%s: Dagster could not record the run (%s)",
                begun.request.run_key,
                type(failure).__name__,
            )
        finally:
            # Its results may wait for a run that ended before it asked for them.
            self._pipeline.forget(begun.run_id)
            self._present = None
            self._begun.task_done()


@contextlib.contextmanager
def _listening(
    instance: dg.DagsterInstance, run_id: str, listener: Callable[[object], None]
) -> Iterator[None]:
    """Let a function be called after every record of a run, in the thread that writes it."""
    instance.add_event_listener(run_id, listener)
    try:
        yield
    finally:
        # Dagster offers no way to take one back, and keeps an entry for every run for good.
        instance._subscribers.pop(run_id, None)
