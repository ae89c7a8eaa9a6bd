"""Single calls side by side.

What lives here: doing the same for many with a few calls in flight. What does not: the limit of the
account as a whole (``transport.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["IN_FLIGHT", "side_by_side"]

IN_FLIGHT = 4
"""Of the five calls that an account takes at once; one is left to others."""

Subject = TypeVar("Subject")
Outcome = TypeVar("Outcome")


def side_by_side(do: Callable[[Subject], Outcome], subjects: Iterable[Subject]) -> list[Outcome]:
    """What ``do`` returns for each, in their order; after an exception no more are begun.

    Raises:
        Exception: The first that ``do`` raised.
    """
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        futures = [pool.submit(do, subject) for subject in subjects]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
