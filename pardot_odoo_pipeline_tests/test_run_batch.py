"""A worker shows that it lives while a step waits for a long answer."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from pardot_odoo_pipeline import run_batch
from pardot_odoo_pipeline.clock import SystemClock
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, takeover
from pardot_odoo_pipeline.outside import Outside
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.running import run_step
from pardot_odoo_pipeline_tests.ledgers import NOW, begun, opened
from pardot_odoo_pipeline_tests.world import wait_for


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_batch, "BEAT_SECONDS", 0.02)


def running(ledger: Ledger) -> RunningBatch:
    row = begun(ledger, opened(ledger), "w:1:x")
    ports = SimpleNamespace(ledger=ledger, clock=SystemClock(), outside=Outside())
    return RunningBatch(row, ports, NOW, 0, 0)  # type: ignore[arg-type]


def test_a_waiting_worker_beats_until_its_batch_is_over(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.sqlite") as ledger:
        batch = running(ledger)

        def beaten() -> bool:
            with ledger.read() as connection:
                found = batches.get(connection, batch.row.key).heartbeat_at
            return found is not None and found > NOW

        with run_batch._beating(batch):
            wait_for(beaten, 20)
        assert not _beats(batch)


def test_a_worker_that_lost_its_batch_stops_beating_and_then_working(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.sqlite") as ledger:
        batch = running(ledger)
        with ledger.write() as connection:
            takeover.abandon(connection, batch.row, now=NOW)
        with run_batch._beating(batch):
            wait_for(lambda: not _beats(batch), 20)
            with pytest.raises(PipelineError, match="taken from this worker"):
                next(run_step(batch, lambda: pytest.fail("works on")))


def _beats(batch: RunningBatch) -> bool:
    return any(batch.key in thread.name for thread in threading.enumerate())
