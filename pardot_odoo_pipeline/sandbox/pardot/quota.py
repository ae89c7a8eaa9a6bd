"""The account's daily quota and its limit of requests in flight.

What lives here: counting, refusing, the usage header. What does not: which requests count
(`app.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone

__all__ = ["Quota"]

_BY_EDITION = {"Growth": 25_000, "Plus": 50_000, "Advanced": 100_000, "Premium": 100_000}
_CALLS_A_SAVE = 20


class Quota:
    """Counts calls per account day, and those under way.

    Args:
        switches: The unsure points.
        zone: Gives the account's present zone.
        load: Gives back what `save` kept: the day and its count.
        save: Keeps them; called now and then, not for every call.

    Attributes:
        most_in_flight: The most requests at once since the count was last set, refused ones too.
    """

    def __init__(
        self,
        switches: Switches,
        zone: Callable[[], AccountZone],
        load: Callable[[], tuple[str, int]],
        save: Callable[[str, int], None],
    ) -> None:
        self._switches = switches
        self._zone = zone
        self._save = save
        self._lock = threading.Lock()
        self._day, self._used = load()
        self._in_flight = 0
        self.most_in_flight = 0

    @property
    def maximum(self) -> int:
        """Calls that a day allows."""
        own = int(self._switches["daily_maximum"])
        if own:
            return max(own, 0)
        return _BY_EDITION[self._switches["edition"]]

    def used(self, now: float) -> int:
        """Calls counted in the day of that moment."""
        with self._lock:
            self._turn(now)
            return self._used

    def set_used(self, now: float, used: int) -> None:
        """Pretend that so many calls were made today."""
        with self._lock:
            self._turn(now)
            self._used = used
            self._save(self._day, self._used)
            self.most_in_flight = self._in_flight

    def enter(self) -> None:
        """Begin a request.

        Raises:
            ApiError: 66 when too many are under way.
        """
        with self._lock:
            self.most_in_flight = max(self.most_in_flight, self._in_flight + 1)
            if self._in_flight >= self._switches["concurrent_maximum"]:
                raise ApiError(66, status=self._switches["concurrency_status"])
            self._in_flight += 1

    def leave(self) -> None:
        """End a request that has begun."""
        with self._lock:
            self._in_flight -= 1

    def count(self, now: float) -> None:
        """Count a call.

        Raises:
            ApiError: 122 when the day's calls are spent.
        """
        with self._lock:
            self._turn(now)
            if self._used >= self.maximum:
                raise ApiError(122, status=self._switches["daily_limit_status"])
            self._used += 1
            if self._used % _CALLS_A_SAVE == 0:
                self._save(self._day, self._used)

    def refund(self) -> None:
        """Take back the count of a refused call."""
        with self._lock:
            self._used = max(self._used - 1, 0)

    def keep(self) -> None:
        """Save the count, before the process ends."""
        with self._lock:
            self._save(self._day, self._used)

    def header(self, now: float) -> str:
        """The value of `x-api-usage`."""
        form: str = self._switches["usage_header_format"]
        return form.format(used=self.used(now), maximum=self.maximum)

    def _turn(self, now: float) -> None:
        day = self._zone().day(now)
        if day != self._day:
            self._day, self._used = day, 0
