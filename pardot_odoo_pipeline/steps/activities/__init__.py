"""Visitor activities into Odoo: the steps of that lineage, in their order."""

from __future__ import annotations

from collections.abc import Iterator

from pardot_odoo_pipeline.schemas.rows import plain_values
from pardot_odoo_pipeline.steps.activities.extract import extract_activities
from pardot_odoo_pipeline.steps.activities.load import load_activities
from pardot_odoo_pipeline.steps.activities.normalize import (
    normalize_activities,
    validate_activities,
)
from pardot_odoo_pipeline.steps.activities.outcome import conclude_activities
from pardot_odoo_pipeline.steps.activities.plan import plan_activities
from pardot_odoo_pipeline.steps.auditing import PARDOT, note_reading
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.results import StepResult
from pardot_odoo_pipeline.steps.running import run_step

__all__ = ["activity_steps"]


def activity_steps(batch: RunningBatch) -> Iterator[StepResult]:
    """Run the lineage."""
    raw = yield from run_step(batch, extract_activities, batch)
    people = [who for who in plain_values(raw.frame["prospectId"]) if who is not None]
    note_reading(batch, PARDOT, "visitor-activities", people, raw.frame.columns)
    validated = yield from run_step(batch, validate_activities, raw.frame)
    normalized = yield from run_step(batch, normalize_activities, batch, validated.frame)
    planned = yield from run_step(batch, plan_activities, batch, normalized.frame)
    loaded = yield from run_step(batch, load_activities, batch, planned)
    yield from run_step(
        batch, conclude_activities, batch, raw, validated, normalized.frame, planned, loaded
    )
