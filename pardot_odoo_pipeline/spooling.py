"""Spooling everybody for an initial sync, or for the plan of one.

What lives here: the export into a spool, and handing a planned spool on to the sync that follows.
What does not: the form of a spool (`spool`), and opening batches for it (`opening`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations import disk
from pardot_odoo_pipeline.operations.budget import Lane
from pardot_odoo_pipeline.pardot.exports import export_prospects, oldest_prospect
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.spool import Spool
from pardot_odoo_pipeline.steps.extract import extracted_fields

__all__ = ["fill_spool", "keep_planned", "planned_spool"]

_PLANNED = "planned"
_PLAN_LASTS = timedelta(hours=1)


def fill_spool(ports: Ports, purpose: str = "initial", lane: Lane = Lane.INITIAL) -> Spool:
    """Export everybody into a new spool.

    Args:
        ports: Where from, and where to.
        purpose: What its name begins with.
        lane: Which part of Pardot's budget pays.

    Raises:
        PardotError: The export failed.
        PipelineError: The spool could not be written.
    """
    ports = replace(ports, pardot=ports.pardot.through(ports.budget.gate(lane)))
    asked_at = ports.clock.now()
    calls_before = ports.pardot.calls
    name = f"{purpose}-{asked_at:%Y%m%dT%H%M%SZ}-{ports.worker.nonce}"
    spool = Spool(ports.spool_root, name, ports.outside.replace_file)
    try:
        spool.fill(
            _everybody(ports, asked_at),
            people_per_bucket=ports.rules.batch_size,
            read_at=asked_at.isoformat(),
            calls=lambda: ports.pardot.calls - calls_before,
        )
    except PipelineError as failure:
        with contextlib.suppress(PipelineError), ports.ledger.write() as connection:
            disk.note(connection, failure, now=ports.clock.now())
        raise
    return spool


def keep_planned(ports: Ports, spool: Spool) -> None:
    """Leave a spool that was only planned on to the initial sync that follows within the hour."""
    (ports.spool_root / spool.name / _PLANNED).write_text(_made_for(ports.rules))


def planned_spool(ports: Ports) -> Spool | None:
    """A spool that a plan left a short while ago under the same rules; it is taken once."""
    for mark in sorted(ports.spool_root.glob(f"*/{_PLANNED}"), reverse=True):
        spool = Spool(ports.spool_root, mark.parent.name)
        fits = mark.read_text() == _made_for(ports.rules)
        mark.unlink(missing_ok=True)
        read_at = datetime.fromisoformat(spool.manifest().read_at)
        if fits and timedelta(0) <= ports.clock.now() - read_at <= _PLAN_LASTS:
            return spool
        spool.discard()
    return None


def _made_for(rules: Rules) -> str:
    return " ".join((str(rules.batch_size), *extracted_fields(rules)))


def _everybody(ports: Ports, until: datetime) -> Iterator[pa.Table]:
    since = oldest_prospect(ports.pardot)
    if since is None:
        return
    read = 0
    for chunk in export_prospects(ports.pardot, extracted_fields(ports.rules), since, until):
        read += chunk.num_rows
        ports.progress("export from Pardot", read, 0)
        yield pa.Table.from_batches([chunk])
