"""The one place that reads the time.

What lives here: the clock port and its two implementations. What does not: Dagster's own timers,
which stay real whatever this clock says.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

import requests

from pardot_odoo_pipeline.errors import ConfigurationError

__all__ = ["Clock", "RemoteClock", "SystemClock"]


class Clock(Protocol):
    """Tells the present moment as an aware UTC datetime and can wait."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        time.sleep(seconds)


class RemoteClock:
    """A clock that lives behind a URL (``PIPELINE_CLOCK_URL``): the sandbox world's.

    Args:
        url: Answers ``GET`` with ``{"now": "<ISO 8601 with offset>"}``.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False  # it is on this machine; looking for proxies costs more

    def now(self) -> datetime:
        """The present moment of that world, aware, in UTC.

        Raises:
            ConfigurationError: The clock does not answer.
        """
        try:
            answer = self._session.get(self._url, timeout=(2, 5))
            answer.raise_for_status()
            return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)
        except (requests.RequestException, KeyError, ValueError):
            raise ConfigurationError(
                f"The clock at {self._url} does not answer",
                fix="Start the sandbox, or unset PIPELINE_CLOCK_URL",
            ) from None

    def sleep(self, seconds: float) -> None:
        """Wait in real time: servers work in real time, whatever date their clock shows."""
        time.sleep(seconds)
