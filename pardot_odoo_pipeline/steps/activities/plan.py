"""Step 4 of the activities: one decision for each.

What lives here: whose history an activity belongs to, what is remembered of it, and which entries
it may join. What does not: the decisions (``merge/activities.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store import activities as store
from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.activities import ActivityRow, EntryRow
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.merge.activities import (
    Activity,
    ActivityPlan,
    Entry,
    Known,
    Owner,
    Ownership,
    decide,
    group_key,
)
from pardot_odoo_pipeline.schemas.activities_plan import ActivityPlanned
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.activities.extract import UNKNOWN_FOR
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["PlannedActivities", "plan_activities"]


@dataclass(frozen=True)
class PlannedActivities(StepResult):
    """The decisions, and beside the frame what the load needs.

    Attributes:
        plan: Decisions and entries as values.
        rows: What the ledger will store of each activity, by id; ``state`` is still open.
        known: Ids that the ledger knew before.
    """

    plan: ActivityPlan = field(default_factory=ActivityPlan)
    rows: dict[str, ActivityRow] = field(default_factory=dict)
    known: frozenset[str] = frozenset()


def plan_activities(batch: RunningBatch, normalized: pd.DataFrame) -> PlannedActivities:
    """Decide every activity against the ledger; asks neither system."""
    given = list(rows(normalized))
    activities = [_activity(row) for row in given]
    rules = batch.ports.rules.activities
    now = batch.ports.clock.now()
    with batch.ports.ledger.read() as connection:
        owners = _owners(connection, (one.prospect_id for one in activities if one.prospect_id))
        remembered = store.remembered(connection, [one.id for one in activities])
        keys = {
            key
            for one in activities
            if one.prospect_id is not None
            and (owner := owners.get(one.prospect_id)) is not None
            and owner.state is Ownership.ACTIVE
            and (key := group_key(one, owner, rules)) is not None
        }
        standing = store.by_group_keys(connection, sorted(keys))
    known = {
        activity: Known(found.state, found.lead_id, found.recorded_at + UNKNOWN_FOR <= now)
        for activity, found in remembered.items()
    }
    entries = {key: _entry(row) for key, row in standing.items()}
    plan = decide(activities, owners, known, entries, rules, forgotten=batch.catching_up)
    counters = {row["activity_id"]: row["counter"] for row in given}
    frame = pd.DataFrame(
        {
            name: pd.array([getattr(one, name) for one in plan.decisions], dtype="string")
            for name in ActivityPlanned.to_schema().columns
        }
    )
    counts = frame["disposition"].value_counts()
    return PlannedActivities(
        "activity_plan",
        checked(ActivityPlanned, frame),
        {
            "decisions": len(frame),
            "entries": len(plan.entries),
            **{str(name): int(count) for name, count in counts.items()},
        },
        (
            CheckResult(
                "every_activity_is_decided",
                len(plan.decisions) == len(activities),
                metadata={"activities": len(activities), "decisions": len(plan.decisions)},
            ),
        ),
        plan,
        {
            one.id: ActivityRow(
                one.id,
                one.prospect_id,
                one.kind,
                one.occurred_at,
                one.day,
                counters[one.id],
                store.WAITING,
            )
            for one in activities
            if one.prospect_id is not None
        },
        frozenset(remembered),
    )


def _activity(row: dict[str, Any]) -> Activity:
    return Activity(
        row["activity_id"],
        row["prospect_id"],
        row["kind"],
        row["asset"],
        row["label"],
        row["url"],
        row["details"],
        datetime.fromisoformat(row["occurred_at"]),
        row["day"],
    )


def _owners(connection: sa.Connection, prospect_ids: Iterable[str]) -> dict[str, Owner]:
    people = links.by_prospects(connection, prospect_ids)
    leaders = links.by_prospects(
        connection, {link.leader_prospect_id or pid for pid, link in people.items()}
    )
    return {pid: _owner(link, leaders.get(_leader(link))) for pid, link in people.items()}


def _leader(link: Link) -> str:
    return link.leader_prospect_id or link.prospect_id


def _owner(link: Link, leader: Link | None) -> Owner:
    if link.state is LinkState.TOMBSTONED:
        return Owner(Ownership.ERASED, link.prospect_id)
    active = link.state is LinkState.ACTIVE and leader is not None
    if not active or leader is None or leader.state is not LinkState.ACTIVE:
        return Owner(Ownership.WAITING, link.prospect_id)
    if leader.lead_id is None:
        return Owner(Ownership.WAITING, leader.prospect_id)
    return Owner(Ownership.ACTIVE, leader.prospect_id, leader.lead_id)


def _entry(row: EntryRow) -> Entry:
    return Entry(
        row.id,
        row.group_key,
        row.prospect_id,
        row.kind,
        row.lead_id,
        row.content,
        row.mail_message_id,
        row.mail_activity_id,
        fresh=row.mail_message_id is None,
        doubtful=row.mail_message_id is None,
    )
