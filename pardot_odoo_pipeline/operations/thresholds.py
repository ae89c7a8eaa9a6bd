"""When a figure is not as usual: the rule, on numbers alone.

What lives here: what is usual, from when on a figure is a breach, and when it is over. What does
not: which figures there are (`figures`), and incidents (`unusual`).

*Usual* is the median of the batches before; how far they usually stray is the median of their
distances from it (MAD). Neither moves when a few of them were extreme. A figure is a breach only
where it is beyond all three: many times the usual distance, a multiple of what is usual, and an
absolute distance that anybody would notice. It is over at half of that way back, not where it
began, so that it does not flap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Bounds", "Share", "Tolerance", "bounds_above", "bounds_below", "share_bounds"]

_SIGMA = 1.4826
"""Makes the MAD of normally distributed values their standard deviation."""


@dataclass(frozen=True)
class Tolerance:
    """How far a figure may be from what is usual.

    Attributes:
        factor: That many times what is usual; at least 1.
        floor: And at least this far from it.
        spread: And at least so many usual distances.
        least: With fewer values before, nothing is usual.
    """

    factor: float
    floor: float
    spread: float = 6.0
    least: int = 10


@dataclass(frozen=True)
class Bounds:
    """From where a figure is a breach, and where that is over.

    Attributes:
        usual: What it was before.
        opens: Beyond this it is a breach.
        closes: Back here it is over; between the two it stays what it was.
        falls: Whether it is a figure that should not fall, else one that should not rise.
    """

    usual: float
    opens: float
    closes: float
    falls: bool = False

    def is_breach(self, value: float, *, was_breach: bool) -> bool:
        """Whether a figure is a breach now."""
        bound = self.closes if was_breach else self.opens
        return value < bound if self.falls else value > bound

    def badness(self, value: float) -> float:
        """How far it is: 0 is usual, 1 is where a breach begins."""
        way = self.opens - self.usual
        return (value - self.usual) / way if way else 0.0


@dataclass(frozen=True)
class Share:
    """So many of so many people."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share; of nobody it is 0."""
        return self.part / self.whole if self.whole else 0.0


def bounds_above(before: Sequence[float], tolerance: Tolerance) -> Bounds | None:
    """Bounds of a figure that should not rise; None where too little is known."""
    if len(before) < tolerance.least:
        return None
    usual, distance = _usual(before)
    way = max(tolerance.spread * distance, (tolerance.factor - 1) * abs(usual), tolerance.floor)
    return Bounds(usual, usual + way, usual + way / 2)


def bounds_below(before: Sequence[float], tolerance: Tolerance) -> Bounds | None:
    """Bounds of a figure that should not fall, and that is never below 0."""
    if len(before) < tolerance.least:
        return None
    usual, distance = _usual(before)
    opens = min(
        usual - tolerance.spread * distance, usual / tolerance.factor, usual - tolerance.floor
    )
    # Half of the way back is meant in factors: 10 instead of 40 is over at 20.
    closes = math.sqrt(opens * usual) if opens > 0 else opens
    return Bounds(usual, opens, closes, falls=True)


def share_bounds(before: Sequence[Share], now: Share, tolerance: Tolerance) -> Bounds | None:
    """Bounds of a share of people, which strays the more the fewer people there are.

    Args:
        before: The batches before.
        now: The share that is judged; only how many people it is of matters here.
        tolerance: ``spread`` counts standard errors of a share of so many people.
    """
    if len(before) < tolerance.least or now.whole == 0:
        return None
    whole = sum(share.whole for share in before)
    if whole == 0:
        return None
    usual = sum(share.part for share in before) / whole
    # One more on each side: a share that was 0 so far is not known to be 0.
    likely = (sum(share.part for share in before) + 1) / (whole + 2)
    error = math.sqrt(likely * (1 - likely) / now.whole)
    way = max(tolerance.spread * error, (tolerance.factor - 1) * usual, tolerance.floor)
    return Bounds(usual, usual + way, usual + way / 2)


def _usual(values: Sequence[float]) -> tuple[float, float]:
    middle = median(values)
    return middle, _SIGMA * median(abs(value - middle) for value in values)
