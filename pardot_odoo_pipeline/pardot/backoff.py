"""Trying again within a call: how often, how long.

What lives here: the bounded, jittered back-off used inside one call. What does not: retries of
records over minutes and hours, which live in the ledger.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import tenacity

__all__ = ["Backoff"]


@dataclass(frozen=True)
class Backoff:
    """Bounds for trying again.

    Attributes:
        attempts: How often at most, the first one included.
        first: Seconds before the second attempt; doubled each time, plus jitter up to the same.
        longest: Seconds between two attempts at most.
        chance: A number from 0 to 1, for the jitter.
    """

    attempts: int = 5
    first: float = 1.0
    longest: float = 30.0
    chance: Callable[[], float] = random.random

    def retrying(
        self, again: Callable[[BaseException], bool], sleep: Callable[[float], None]
    ) -> tenacity.Retrying:
        """A loop over exceptions that ``again`` accepts; the last one is raised as it is."""
        rising = tenacity.wait_exponential(multiplier=self.first, max=self.longest)
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(again),
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=lambda state: rising(state) + self.chance() * self.first,
            sleep=sleep,
            reraise=True,
        )
