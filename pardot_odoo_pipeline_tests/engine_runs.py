"""`pardot-odoo sync` with the engine alone: the same opening, steps and account, without Dagster.

Most stories are about what a batch does. A run of Dagster around it takes several times as long as
the batch, nearly all of it to store events that such stories do not look at. That both do the same
is told elsewhere (`simulation/test_conformance`); stories about Dagster run the command itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pardot_odoo_pipeline import launching
from pardot_odoo_pipeline.cli import sync
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.local_runs import LocalRuns
from pardot_odoo_pipeline.ports import Progress
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.settings import Settings

__all__ = ["sync_here"]


@contextmanager
def _engine(settings: Settings, progress: Progress) -> Iterator[LocalRuns]:
    pipeline = PipelineResource(progress)

    def launch(request: RunRequest) -> str:
        try:
            for _ in pipeline.steps(str(request.key), attempt=request.attempt, run_id=""):
                pass
        except BaseException:
            with pipeline.ledger() as ledger:
                launching.give_back(ledger, request, settings.clock().now())
            raise
        return ""

    try:
        yield LocalRuns(settings, pipeline, launch, progress)
    finally:
        pipeline.close()


def sync_here(arguments: Sequence[str]) -> dict[str, Any]:
    """Do what the command does with these options; the account must be complete."""
    options = sync.command.make_context("sync", list(arguments)).params
    options.pop("as_json")
    config = sync.asked_for(**options)
    report = sync.run_sync(Settings(), config, yes=options["yes"], start=_engine)
    assert report.complete, report.unfinished
    return report.document
