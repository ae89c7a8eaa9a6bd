"""The gate before every call: may it be made now, and what became of it.

What lives here: the port, and the gate of a client that is alone with its account. What does not:
the gate that all processes share, which counts in the ledger (`operations.quota`).
"""

from __future__ import annotations

import threading
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pardot_odoo_pipeline.pardot.answers import ApiUsage
from pardot_odoo_pipeline.pardot.errors import PardotTemporarilyUnavailable

__all__ = ["CallGate", "Ending", "OwnGate", "Passage", "no_place"]

PATIENCE = 900.0
"""Seconds that a call waits for a place: longer than the longest answer takes."""


class Ending(StrEnum):
    """What became of a call."""

    ANSWERED = "answered"
    LOST = "lost"
    """No answer came; the server may be at it still."""
    GIVEN_UP = "given_up"
    """A gateway answered in the server's place: it took too long."""
    SPENT = "spent"
    """Refused, because the day's calls are used up."""
    NEVER_SENT = "never_sent"


class Passage(Protocol):
    """The leave to make one call."""

    def keep(self) -> None:
        """Its answer is still coming."""
        ...

    def leave(self, ending: Ending, usage: ApiUsage | None = None) -> datetime | None:
        """It is over; when there are calls again, where it was refused for want of them."""
        ...


class CallGate(Protocol):
    """Gives leave for one call after the other."""

    def enter(self, method: str, path: str) -> Passage:
        """Wait for a place and take it.

        Raises:
            PardotQuotaExceeded: The budget has no call left for this purpose.
            PardotTemporarilyUnavailable: All places stayed taken.
        """
        ...


class OwnGate:
    """Limits the calls of this client alone, and counts nothing.

    Args:
        places: Calls at once.
    """

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)

    def enter(self, method: str, path: str) -> OwnGate:
        """See `CallGate.enter`."""
        if not self._places.acquire(timeout=PATIENCE):
            raise no_place()
        return self

    def keep(self) -> None:
        """See `Passage.keep`."""

    def leave(self, ending: Ending, usage: ApiUsage | None = None) -> None:
        """See `Passage.leave`."""
        self._places.release()


def no_place() -> PardotTemporarilyUnavailable:
    """All places stayed taken."""
    return PardotTemporarilyUnavailable(
        "All slots for calls to the API stayed taken",
        fix="Read open downloads to their end or close them",
        code="slots_taken",
    )
