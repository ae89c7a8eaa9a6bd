"""Records that a system says it does not have, while they are written.

What lives here: noting that as a finding, and telling a first time from a second one. What does
not: looking again (the retry batch does, on both sides and by id), and what follows where a record
is really gone (`steps.extract`, `steps.departures`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.ledger.store import retries, review
from pardot_odoo_pipeline.ledger.store.review import Finding
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.pardot.error_codes import meaning_of
from pardot_odoo_pipeline.pardot.prospect_writes import ProspectResult
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["MISSING", "missing_again", "note_missing"]

MISSING = "prospect_gone"
"""Of who was there when it was read, and not when it was written: looked at again soon."""


def note_missing(
    connection: sa.Connection,
    batch: RunningBatch,
    found: Sequence[tuple[str, str, str | None]],
    now: datetime,
) -> None:
    """Note these as findings; a batch that sees the person whole again clears them.

    Args:
        connection: An open write transaction.
        batch: The batch.
        found: Whose record, of which system, and the code that was said.
        now: The present moment.
    """
    review.note(
        connection,
        [
            (who, Finding(system, FindingCode.RECORD_MISSING, code and (meaning_of(code) or code)))
            for who, system, code in found
        ],
        batch_key=batch.key,
        attempt=batch.attempt,
        now=now,
    )


def missing_again(
    connection: sa.Connection, gone: Sequence[ProspectResult], system: str
) -> list[retries.Failure]:
    """Of those who were missing the time before as well, a failure each.

    A prospect that is shown when it is read and missing when it is written would else be read
    again and again: some codes have another meaning in the registry.
    """
    before = retries.owed(connection, [answer.key for answer in gone], system=system)
    return [
        retries.Failure(answer.key, FailureClass.MISSING_RECORD, f"pardot_{answer.code}")
        for answer in gone
        if before.get(answer.key) in (MISSING, f"pardot_{answer.code}")
    ]
