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

import sqlalchemy as sa

from pardot_odoo_pipeline import launching
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
from pardot_odoo_pipeline.ledger.store import batches, circuits, claims, inbox, restarts, takeover
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.ledger.store.circuits import CircuitState
from pardot_odoo_pipeline.ledger.store.takeover import Ended
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations.outages import judge
from pardot_odoo_pipeline.operations.probing import probe
from pardot_odoo_pipeline.pushed_events import HOT
from pardot_odoo_pipeline.recording import Recorder

__all__ = ["WarmPath"]

_LOG = logging.getLogger(__name__)

PEOPLE = 25
"""Most people of a batch that is not urgent: an urgent event waits for no more than these."""

_RECENT = timedelta(hours=1)
"""A follower that reaches back further is work for the daemon."""

_STRETCHES = (ActivitiesScope, MembershipsScope, RangeScope)

_REST_SECONDS = 30.0
"""After a failure that no system's circuit answers for: the rules, the ledger, our own code."""

_TAKEN_UP = 20
"""Of what waits after an outage, so many at a time: the sensors take the others meanwhile."""

_HOT_IN_A_ROW = 4
"""After so many, something else has a turn: else it would wait for the last form of the day."""

_HEAD_START = 2.0
"""Seconds in which a batch has the process for itself, until its load is done."""

_PUSHED = {BatchKind.WEBHOOK, BatchKind.ODOO}

_NOT_OURS = {"batch_not_startable", "batch_taken_over", "circuit_open", "coming_forward"}
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
        self._rests_until = 0.0
        self._present: RunRequest | None = None
        self._stands = False
        self._is_shut = False
        self._told = ""
        self._active = True

    @property
    def state(self) -> str:
        """One word for people."""
        if self._is_shut or time.monotonic() < self._rests_until:
            return "resting"
        return "ready" if self._active else "inactive"

    def go_on(self, ended: Iterable[Ended]) -> None:
        """Take what dead workers left of pushed events: this one is warm, a run of its own is not.

        Args:
            ended: What became of their batches.
        """
        now = self._clock.now()
        with self._ledger.write() as connection:
            for key, state, _ in sorted(ended):
                if state is BatchState.ABANDONED and key.kind in _PUSHED:
                    self._request_run(connection, key, now)

    def let_go(self) -> None:
        """Give back what was taken and not begun: the process ends."""
        now = self._clock.now()
        with self._ledger.write() as connection:
            for key in self._taken:
                takeover.abandon(connection, batches.get(connection, key), now=now)
        self._taken.clear()

    def hand_back(self) -> None:
        """Give back the batch at hand as well: the process ends before it does.

        What it goes on doing until then is refused by the ledger, as of any worker that lost its
        batch; people whose write is under way stay locked until its outcome is known.
        """
        if self._present is None:
            return
        now = self._clock.now()
        with self._ledger.write() as connection:
            batch = batches.get(connection, self._present.key)
            if batch.state is BatchState.RUNNING and batch.attempt == self._present.attempt:
                claims.release_batch(connection, str(batch.key), attempt=batch.attempt, now=now)
                takeover.leave(connection, batch, now=now)

    def turn(self, stop: threading.Event) -> bool:
        """Run at most one batch; whether there was one.

        Args:
            stop: Set when the process shall end: the batch at hand is finished.
        """
        if time.monotonic() < self._rests_until:
            return False
        try:
            if self._is_kept_out():
                return False
            request = self._next()
            if request is None:
                return False
            self._run(request, stop)
        except PipelineError as failure:
            self._rest(failure)
        return True

    def _is_kept_out(self) -> bool:
        """Whether a system is left alone; this process asks it as well when that is due."""
        with self._ledger.read() as connection:
            standing = circuits.standing(connection)
        stood, self._stands = self._stands, bool(standing)
        if not (stood or standing):
            return False
        pipeline, now = self._pipeline, self._clock.now()
        if any(one.state is CircuitState.OPEN and one.probe_at <= now for one in standing):
            probe(pipeline.settings(), self._ledger, pipeline.rules(), now)
        shut = [
            circuit
            for kind in sorted(_PUSHED)
            for circuit in launching.shut_ways(self._ledger, launching.lane_of(kind))
        ]
        was_shut, self._is_shut = self._is_shut, bool(shut)
        if shut and not was_shut:
            self.let_go()  # whatever is hot by then goes before what was taken now
            _LOG.warning("resting, as long as it takes: %s", shut[0].cause_key)
        elif was_shut and not shut:
            pipeline.close()  # the settings may be others by now
        if stood and not shut:
            self._take_up(now)
        return self._is_shut

    def _take_up(self, now: datetime) -> None:
        """Take what waits since a system did not work: a run of its own would not be warm."""
        with self._ledger.write() as connection:
            for batch in batches.due_for_run(connection, limit=_TAKEN_UP, rested=now):
                lane = launching.lane_of(batch.key.kind)
                if batch.key.kind not in _PUSHED:
                    continue
                if circuits.admit(connection, str(batch.key), lane, now=now)[0] is None:
                    self._request_run(connection, batch.key, now)

    def _next(self) -> RunRequest | None:
        now = self._clock.now()
        with self._ledger.read() as connection:
            if restarts.waits(connection):
                self._active = False
                return None
            waits = inbox.is_waiting(connection, now=now)
            hot = waits and inbox.is_waiting(connection, now=now, hot=True)
        if not (waits or self._taken):
            return None
        rules = self._pipeline.ports().rules
        self._active = rules.active
        if not rules.active:
            return None
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

    def _request_run(self, connection: sa.Connection, key: BatchKey, now: datetime) -> None:
        if batches.request_run(connection, key, now=now, worker_id=self._worker_id):
            self._taken.append(key)

    def _run(self, request: RunRequest, stop: threading.Event) -> None:
        run_id = str(uuid4())
        with self._recorder.held():
            ahead = self._pipeline.begin(request, run_id)
            ahead.wait(_HEAD_START)
        self._present = request
        self._recorder.record(request, run_id, ahead)
        while not ahead.join(0.5):
            if stop.is_set():
                return
        self._present = None
        if ahead.failure is not None:
            self._failed(request, ahead.failure)
            return
        self.done += 1
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
                self._request_run(connection, key, now)

    def _failed(self, request: RunRequest, failure: BaseException) -> None:
        kind = getattr(failure, "failure_class", None)
        code = getattr(failure, "code", None)
        if kind in _OF_A_BATCH or code in _NOT_OURS or not isinstance(failure, Exception):
            return  # the ledger knows what becomes of it; the next one may be well
        if judge(failure).is_of_a_system:
            # The circuit is open: the batch waits in the ledger, and goes first when it closes.
            self._pipeline.close()
            return
        self._rest(failure)

    def _rest(self, failure: Exception) -> None:
        """Take nothing for a while, and make the ports anew then."""
        if judge(failure).is_of_a_system:
            return
        self._rests_until = time.monotonic() + _REST_SECONDS
        self._pipeline.close()
        told = str(getattr(failure, "code", None) or type(failure).__name__)
        if told != self._told:
            _LOG.warning("resting, as long as it takes: %s", told)
            self._told = told
