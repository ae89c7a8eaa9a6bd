"""Clocks that differ: ours, Pardot's, Odoo's.

What lives here: how far our clock is ahead of another system's, and times of theirs in ours. What
does not: reading the time (`clock`).

Cursors stand in the other system's time, and `latest` compares two systems' times. With clocks that
are minutes apart a change would fall between two readings, and the older of two edits would win.
Each system tells its time with every answer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.ledger.store.cursors import Position
from pardot_odoo_pipeline.pardot.bounded import BoundedRows
from pardot_odoo_pipeline.ports import Ports

__all__ = ["SAME", "Told", "ahead_of", "end_there", "standing_there"]

SAME = timedelta(0)

_NOISE = timedelta(seconds=5)
"""Whole seconds, and the way of the answer: less than this is no difference."""


class Told(Protocol):
    """A client that keeps what its server said last of its time."""

    @property
    def told_time(self) -> str | None:
        """The ``Date`` of the last answer."""
        ...


def ahead_of(client: Told, clock: Clock) -> timedelta:
    """How far our clock is ahead, negative where it is behind; to be asked right after a call."""
    if client.told_time is None:
        return SAME
    try:
        there = parsedate_to_datetime(client.told_time)
    except ValueError:
        return SAME
    ahead = clock.now() - (there if there.tzinfo else there.replace(tzinfo=UTC))
    return ahead if abs(ahead) > _NOISE else SAME


def end_there(ports: Ports, reading: BoundedRows) -> Position:
    """Where a cursor of Pardot's stands after a reading; to be asked right after it.

    Its rows tell the time there; that nothing was left is known in our time.
    """
    reached = reading.reached
    if reading.is_complete:
        return Position(standing_there(reached.at, ahead_of(ports.pardot, ports.clock)))
    return Position(reached.at, reached.id)


def standing_there(ours: datetime, ahead: timedelta) -> datetime:
    """The latest moment of the other system that has passed when our clock shows that time.

    Where our clock is behind, ours has passed there, too: what came since is read next time.
    """
    return (ours - ahead).replace(microsecond=0) if ahead > SAME else ours
