"""Moments as the API writes and reads them.

What lives here: rendering seconds since the epoch with the account's own offset, reading a
filter's moment, and the start of the account's day. What does not: the world's clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["AccountZone", "parse_moment"]

_BUCKET = 900
_CACHED_BUCKETS = 400_000
_MINUTES_AND_SECONDS = [f"{n // 60:02d}:{n % 60:02d}" for n in range(3600)]
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII
)


def parse_moment(text: str) -> int:
    """Seconds since the epoch of an ISO 8601 moment that carries its offset.

    Raises:
        ValueError: It is not one; a moment without offset is refused too.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a moment with an offset")
    return int(datetime.fromisoformat(text).timestamp())


class AccountZone:
    """Renders seconds in an account's time zone.

    Offsets change on quarter hours only, so one look-up serves all moments of a quarter: a page of
    1,000 records with five times each must not build 5,000 datetimes.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._buckets: dict[int, tuple[str, int, str]] = {}

    def render(self, seconds: int) -> str:
        """`YYYY-MM-DDTHH:MM:SS±HH:MM`."""
        bucket = seconds // _BUCKET
        try:
            hour, base, offset = self._buckets[bucket]
        except KeyError:
            hour, base, offset = self._look_up(bucket)
        return f"{hour}{_MINUTES_AND_SECONDS[base + seconds % _BUCKET]}{offset}"

    def render_legacy(self, seconds: int) -> str:
        """`YYYY-MM-DD HH:MM:SS` without an offset, as version 4 wrote it."""
        return self.render(seconds)[:19].replace("T", " ")

    def day(self, seconds: float) -> str:
        """The account's calendar day."""
        return datetime.fromtimestamp(seconds, self._zone).date().isoformat()

    def _look_up(self, bucket: int) -> tuple[str, int, str]:
        local = datetime.fromtimestamp(bucket * _BUCKET, UTC).astimezone(self._zone)
        offset = local.utcoffset() or timedelta()
        minutes = int(offset.total_seconds()) // 60
        sign = "-" if minutes < 0 else "+"
        entry = (
            f"{local:%Y-%m-%dT%H}:",
            local.minute * 60,
            f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
        )
        if len(self._buckets) > _CACHED_BUCKETS:
            self._buckets.clear()
        self._buckets[bucket] = entry
        return entry
