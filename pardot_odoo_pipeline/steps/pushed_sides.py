"""Batches of the other lineages that pushed events ask for.

What lives here: opening one more when a batch of that lineage closes. What does not: whether one is
under way already (`opening`).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import Lineage
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.opening import open_sides
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.events import SIDE_TYPES

__all__ = ["open_side_again"]


def open_side_again(
    connection: sa.Connection, batch: RunningBatch, side: Lineage, until: datetime, now: datetime
) -> None:
    """Open what events asked for while this batch of the side was under way and in their way.

    Args:
        connection: The transaction that closes the batch.
        batch: A batch of that side.
        side: Activities or memberships.
        until: How far the batch read.
        now: The present moment.
    """
    if inbox.any_seen_since(connection, until, SIDE_TYPES[side]):
        open_sides(connection, batch.ports.rules, now, lineages={side}, follows=batch.key)
