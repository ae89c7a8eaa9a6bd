"""Dagster resources: the ports of a batch, opened when a run first needs them.

What lives here: one resource. What does not: how ports are built (`assembly`). Loading the
definitions opens nothing and needs no setting.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from pardot_odoo_pipeline import assembly
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations import outages
from pardot_odoo_pipeline.ports import Ports, Progress, silent
from pardot_odoo_pipeline.run_batch import StepResult, run_batch
from pardot_odoo_pipeline.settings import Settings

__all__ = ["PipelineResource"]


class PipelineResource:
    """Everything that a batch needs, built from the environment on first use.

    A plain object and no configurable resource: Dagster copies those for every run, and with them
    would go the connections that the runs of one process share. Nothing here is configuration; that
    is the environment's.

    Args:
        progress: Told how far the batches of this process are.
    """

    def __init__(self, progress: Progress = silent) -> None:
        self._progress = progress
        self._ports: Ports | None = None
        self._owner = 0

    def settings(self) -> Settings:
        """The environment as it is now."""
        return Settings()

    def rules(self) -> Rules:
        """The rules file as it is now."""
        return assembly.rules_of(self.settings())

    def ports(self) -> Ports:
        """The ports of this process.

        Raises:
            PipelineError: Settings, rules or one of the systems are not as they must be.
        """
        # Connections do not survive a fork: they belong to the process that opened them.
        if self._ports is None or self._owner != os.getpid():
            with self.noting():
                self._ports = assembly.build_ports(self.settings(), progress=self._progress)
            self._owner = os.getpid()
        return self._ports

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Leave a system alone from now on where it fails outside of a batch."""
        try:
            yield
        except PipelineError as failure:
            verdict = outages.judge(failure)
            if verdict.is_of_a_system:
                now, rules = self.settings().clock().now(), self.rules()
                with self.ledger() as ledger, ledger.write() as connection:
                    outages.note(connection, failure, verdict, lane="", now=now, rules=rules)
            raise

    def steps(
        self, key: str, *, attempt: int | None, run_id: str
    ) -> Generator[StepResult, None, None]:
        """The steps of a batch, each as soon as it is done.

        Args:
            key: The batch.
            attempt: See `run_batch`.
            run_id: The run that they belong to.

        Raises:
            PipelineError: The ports cannot be opened, or a step failed.
        """
        return run_batch(key, self.ports(), attempt=attempt, dagster_run_id=run_id)

    def close(self) -> None:
        """Close what is open; the next batch opens it anew."""
        if self._ports is not None and self._owner == os.getpid():
            self._ports.audit.close()
            self._ports.ledger.close()
        self._ports = None

    def calls(self) -> tuple[int, int]:
        """Pardot's and Odoo's calls of this process so far."""
        return (self._ports.pardot.calls, self._ports.odoo.calls) if self._ports else (0, 0)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger alone: sensors and schedules touch no network."""
        with assembly.ledger_of(self.settings()) as ledger:
            yield ledger
