"""Times on the wire and stretches of time, as pure values.

What lives here: the API's time format and the bounds of a read by time. What does not: reading
(``paging.py``) and the windows of exports (``exports.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["Stretch", "api_time", "row_time", "split_bounds"]

_SECOND = timedelta(seconds=1)


def api_time(moment: datetime, *, up: bool = False) -> str:
    """A moment as the API takes it: whole seconds with offset.

    Args:
        moment: Aware time.
        up: Round up instead of down. Lower bounds are rounded down and upper ones up: rather a row
            too many than one too few.

    Raises:
        ValueError: The time is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("A time without a zone cannot bound a query")
    whole = moment.astimezone(UTC).replace(microsecond=0)
    if up and moment.microsecond:
        whole += _SECOND
    return whole.isoformat()


def row_time(row: Mapping[str, Any], key: str) -> datetime:
    """The time in a row's field, in UTC; the API sends it with the account's offset."""
    return datetime.fromisoformat(row[key]).astimezone(UTC)


@dataclass(frozen=True)
class Stretch:
    """The time between two bounds; an absent bound is open.

    Attributes:
        low: Lower bound.
        high: Upper bound.
        with_low: The lower bound itself belongs to it.
        with_high: The upper bound itself belongs to it.
    """

    low: datetime | None = None
    high: datetime | None = None
    with_low: bool = True
    with_high: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no time lies in it."""
        if self.low is None or self.high is None or self.low < self.high:
            return False
        return self.low > self.high or not (self.with_low and self.with_high)

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in it."""
        above = self.low is None or self.low < moment or (self.with_low and self.low == moment)
        below = self.high is None or moment < self.high or (self.with_high and moment == self.high)
        return above and below

    def behind(self, moment: datetime) -> Stretch:
        """What is left after the moment; never more than there was."""
        if self.low is not None and moment < self.low:
            return self
        return replace(self, low=moment, with_low=False)

    def since(self, moment: datetime) -> Stretch:
        """What is left from the moment on; never more than there was."""
        return self if self.low is not None and moment < self.low else self.onwards(moment)

    def onwards(self, moment: datetime) -> Stretch:
        """The stretch begun anew at the moment."""
        return replace(self, low=moment, with_low=True)

    def up_to(self, moment: datetime | None) -> Stretch:
        """The part before the moment; all of it for ``None``."""
        return self if moment is None else replace(self, high=moment, with_high=False)

    def as_filters(self, key: str) -> dict[str, datetime]:
        """The query parameters that select it."""
        filters = {}
        if self.low is not None:
            filters[f"{key}AfterOrEqualTo" if self.with_low else f"{key}After"] = self.low
        if self.high is not None:
            filters[f"{key}BeforeOrEqualTo" if self.with_high else f"{key}Before"] = self.high
        return filters


def split_bounds(filters: Mapping[str, Any], key: str) -> tuple[dict[str, Any], Stretch]:
    """Take the bounds on one time key out of a query's filters; return the rest and the stretch."""
    others = dict(filters)
    late = others.pop(f"{key}After", None)
    low = others.pop(f"{key}AfterOrEqualTo", None)
    early = others.pop(f"{key}Before", None)
    high = others.pop(f"{key}BeforeOrEqualTo", None)
    with_low = late is None or (low is not None and low > late)
    with_high = early is None or (high is not None and high < early)
    return others, Stretch(
        low if with_low else late, high if with_high else early, with_low, with_high
    )
