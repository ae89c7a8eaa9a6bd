"""How long a pushed event was on its way: four durations, and their percentiles. Pure.

What lives here: the words, and the one definition of a percentile. What does not: figures over the
inbox (``ledger/store/inbox_figures.py``) and over one batch (`steps.speed_to_lead`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

__all__ = ["PERCENTS", "Duration", "nearest_rank"]


class Duration(StrEnum):
    """From where to where; each is measured where both moments are known."""

    OCCURRED_TO_RECEIPT = "occurred_to_receipt"  # the sender's side and the network
    RECEIPT_TO_BATCH = "receipt_to_batch"  # waiting for somebody to take it
    EVENT_TO_LEAD = "event_to_lead"  # from the receipt until Odoo answered its commit
    OCCURRED_TO_LEAD = "occurred_to_lead"  # all of it

    @property
    def ends(self) -> tuple[str, str]:
        """The two moments of an event, by their names."""
        return _ENDS[self]


_ENDS = {
    Duration.OCCURRED_TO_RECEIPT: ("occurred_at", "received_at"),
    Duration.RECEIPT_TO_BATCH: ("received_at", "batched_at"),
    Duration.EVENT_TO_LEAD: ("received_at", "committed_at"),
    Duration.OCCURRED_TO_LEAD: ("occurred_at", "committed_at"),
}

PERCENTS = (50, 95, 99)


def nearest_rank(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that at least so many percent of all values do not exceed.

    It is always a value that was measured. Of two values the median is the smaller one.

    Args:
        ordered: The values, the smallest first; at least one.
        percent: From 1 to 100.
    """
    return ordered[-(-len(ordered) * percent // 100) - 1]
