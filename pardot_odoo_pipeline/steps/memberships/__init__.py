"""List memberships and tags: the steps of that lineage, in their order."""

from __future__ import annotations

from collections.abc import Iterator

from pardot_odoo_pipeline.schemas.rows import plain_values
from pardot_odoo_pipeline.steps.auditing import PARDOT, note_reading
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.memberships.load import load_tags
from pardot_odoo_pipeline.steps.memberships.outcome import conclude_memberships
from pardot_odoo_pipeline.steps.memberships.plan import plan_tags
from pardot_odoo_pipeline.steps.memberships.reading import read_memberships
from pardot_odoo_pipeline.steps.memberships.validate import validate_memberships
from pardot_odoo_pipeline.steps.results import StepResult
from pardot_odoo_pipeline.steps.running import run_step

__all__ = ["membership_steps"]


def membership_steps(batch: RunningBatch) -> Iterator[StepResult]:
    """Run the lineage."""
    read = yield from run_step(batch, read_memberships, batch)
    people = [who for who in plain_values(read.frame["prospect_id"]) if who is not None]
    note_reading(batch, PARDOT, "list-memberships", people, read.frame.columns)
    validated = yield from run_step(batch, validate_memberships, batch, read)
    plan = yield from run_step(batch, plan_tags, batch, read)
    loaded = yield from run_step(batch, load_tags, batch, plan)
    yield from run_step(batch, conclude_memberships, batch, read, validated.frame, plan, loaded)
