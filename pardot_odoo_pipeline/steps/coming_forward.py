"""A batch that brings a side forward again which a restored backup set back.

What lives here: from when on the versions that were recorded there bind nobody. What does not: what
the side shall show (`merge.rewound`), and why no other batch begins meanwhile (`launching`).

A version is forgotten in the transaction that settles its person, not before: whoever could not be
written stays recorded as it was, so that what is restored is still told from an edit.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.outcomes import PersonOutcome
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["forget_bounds"]


def forget_bounds(
    connection: sa.Connection,
    batch: RunningBatch,
    people: Iterable[PersonOutcome],
    *,
    owed: Container[str] = (),
) -> None:
    """What was seen of these people on that side binds no more.

    Args:
        connection: An open write transaction.
        batch: The batch; of any that brings no side forward nothing is forgotten.
        people: What became of whom; who could not be written has no link.
        owed: Whom Pardot is still to be told of.
    """
    if not batch.forward:
        return
    settled = [one.prospect_id for one in people if one.link is not None]
    if batch.forward == "pardot":
        settled = [who for who in settled if who not in owed]
    links.forget_versions(connection, settled, system=batch.forward)
