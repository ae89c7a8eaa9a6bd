"""How fast the events of one batch became visible in Odoo, as metadata that Dagster plots. Pure.

What lives here: the keys and their values. What does not: the figures of all events
(``ledger/store/inbox_figures.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pardot_odoo_pipeline.durations import PERCENTS, Duration, nearest_rank

__all__ = ["TimedEvent", "event_metadata"]


class TimedEvent(Protocol):
    """What has the moments of an event; a moment that did not come is None."""

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, as the sender says."""

    @property
    def received_at(self) -> datetime:
        """When it was in the inbox."""

    @property
    def batched_at(self) -> datetime | None:
        """When it was put into its latest batch."""

    @property
    def committed_at(self) -> datetime | None:
        """When Odoo had answered the commit of what it brought."""


def event_metadata(events: Sequence[TimedEvent]) -> dict[str, float | int]:
    """The number of events, and ``<duration>_p50``, ``_p95`` and ``_p99`` in seconds.

    Args:
        events: The events of a batch, with the times that are known when it ends.

    Returns:
        ``events``, and the percentiles of each duration that at least one event has. Those are
        floats without exception: Dagster draws a line where the type never changes.
    """
    metadata: dict[str, float | int] = {"events": len(events)}
    for duration in Duration:
        start, end = duration.ends
        moments = [(getattr(event, start), getattr(event, end)) for event in events]
        seconds = sorted(
            (last - first).total_seconds() for first, last in moments if first and last
        )
        if seconds:
            metadata.update(
                {f"{duration}_p{percent}": nearest_rank(seconds, percent) for percent in PERCENTS}
            )
    return metadata
