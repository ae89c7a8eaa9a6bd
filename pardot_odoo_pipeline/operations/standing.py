"""Incidents of what stands in the ledger: batches that failed for good, suspended records.

What lives here: holding the open incidents to what the ledger shows now. What does not: who failed
or suspended them, and telling people (`notices`).

This looks at what is there and not at what happens: whoever died between failing a batch and saying
so, or mended something with a command, is noticed at the next look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store import incidents, troubles
from pardot_odoo_pipeline.mapping.alert_rules import Severity

__all__ = ["Trouble", "hold_to", "look"]

FAILED = "batch:failed:"
SUSPENDED = "records:suspended:"

_REMEMBERED = timedelta(days=30)
_MOST_NAMED = 20
_LONGEST_CODE = 64


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong now.

    Attributes:
        code: Its code, where it has one.
        detail: What people should see of it.
    """

    code: str | None
    detail: Mapping[str, Any] = field(default_factory=dict)


def look(connection: sa.Connection, *, now: datetime) -> None:
    """Report what stands and recover what does not any more.

    Args:
        connection: An open write transaction.
        now: The present moment.
    """
    hold_to(connection, FAILED, _failed(connection, now), now=now)
    hold_to(connection, SUSPENDED, _suspended(connection), now=now)


def hold_to(
    connection: sa.Connection, family: str, found: Mapping[str, Trouble], *, now: datetime
) -> None:
    """Make the open incidents of a family those that were found.

    An incident is reported again only where something about it changed, so that how often it was
    reported says something.

    Args:
        connection: An open write transaction.
        family: What their causes begin with.
        found: Cause to what is wrong.
        now: The present moment.
    """
    known = {
        incident.cause_key: incident
        for incident in incidents.open_incidents(connection)
        if incident.cause_key.startswith(family)
    }
    for cause, trouble in sorted(found.items()):
        before = known.get(cause)
        if before is None or before.detail != dict(trouble.detail):
            incidents.report(connection, cause, now=now, code=trouble.code, detail=trouble.detail)
    for cause in sorted(known.keys() - found.keys()):
        incidents.recover(connection, cause, now=now)


def _failed(connection: sa.Connection, now: datetime) -> dict[str, Trouble]:
    groups: dict[str, list[Any]] = {}
    for batch in troubles.failed_batches(connection, since=now - _REMEMBERED):
        code = str((batch.outcome or {}).get("error") or "worker_died")[:_LONGEST_CODE]
        groups.setdefault(code, []).append(batch)
    return {
        f"{FAILED}{code}": Trouble(
            code,
            {
                "severity": Severity.ERROR.value,
                "title": f"A batch failed for good: {code}"
                if len(batches) == 1
                else f"{len(batches)} batches failed for good: {code}",
                **_said(batches[-1].outcome or {}),
                "batches": [str(batch.key) for batch in batches[-_MOST_NAMED:]],
                "people": sum(batch.people or 0 for batch in batches),
                "run": batches[-1].dagster_run_id,
            },
        )
        for code, batches in groups.items()
    }


def _said(outcome: Mapping[str, Any]) -> dict[str, str]:
    """The words of the failure itself, where the batch left them."""
    names = {"cause": "text", "fix": "fix"}
    return {ours: outcome[theirs] for theirs, ours in names.items() if outcome.get(theirs)}


def _suspended(connection: sa.Connection) -> dict[str, Trouble]:
    return {
        f"{SUSPENDED}{one.code[:_LONGEST_CODE]}": Trouble(
            one.code,
            {
                "severity": Severity.ERROR.value,
                "title": f"{one.people:,} records could not be written after six tries: {one.code}"
                if one.people > 1
                else f"A record could not be written after six tries: {one.code}",
                "system": " and ".join(one.systems),
                "people": one.people,
                "prospects": list(one.examples),
            },
        )
        for one in troubles.suspended(connection)
    }
