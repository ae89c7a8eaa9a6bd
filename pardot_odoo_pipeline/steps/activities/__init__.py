"""Visitor activities into Odoo: the steps of that lineage, in their order."""

from __future__ import annotations

from collections.abc import Iterator

from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.results import StepResult

__all__ = ["activity_steps"]


def activity_steps(batch: RunningBatch) -> Iterator[StepResult]:
    """Run the lineage."""
    yield from ()
