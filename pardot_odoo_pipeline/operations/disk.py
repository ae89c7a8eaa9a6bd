"""A disk that is full: what stops, one incident, and its end.

What lives here: which failures mean that, and the incident, on the ledger alone. What does not:
noticing it, which whoever writes a file does.

Where the ledger itself lies on the full disk nothing can be noted there; the command and the run
then say it, and the batch is taken over by whoever comes when there is space again.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchState
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store import incidents
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline.mapping.alert_rules import Severity

__all__ = ["CAUSE", "has_space_again", "note"]

CAUSE = "disk:full"

_CODES = {"ledger_full", "frame_not_stored", "spool_not_stored"}


def note(
    connection: sa.Connection, failure: BaseException, *, now: datetime, batch: str | None = None
) -> None:
    """Report the incident, if this is a failure of the disk.

    Args:
        connection: An open write transaction.
        failure: What somebody ended with.
        now: The present moment.
        batch: The batch that it stopped.
    """
    if not isinstance(failure, PipelineError) or failure.code not in _CODES:
        return
    detail = {
        "severity": Severity.ERROR.value,
        "title": "A disk is full, or cannot be written",
        "text": f"{failure.cause}. The batch stopped before anything was written by half; it is "
        "tried again by itself and goes on when there is space.",
        "fix": failure.fix,
        "batch": batch,
    }
    incidents.report(connection, CAUSE, now=now, code=failure.code, detail=detail)


def has_space_again(connection: sa.Connection, incident: incidents.Incident) -> bool:
    """Whether a batch came to its end since."""
    t = sync_batches
    since = sa.and_(t.c.state == BatchState.DONE.value, t.c.finished_at > incident.last_at)
    return connection.execute(sa.select(t.c.key).where(since).limit(1)).first() is not None
