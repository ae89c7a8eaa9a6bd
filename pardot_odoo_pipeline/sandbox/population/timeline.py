"""Created-at, updated-at and activity times of each person, and the list imports among them.

People are created in the order of their numbers. Stretches of them were imported by one list
import, and one long stretch by a great one: all of these share a single created-at second.
"""

from __future__ import annotations

from dataclasses import dataclass

from pardot_odoo_pipeline.sandbox.population import rates
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Draw, Stream
from pardot_odoo_pipeline.sandbox.population.times import (
    BEGINNING_SECONDS,
    DAYLIGHT_SECONDS,
    EPOCH_SECONDS,
    SPAN_SECONDS,
)

_TWO_HOURS = 7_200


@dataclass(frozen=True, slots=True)
class Moments:
    """The times of one person, in seconds of Unix time."""

    created: int
    updated: int
    activities: int  # how many engagement activities
    first_activity: int | None
    last_activity: int | None


class Timeline:
    """The times of a population of one seed and size."""

    def __init__(self, seed: int, size: int) -> None:
        self._size = size
        low, high = rates.IMPORT_BLOCK_LIMITS
        self._block = min(max(size // rates.IMPORT_BLOCK_SHARE, low), high)
        self._blocks = Stream(seed, "block", 1)
        self._known: tuple[int, bool] = (-1, False)
        start, end = rates.GREAT_IMPORT
        self._great = range(size * start // ONE_HUNDRED_PERCENT, size * end // ONE_HUNDRED_PERCENT)

    def import_of(self, number: int) -> int | None:
        """Return the first person of the list import that brought this one, if one did."""
        if number in self._great:
            return self._great.start
        block = number // self._block
        if self._known[0] != block:
            drawn = self._blocks.at(block)() % ONE_HUNDRED_PERCENT
            self._known = (block, drawn < rates.IMPORT_BLOCK)
        return block * self._block if self._known[1] else None

    def moments(self, number: int, draw: Draw) -> Moments:
        """Return the times of a person."""
        first = self.import_of(number)
        jitter = draw()
        if first is None:
            step = SPAN_SECONDS // self._size
            created = BEGINNING_SECONDS + SPAN_SECONDS * number // self._size
            created += jitter % step if step else 0
        else:
            created = BEGINNING_SECONDS + SPAN_SECONDS * first // self._size
        left = EPOCH_SECONDS - created
        updated = created
        if draw() % ONE_HUNDRED_PERCENT >= rates.UNTOUCHED:
            updated = self._near_switch(created, created + draw() % left, draw)
        if draw() % ONE_HUNDRED_PERCENT < rates.WITHOUT_ACTIVITY:
            return Moments(created, updated, 0, None, None)
        count = rates.ACTIVITY_HEAD // ((draw() & 0xFFFF) + rates.ACTIVITY_FLATNESS)
        last = self._near_switch(created, created + draw() % left, draw)
        earliest = last if count == 1 else created + draw() % (last - created + 1)
        return Moments(created, updated, count, earliest, last)

    @staticmethod
    def _near_switch(created: int, otherwise: int, draw: Draw) -> int:
        choice = draw()
        if choice % ONE_HUNDRED_PERCENT >= rates.NEAR_DAYLIGHT_SWITCH:
            return otherwise
        number = draw()
        near = DAYLIGHT_SECONDS[number % len(DAYLIGHT_SECONDS)]
        near += number // 64 % (2 * _TWO_HOURS) - _TWO_HOURS
        return near if near >= created else otherwise


__all__ = ["Moments", "Timeline"]
