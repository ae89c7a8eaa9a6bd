"""Dagster runs in the process of a command: the same job, instance and partitions as the daemon's.

What lives here: opening batches and running them now, with progress. What does not: what a batch
does. Runs started here are ordinary runs: the UI shows them with their partition and lineage.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from filelock import FileLock

from pardot_odoo_pipeline import assembly, launching
from pardot_odoo_pipeline.asked_for import OpenBatch, open_asked_for
from pardot_odoo_pipeline.batch_jobs import BatchJobs
from pardot_odoo_pipeline.batches import BatchKey, BatchState, lineage_of
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.ledger.store import batches, circuits
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.operations import outages, restart
from pardot_odoo_pipeline.operations.probing import probe
from pardot_odoo_pipeline.ports import Progress
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.settings import Settings

__all__ = ["WORKSPACE", "LocalRuns", "place_dagster_home"]

_PROJECT = Path(__file__).parent.parent
WORKSPACE = _PROJECT / "workspace.yaml"

_POLL_SECONDS = 1.0


def place_dagster_home(settings: Settings) -> Path:
    """Make ``DAGSTER_HOME`` below ``PIPELINE_HOME`` and put the project's dagster.yaml there.

    A file that an operator changed there is left alone.
    """
    home = settings.home.create().dagster
    target = home / "dagster.yaml"
    if not target.exists():
        source = _PROJECT / "dagster.yaml"
        if not source.exists():
            raise ConfigurationError(
                f"There is no dagster.yaml in {home}, and none beside this installation",
                fix="Run from a checkout of the project, or put its dagster.yaml there",
            )
        target.write_text(source.read_text())
    os.environ["DAGSTER_HOME"] = str(home)
    # Two processes that make Dagster's storage at once leave two heads in its version table.
    with FileLock(home / ".making"), dg.DagsterInstance.get():
        return home


Launch = Callable[[RunRequest], str]
"""Runs an attempt of a batch to its end, and returns the id of its run; raises where it failed."""


class LocalRuns:
    """Opens batches and runs them in this process.

    Args:
        settings: The installation.
        pipeline: Gives the batches their ports.
        launch: Runs one.
        progress: Told how far a batch is.
    """

    def __init__(
        self, settings: Settings, pipeline: PipelineResource, launch: Launch, progress: Progress
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._launch = launch
        self._progress = progress
        self._taken: dict[str, RunRequest] = {}
        self.run_ids: list[str] = []

    @classmethod
    @contextmanager
    def start(cls, settings: Settings, progress: Progress) -> Iterator[LocalRuns]:
        """Each batch as a run of Dagster on the instance in ``DAGSTER_HOME``.

        Raises:
            ConfigurationError: The ledger was restored and waits: nothing may run.
        """
        place_dagster_home(settings)
        with assembly.ledger_of(settings) as ledger, ledger.read() as connection:
            restart.refuse_while_waiting(connection)
        pipeline = PipelineResource(progress)
        with dg.DagsterInstance.get() as instance:
            jobs = BatchJobs(settings, instance, pipeline)
            try:
                yield cls(settings, pipeline, jobs.run, progress)
            finally:
                pipeline.close()

    def open(self, **config: Any) -> list[str]:
        """Open what is asked for (`asked_for.OpenBatch`) and return the keys.

        The first is this process's own from the moment it is there: a daemon beside it cannot take
        it away from under a person who waits. The others go to whoever comes first.

        Raises:
            PipelineError: It cannot be opened; nothing is.
        """
        opened, _ = open_asked_for(OpenBatch(**config, take=True), self._pipeline)
        keys = [str(key) for key in opened]
        if keys:
            with assembly.ledger_of(self._settings) as ledger, ledger.read() as connection:
                batch = batches.get(connection, BatchKey.parse(keys[0]))
            self._taken[keys[0]] = RunRequest(batch.key, batch.attempt, lineage_of(batch.scope))
        return keys

    def knock(self) -> None:
        """Ask systems that did not work whether they do again: a person waits for the answer.

        Raises:
            PipelineError: One of them still does not.
        """
        settings = self._settings
        with assembly.ledger_of(settings) as ledger:
            now, rules = settings.clock().now(), assembly.rules_of(settings)
            for failure in probe(settings, ledger, rules, now, at_once=True):
                raise PipelineError(
                    f"Nothing was begun: {failure.cause}",
                    fix=f"{failure.fix}. What waits goes on by itself as soon as it can",
                    code=failure.code,
                    failure_class=failure.failure_class,
                )
            with ledger.read() as connection:
                standing = circuits.standing(connection)
        for circuit in standing:
            if circuit.lane == circuits.BACKUP:
                raise outages.shut_for(circuit)

    def calls(self) -> dict[str, int]:
        """Calls of each system that this process made, reference data and exports included."""
        pardot, odoo = self._pipeline.calls()
        return {"pardot_calls": pardot, "odoo_calls": odoo}

    def recover(self) -> list[str]:
        """What should be finished first: batches of dead workers, and failed initial ones."""
        now = self._settings.clock().now()
        root = self._settings.home.spool
        spools = [path.parent.name for path in root.glob("*/manifest.json")]
        with assembly.ledger_of(self._settings) as ledger:
            launching.take_over(ledger, now)
            launching.resume_failed(ledger, spools)
            return [
                key
                for key in launching.waiting(ledger)
                if not launching.shut_ways(ledger, launching.lane_of(BatchKey.parse(key).kind))
            ]

    def run(self, keys: Sequence[str]) -> list[str]:
        """Run batches one after the other, and those that go on where one stopped.

        Returns:
            All keys, the following ones included.

        Raises:
            PipelineError: One failed; those after it stay open for the daemon or the next call.
        """
        waiting = list(keys)
        for key in waiting:
            self._run(key)
            with assembly.ledger_of(self._settings) as ledger, ledger.read() as connection:
                waiting += batches.followers(connection, key)
        return waiting

    def _run(self, key: str) -> None:
        """Run a batch, or wait where another process is at it."""
        request = self._taken.pop(key, None)
        while request is None:
            with assembly.ledger_of(self._settings) as ledger:
                now = self._settings.clock().now()
                launching.take_over(ledger, now, only=[key])
                request = next(iter(launching.take_requests(ledger, now, only=[key])), None)
                with ledger.read() as connection:
                    state = batches.get(connection, BatchKey.parse(key)).state
                shut = launching.shut_ways(ledger, launching.lane_of(BatchKey.parse(key).kind))
            if request is None:
                if shut:
                    raise outages.shut_for(shut[0])
                if state in (BatchState.DONE, BatchState.FAILED):
                    return
                self._progress("another process runs a batch", 0, 0)
                time.sleep(_POLL_SECONDS)
        self.run_ids.append(self._launch(request))
