"""Incidents of what stands in the ledger: failed batches, suspended records, hidden ones.

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

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import incidents, review, troubles
from pardot_odoo_pipeline.mapping.alert_rules import Severity
from pardot_odoo_pipeline.mapping.reasons import QUARANTINE, QuarantineReason
from pardot_odoo_pipeline.operations import disk
from pardot_odoo_pipeline.operations.playbook import words

__all__ = ["look"]

FAILED = "batch:failed:"
SUSPENDED = "records:suspended:"
HIDDEN = "odoo:hidden"

_REMEMBERED = timedelta(days=30)
_MOST_NAMED = 20
_LONGEST_CODE = 64


@dataclass(frozen=True)
class _Trouble:
    """Something that is wrong now.

    Attributes:
        code: Its code, where it has one.
        detail: What people should see of it.
    """

    code: str | None
    detail: Mapping[str, Any] = field(default_factory=dict)


def look(ledger: Ledger, *, now: datetime) -> None:
    """Report what stands and recover what does not any more.

    An incident is reported again only where something about it changed, so that how often it was
    reported says something.

    Args:
        ledger: Where batches, retries and incidents are.
        now: The present moment.
    """
    with ledger.read() as connection:
        known = {
            incident.cause_key: incident
            for incident in incidents.open_incidents(connection)
            if incident.cause_key.startswith((FAILED, SUSPENDED, HIDDEN, disk.CAUSE))
        }
        found = _failed(connection, now) | _suspended(connection) | _hidden(connection)
        full = known.get(disk.CAUSE)
        if full is not None and not disk.has_space_again(connection, full):
            found[disk.CAUSE] = _Trouble(full.code, full.detail)
    news = {
        cause: trouble
        for cause, trouble in sorted(found.items())
        if cause not in known or known[cause].detail != dict(trouble.detail)
    }
    over = sorted(known.keys() - found.keys())
    # Nothing new is the rule, and then nobody else should wait for a write.
    if news or over:
        with ledger.write() as connection:
            for cause, trouble in news.items():
                incidents.report(
                    connection, cause, now=now, code=trouble.code, detail=trouble.detail
                )
            for cause in over:
                incidents.recover(connection, cause, now=now)


def _failed(connection: sa.Connection, now: datetime) -> dict[str, _Trouble]:
    groups: dict[str, list[Any]] = {}
    for batch in troubles.failed_batches(connection, since=now - _REMEMBERED):
        code = str((batch.outcome or {}).get("error") or "worker_died")[:_LONGEST_CODE]
        groups.setdefault(code, []).append(batch)
    return {
        f"{FAILED}{code}": _Trouble(
            code,
            {
                "severity": Severity.ERROR.value,
                "title": f"A batch failed for good (code {code})"
                if len(batches) == 1
                else f"{len(batches)} batches failed for good (code {code})",
                **_said(batches[-1].outcome or {}),
                "batches": [str(batch.key) for batch in batches[-_MOST_NAMED:]],
                "people": sum(batch.people or 0 for batch in batches) or None,
                "run": batches[-1].dagster_run_id,
            },
        )
        for code, batches in groups.items()
    }


def _said(outcome: Mapping[str, Any]) -> dict[str, str]:
    """The words of the failure itself, where the batch left them."""
    names = {"cause": "text", "fix": "fix"}
    return {ours: outcome[theirs] for theirs, ours in names.items() if outcome.get(theirs)}


def _hidden(connection: sa.Connection) -> dict[str, _Trouble]:
    """People whose records Odoo hides: a right was taken away, and nothing of theirs is written."""
    reason = QuarantineReason.RECORD_HIDDEN
    people = review.count_quarantine(connection).get(reason.value, 0)
    if not people:
        return {}
    detail = {
        "severity": Severity.ERROR.value,
        "title": f"Odoo hides the records of {people:,} people from the pipeline",
        "text": "They are in quarantine and nothing of theirs is written; nobody was taken for "
        "deleted.",
        "fix": QUARANTINE[reason].fix,
        "system": "odoo",
        "people": people,
    }
    return {HIDDEN: _Trouble(reason.value, detail)}


def _suspended(connection: sa.Connection) -> dict[str, _Trouble]:
    return {
        f"{SUSPENDED}{one.code[:_LONGEST_CODE]}": _Trouble(
            one.code,
            {
                "severity": Severity.ERROR.value,
                "title": (f"{one.people:,} records" if one.people > 1 else "A record")
                + f" could not be written after six tries (code {one.code})",
                "system": " and ".join(one.systems),
                "text": said.text,
                "fix": "Mend what the code names, then run `pardot-odoo retries release "
                f"--code {one.code}`",
                "people": one.people,
                "prospects": list(one.examples),
            },
        )
        for one in troubles.suspended(connection)
        for said in [words(one.code, one.systems[0])]
    }
