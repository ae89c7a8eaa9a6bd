"""How long both systems take to answer, call by call.

What lives here: collecting durations, and their percentiles over a stretch of calls. What does not:
who makes the calls (the clients), and what is unusual (`operations.thresholds`).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from pardot_odoo_pipeline.durations import nearest_rank

__all__ = ["CallTimes", "Mark", "answer_metadata"]

Mark = Mapping[str, int]
"""How many calls of each system there were at some moment."""

_MOST = 10_000
"""Of the calls of a longer stretch the latest speak for it."""


class _Timed(Protocol):
    @property
    def seconds(self) -> float: ...


class CallTimes:
    """The calls of this process. Its two methods are what the clients tell of each call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[str, deque[float]] = {
            system: deque(maxlen=_MOST) for system in ("odoo", "pardot")
        }
        self._calls = dict.fromkeys(self._seconds, 0)

    def pardot(self, call: _Timed) -> None:
        """A call of Pardot ended, whether or not it worked."""
        self._add("pardot", call.seconds)

    def odoo(self, call: _Timed) -> None:
        """A call of Odoo ended, whether or not it worked."""
        self._add("odoo", call.seconds)

    def mark(self) -> Mark:
        """Where a stretch begins."""
        with self._lock:
            return dict(self._calls)

    def since(self, mark: Mark) -> dict[str, dict[str, Any]]:
        """Per system: calls, and the seconds that half of them and 95 % of them took at most."""
        found: dict[str, dict[str, Any]] = {}
        with self._lock:
            for system, kept in self._seconds.items():
                calls = self._calls[system] - mark.get(system, 0)
                seconds = sorted(list(kept)[-calls:]) if calls else []
                if seconds:
                    found[system] = {
                        "calls": calls,
                        "p50": round(nearest_rank(seconds, 50), 4),
                        "p95": round(nearest_rank(seconds, 95), 4),
                    }
        return found

    def _add(self, system: str, seconds: float) -> None:
        with self._lock:
            self._seconds[system].append(seconds)
            self._calls[system] += 1


def answer_metadata(answers: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """What `CallTimes.since` found, as metadata that Dagster plots."""
    return {
        f"{system}_answer_{name}_seconds": float(figures[name])
        for system, figures in answers.items()
        for name in ("p50", "p95")
    }
