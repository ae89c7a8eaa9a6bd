"""The warm path: pushed events are in Odoo within a second, because nothing has to be started.

What lives here: which batches the warm worker takes, one at a time, and when it rests. What does
not: its life as a process (`worker`), Dagster's records (`recording`).

Whatever this does not take, the sensor does: it is the guarantee, this is the speed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from pardot_odoo_pipeline.ahead import PipelineAhead
from pardot_odoo_pipeline.batches import (
    ActivitiesScope,
    BatchKey,
    BatchKind,
    BatchState,
    MembershipsScope,
    RangeScope,
    lineage_of,
)
from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.event_batches import open_event_batches
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, inbox, takeover
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.ledger.store.takeover import Ended
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.pushed_events import HOT
from pardot_odoo_pipeline.recording import Recorder

__all__ = ["WarmPath"]

_LOG = logging.getLogger(__name__)

PEOPLE = 25
"""Most people of a batch that is not urgent: an urgent event waits for no more than these."""

_RECENT = timedelta(hours=1)
"""A follower that reaches back further is work for the daemon."""

_STRETCHES = (ActivitiesScope, MembershipsScope, RangeScope)

_MOST_REST = 60.0

_HOT_IN_A_ROW = 4
"""After so many, something else has a turn: else it would wait for the last form of the day."""

_HEAD_START = 2.0
"""Seconds in which a batch has the process for itself, until its load is done."""

_PUSHED = {BatchKind.WEBHOOK, BatchKind.ODOO}

_OF_A_SYSTEM = {
    FailureClass.RETRY_LATER,
    FailureClass.PAUSE_UNTIL_RESET,
    FailureClass.RENEW_CREDENTIALS,
}
_NOT_OURS = {"batch_not_startable", "batch_taken_over"}
_OF_A_BATCH = {FailureClass.BAD_RECORD, FailureClass.MISSING_RECORD}


class WarmPath:
    """Takes events from the inbox and runs their batches, one at a time.

    Args:
        ledger: The ledger, open as long as the process lives.
        clock: Tells the time.
        pipeline: The ports, kept ready.
        recorder: Shows the batches in Dagster.
        worker_id: In whose name batches are taken.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        pipeline: PipelineAhead,
        recorder: Recorder,
        worker_id: str,
    ) -> None:
        self.done = 0
        self._ledger = ledger
        self._clock = clock
        self._pipeline = pipeline
        self._recorder = recorder
        self._worker_id = worker_id
        self._taken: deque[BatchKey] = deque()
        self._hot_in_a_row = 0
        self._probe: BatchKey | None = None
        self._failures = 0
        self._rests_until = 0.0
        self._told = ""
        self._active = True

    @property
    def state(self) -> str:
        """One word for people."""
        if time.monotonic() < self._rests_until:
            return "resting"
        return "ready" if self._active else "inactive"

    def go_on(self, ended: Iterable[Ended]) -> None:
        """Take what dead workers left of pushed events: this one is warm, a run of its own is not.

        Args:
            ended: What became of their batches.
        """
        now = self._clock.now()
        for key, state, _ in sorted(ended):
            if state is BatchState.ABANDONED and key.kind in _PUSHED and self._claim(key, now):
                self._taken.append(key)

    def let_go(self) -> None:
        """Give back what was taken and not begun: the process ends."""
        now = self._clock.now()
        with self._ledger.write() as connection:
            for key in self._taken:
                takeover.abandon(connection, batches.get(connection, key), now=now)
        self._taken.clear()

    def turn(self, stop: threading.Event) -> bool:
        """Run at most one batch; whether there was one.

        Args:
            stop: Set when the process shall end: the batch at hand is finished.
        """
        if time.monotonic() < self._rests_until:
            return False
        try:
            request = self._next()
            if request is None:
                return False
            self._run(request, stop)
        except PipelineError as failure:
            self._rest(failure)
        return True

    def _next(self) -> RunRequest | None:
        now = self._clock.now()
        with self._ledger.read() as connection:
            waits = inbox.is_waiting(connection, now=now)
            hot = waits and inbox.is_waiting(connection, now=now, hot=True)
        if not (waits or self._taken or self._probe):
            return None
        rules = self._pipeline.ports().rules
        self._active = rules.active
        if not rules.active:
            return None
        if self._probe:
            # What failed with its system shows whether that is back, before anything else is taken.
            probe, self._probe = self._probe, None
            if request := self._claim(probe, now):
                return request
        if hot and self._hot_in_a_row < _HOT_IN_A_ROW:
            self._taken.extendleft(reversed(self._open(rules, now, hot=True)))
        elif waits and not self._taken:
            self._taken.extend(self._open(rules, now))
        if not self._taken:
            return None
        request = self._request(self._taken.popleft())
        self._hot_in_a_row = self._hot_in_a_row + 1 if request.priority >= HOT else 0
        return request

    def _open(self, rules: Rules, now: datetime, *, hot: bool = False) -> list[BatchKey]:
        return open_event_batches(
            self._ledger,
            rules,
            now,
            hot=hot,
            take=self._worker_id,
            at_most=min(PEOPLE, rules.webhooks.people_per_batch),
        )

    def _request(self, key: BatchKey) -> RunRequest:
        with self._ledger.read() as connection:
            batch = batches.get(connection, key)
        return RunRequest(key, batch.attempt, lineage_of(batch.scope), batch.priority)

    def _claim(self, key: BatchKey, now: datetime) -> RunRequest | None:
        with self._ledger.write() as connection:
            return batches.request_run(connection, key, now=now, worker_id=self._worker_id)

    def _run(self, request: RunRequest, stop: threading.Event) -> None:
        run_id = str(uuid4())
        with self._recorder.held():
            ahead = self._pipeline.begin(request, run_id)
            ahead.wait(_HEAD_START)
        self._recorder.record(request, run_id, ahead)
        while not ahead.join(0.5):
            if stop.is_set():
                return
        if ahead.failure is not None:
            self._failed(request, ahead.failure)
            return
        self.done += 1
        self._failures = 0
        self._told = ""
        self._follow(request)

    def _follow(self, request: RunRequest) -> None:
        """Take what goes on where the batch stopped, unless it is much."""
        now = self._clock.now()
        with self._ledger.write() as connection:
            for text in batches.followers(connection, str(request.key)):
                key = BatchKey.parse(text)
                scope = batches.get(connection, key).scope
                # Before lists were read once, a single joined list leads back to their beginning.
                if isinstance(scope, _STRETCHES) and scope.since < now - _RECENT:
                    continue
                if batches.request_run(connection, key, now=now, worker_id=self._worker_id):
                    self._taken.append(key)

    def _failed(self, request: RunRequest, failure: BaseException) -> None:
        kind = getattr(failure, "failure_class", None)
        code = getattr(failure, "code", None)
        if kind in _OF_A_BATCH or code in _NOT_OURS or not isinstance(failure, Exception):
            return  # the ledger knows what becomes of it; the next one may be well
        with self._ledger.read() as connection:
            batch = batches.get(connection, request.key)
        if batch.state is BatchState.ABANDONED and kind in _OF_A_SYSTEM:
            self._probe = request.key
        self._rest(failure)

    def _rest(self, failure: Exception) -> None:
        """Take nothing for a while, and make the ports anew then: that is a first probe."""
        self._failures += 1
        seconds = min(2.0 ** (self._failures - 1), _MOST_REST)
        self._rests_until = time.monotonic() + seconds
        self._pipeline.close()
        told = str(getattr(failure, "code", None) or type(failure).__name__)
        if told != self._told:
            _LOG.warning("resting, as long as it takes: %s", told)
            self._told = told
