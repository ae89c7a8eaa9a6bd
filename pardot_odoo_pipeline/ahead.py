"""A batch that begins before its run: nobody waits for Dagster's records.

What lives here: the thread that runs the batch, and the hand-over of its steps to the run. What
does not: the steps, and which batches are run so (`warm_path`).

Before Dagster lets the first step of a run begin, it writes some thirty records, on SQLite each in
a transaction of its own; that is most of the time from an event to its lead (docs/architecture.md
has the figures). So the batch is begun at once, under the id that its run will have, and the run
receives the steps' results as if it had waited for them: the same outputs, metadata, checks and
failures in the same order. A run that is terminated stops the batch before its next step.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator

from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.run_batch import StepResult

__all__ = ["BatchAhead", "PipelineAhead"]

_SEEN_BY_SALES = "odoo_load_results"


class _Stopped(BaseException):
    """Ended from outside: no fault of the batch."""


class BatchAhead:
    """A batch in a thread of its own.

    Args:
        steps: Its steps.
        until: The asset after which nobody waits any more.
    """

    def __init__(self, steps: Generator[StepResult, None, None], until: str) -> None:
        self.failure: BaseException | None = None
        self._steps = steps
        self._until = until
        self._results: queue.SimpleQueue[StepResult | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._reached = threading.Event()
        # A daemon: a process that must end does not wait for an answer that does not come.
        self._thread = threading.Thread(target=self._work, name="batch ahead", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait until it came as far as somebody waits for, or ended, but no longer than that."""
        self._reached.wait(seconds)

    def results(self) -> Generator[StepResult, None, None]:
        """Its steps, as `run_batch` yields and raises them."""
        try:
            while (result := self._results.get()) is not None:
                yield result
        finally:
            self.stop()
            self.join()
        if isinstance(self.failure, _Stopped):
            raise KeyboardInterrupt  # which Dagster takes for what it is
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Let it go no further than its present step."""
        self._stop.set()

    def join(self, seconds: float | None = None) -> bool:
        """Wait for its end; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            for result in self._steps:
                self._results.put(result)
                if result.asset == self._until:
                    self._reached.set()
                if self._stop.is_set():
                    self._steps.throw(_Stopped())
        except BaseException as failure:
            self.failure = failure
        finally:
            self._results.put(None)
            self._reached.set()


class PipelineAhead(PipelineResource):
    """Ports whose batches may begin before their runs."""

    def __init__(self) -> None:
        super().__init__()
        self._begun: dict[str, BatchAhead] = {}

    def begin(self, request: RunRequest, run_id: str) -> BatchAhead:
        """Begin an attempt of a batch, whose run will have that id."""
        steps = super().steps(str(request.key), attempt=request.attempt, run_id=run_id)
        ahead = BatchAhead(steps, _SEEN_BY_SALES)
        self._begun[run_id] = ahead
        return ahead

    def forget(self, run_id: str) -> None:
        """There will be no run that takes it over."""
        self._begun.pop(run_id, None)

    def steps(
        self, key: str, *, attempt: int | None, run_id: str
    ) -> Generator[StepResult, None, None]:
        """See `PipelineResource.steps`; of a batch that has begun, what it does."""
        ahead = self._begun.pop(run_id, None)
        if ahead is not None:
            yield from ahead.results()
        else:
            yield from super().steps(key, attempt=attempt, run_id=run_id)
