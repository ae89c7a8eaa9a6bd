"""Waiting for a job of the account: each look is a call, so looks grow rarer.

What lives here: the pauses. What does not: the jobs (``export_jobs.py``, ``imports.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from pardot_odoo_pipeline.clock import Clock

__all__ = ["pauses"]

_SHORTEST = 1.0


def pauses(clock: Clock, *, first: float, longest: float, give_up_after: float) -> Iterator[float]:
    """Let time pass before each look.

    Args:
        clock: Waits.
        first: Seconds before the first look, 0 to look at once. Then a second, and each pause half
            as long again as the one before.
        longest: Longest pause.
        give_up_after: Seconds of pauses in all; no look comes after.

    Yields:
        Seconds of pauses so far, when it is time for a look.
    """
    pause, waited = first, 0.0
    while waited < give_up_after:
        clock.sleep(pause)
        waited += pause
        pause = min(max(pause * 1.5, _SHORTEST), longest)
        yield waited
