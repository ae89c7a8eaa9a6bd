"""A side that was restored from a backup: noticing it, stopping, and going on as a person chooses.

What lives here: the look at the newest records, the stop of every batch, and what a choice does to
the ledger. What does not: the verdict (`merge.rewound`) and the batches that follow.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pandas as pd
import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, ChangesScope, IdsScope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, circuits, incidents, links
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.circuits import Reason
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.merge.people import LEAD
from pardot_odoo_pipeline.merge.rewound import is_rewound
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.operations import outages
from pardot_odoo_pipeline.pardot.lookups import prospects_by_id
from pardot_odoo_pipeline.pardot.stretches import row_time
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.clocks import ahead_of, standing_there

__all__ = ["SYSTEMS", "Keep", "SetBack", "accept", "look", "standing", "stop", "stop_if_rewound"]

SYSTEMS = ("odoo", "pardot")
_LOOKED_AT = 50
_CACHE_LAGS = timedelta(minutes=5)
_WRITES = ("lead_values", "partner_values", "pardot_values", "lists", "block")
_EVERYONE = {"active_test": False}


class Keep(StrEnum):
    """Whose values stand."""

    OURS = "ours"  # the side comes forward again, to what was agreed upon before
    THEIRS = "theirs"  # what the restored side shows is taken as edits of today


def standing(connection: sa.Connection) -> frozenset[str]:
    """The systems that wait for a person's choice."""
    return frozenset(
        circuit.system
        for circuit in circuits.standing(connection)
        if circuit.reason is Reason.REWOUND
    )


def stop_if_rewound(batch: RunningBatch, plan: pd.DataFrame) -> None:
    """Look before what restored records show is written to the other side.

    An interval that writes looks at both sides, a batch of Odoo's pushed events at Odoo; any other
    one only where it met an older version. An interval in which nothing happened costs nothing.

    Raises:
        PipelineError: A side was set back; nothing was written.
    """
    if batch.forward:
        return
    suspects: set[str] = set()
    if bool((plan["disposition"] == Disposition.STALE.value).any()):
        suspects.add("pardot")
    writes = any(bool(plan[name].notna().any()) for name in _WRITES)
    if writes and isinstance(batch.scope, ChangesScope):
        suspects.update(SYSTEMS)
    if writes and batch.row.key.kind is BatchKind.ODOO:
        suspects.add("odoo")
    for system in sorted(suspects):
        if look(batch.ports, system):
            with batch.ports.ledger.write() as connection:
                stop(connection, system, now=batch.ports.clock.now(), batch=batch.key)
            raise outages.shut_for_backup(system)


def look(ports: Ports, system: str) -> bool:
    """Whether a system shows its newest records older than they were, or not at all; one call."""
    client = ports.pardot if system == "pardot" else ports.odoo
    # Versions are in that system's time; what is younger there may still be hidden by its cache.
    now = standing_there(ports.clock.now(), ahead_of(client, ports.clock))
    version, key = (
        ("pardot_version", "prospect_id") if system == "pardot" else ("lead_version", "lead_id")
    )
    with ports.ledger.read() as connection:
        newest = links.newest(connection, version, key, before=now - _CACHE_LAGS, limit=_LOOKED_AT)
    if not newest:
        return False
    shown = (_in_pardot if system == "pardot" else _in_odoo)(ports, newest)
    return is_rewound((recorded, shown.get(one)) for one, recorded, _ in newest)


def _in_pardot(ports: Ports, newest: Sequence[tuple[Any, datetime, str]]) -> dict[Any, datetime]:
    pages = prospects_by_id(ports.pardot, ["updatedAt"], [int(one) for one, _, _ in newest])
    return {str(row["id"]): row_time(row, "updatedAt") for page in pages for row in page}


def _in_odoo(ports: Ports, newest: Sequence[tuple[Any, datetime, str]]) -> dict[Any, datetime]:
    """Versions of the leads that are still these people's: a restored Odoo gives ids again."""
    owners = {one: who for one, _, who in newest}
    rows = ports.odoo.search_read(
        LEAD,
        [("id", "in", sorted(owners))],
        ["write_date", "x_pardot_prospect_id"],
        order="id",
        context=_EVERYONE,
    )
    return {
        row["id"]: odoo_moment(row["write_date"])
        for row in rows
        if row["x_pardot_prospect_id"] in (False, owners[row["id"]])
    }


def stop(
    connection: sa.Connection,
    system: str,
    *,
    now: datetime,
    batch: str | None = None,
    people: int | None = None,
) -> None:
    """Let no batch begin any more, and tell people; an open write transaction.

    While the side comes forward as a person chose, that choice stands.
    """
    if batches.coming_forward(connection):
        return
    circuits.open_for_backup(connection, system, now=now)
    told = outages.shut_for_backup(system)
    detail: dict[str, Any] = {
        "title": f"{system.capitalize()} was set back",
        "text": told.cause,
        "fix": told.fix,
        "severity": "error",
        "system": system,
    }
    detail |= {"batch": batch} if batch else {}
    detail |= {"people": people} if people else {}
    incidents.report(
        connection, f"{system}:{Reason.REWOUND.value}", now=now, code="rewound", detail=detail
    )


@dataclass(frozen=True)
class SetBack:
    """Whom a restored backup concerns.

    Attributes:
        system: Where.
        people: Those of whom it shows an older version, or nothing.
        gone: Prospect id to the models of the records that it does not have, or that are
            somebody else's by now.
    """

    system: str
    people: Sequence[str]
    gone: dict[str, Collection[str]]


def accept(
    ledger: Ledger, found: SetBack, keep: Keep, now: datetime, *, batch_size: int
) -> list[BatchKey]:
    """Do as a person chose: the ledger is made ready, batches are opened, and the way is free.

    Whatever is kept, records that the backup does not have are made anew from Pardot, whose
    prospects are there; and no refusal is lost: what was remembered of consent is forgotten, so
    that every refusal which either side shows counts on both. Whoever comes forward keeps the
    recorded versions until their batch settles them, and no other batch begins before.

    Args:
        ledger: The ledger.
        found: Whom it concerns.
        keep: Whose values stand.
        now: The present moment.
        batch_size: The most people of one batch.
    """
    forward = found.system if keep is Keep.OURS else ""
    scopes = [IdsScope(tuple(some), forward=forward) for some in chunks(found.people, batch_size)]
    # No interval that waited may go before: it would take what is restored for edits of today.
    new = [NewBatch(scope, len(scope.prospect_ids), priority=batches.ALONE) for scope in scopes]
    with ledger.write() as connection:
        if not forward:
            links.forget_versions(connection, found.people, system=found.system)
        links.forget_records(connection, found.gone)
        links.forget_consent(connection, found.people)
        for circuit in circuits.standing(connection):
            if circuit.reason is Reason.REWOUND and circuit.system == found.system:
                circuits.close(connection, circuit)
        incidents.recover(connection, f"{found.system}:{Reason.REWOUND.value}", now=now)
        return batches.open_batches(connection, BatchKind.MANUAL, new, now=now)
