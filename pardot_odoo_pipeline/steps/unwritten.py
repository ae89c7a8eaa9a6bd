"""People who were not sent to Odoo: unchanged, merged, quarantined, archived, stale.

What lives here: making their outcomes durable. What does not: those of people who were sent
(`steps.load`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from pardot_odoo_pipeline.ledger.store import batches as store
from pardot_odoo_pipeline.ledger.store import retries
from pardot_odoo_pipeline.ledger.store.claims import Claim, ClaimKind
from pardot_odoo_pipeline.ledger.store.outcomes import PersonOutcome, commit_outcomes
from pardot_odoo_pipeline.ledger.store.review import Quarantined
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.steps import recovery
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.coming_forward import forget_bounds
from pardot_odoo_pipeline.steps.outcomes import (
    agreed_of,
    conflicts_of,
    consent_of,
    email_hash,
    findings_of,
    link_of,
)
from pardot_odoo_pipeline.steps.plan import Planned

__all__ = ["record_unwritten"]

_AT_A_TIME = 5_000


def record_unwritten(
    batch: RunningBatch,
    plan: Planned,
    entries: Mapping[str, Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
) -> None:
    """Make the outcomes of everybody who was not sent to Odoo durable."""
    sent = {row["prospect_id"] for row in results}
    recovered = recovery.found_again(batch)
    waiting = [row for pid, row in entries.items() if pid not in sent]
    for start in range(0, len(waiting), _AT_A_TIME):
        chunk = waiting[start : start + _AT_A_TIME]
        people: list[PersonOutcome] = []
        claims: list[Claim] = []
        for row in chunk:
            outcome = _unwritten(batch, plan, row)
            if outcome is None:
                continue
            done = tuple(recovered.pop(outcome.prospect_id, ()))
            people.append(replace(outcome, operations=done) if done else outcome)
            claims += _unwritten_identities(batch, plan, row)
        with batch.ports.ledger.write() as connection:
            store.heartbeat(connection, batch.row, now=batch.ports.clock.now())
            # Whatever an earlier failure owed these people, they need no further attempt.
            retries.settle(connection, [row["prospect_id"] for row in chunk], system="odoo")
            owed = {row["prospect_id"] for row in chunk if row["pardot_values"] is not None}
            forget_bounds(connection, batch, people, owed=owed)
            commit_outcomes(
                connection,
                people,
                batch_key=batch.key,
                attempt=batch.attempt,
                now=batch.ports.clock.now(),
                identities=claims,
            )
    recovery.close(batch, recovered)


def _unwritten(batch: RunningBatch, plan: Planned, row: Mapping[str, Any]) -> PersonOutcome | None:
    prospect_id = row["prospect_id"]
    match Disposition(row["disposition"]):
        case Disposition.UNCHANGED | Disposition.UPDATED:
            return PersonOutcome(
                prospect_id,
                link_of(
                    batch,
                    plan,
                    prospect_id,
                    read=row,
                    consent=consent_of(row),
                ),
                agreed=agreed_of(batch, row, {}, batch.started_at),
                findings=findings_of(plan, prospect_id),
                conflicts=conflicts_of(row),
            )
        case Disposition.MERGED:
            return PersonOutcome(
                prospect_id,
                link_of(batch, plan, prospect_id, leader=row["leader"], consent=consent_of(row)),
                conflicts=conflicts_of(row),
            )
        case Disposition.QUARANTINED:
            candidates = tuple(orjson.loads(row["candidates"])) if row["candidates"] else ()
            return PersonOutcome(prospect_id, quarantined=(Quarantined(row["reason"], candidates),))
        case Disposition.ARCHIVED:
            known = plan.links.get(prospect_id)
            return PersonOutcome(prospect_id, known and link_of(batch, plan, prospect_id))
        case Disposition.TOMBSTONED:
            return PersonOutcome(prospect_id, link_of(batch, plan, prospect_id))
        case _:
            return None


def _unwritten_identities(
    batch: RunningBatch, plan: Planned, row: Mapping[str, Any]
) -> list[Claim]:
    if row["disposition"] not in (Disposition.UNCHANGED.value, Disposition.UPDATED.value):
        return []
    prospect_id = row["prospect_id"]
    claims = [Claim(ClaimKind.EMAIL, email_hash(batch, plan, prospect_id), prospect_id)]
    for kind, name in ((ClaimKind.LEAD, "lead_id"), (ClaimKind.PARTNER, "partner_id")):
        if row[name] is not None:
            claims.append(Claim(kind, str(int(row[name])), prospect_id))
    return claims
