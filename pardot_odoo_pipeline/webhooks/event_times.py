"""When an event happened, as its sender says. Pure.

What lives here: the forms of times that are understood, and the bounds of what is believed. What
does not: the present moment, which the caller gives.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pardot_odoo_pipeline.mapping.times import parse_time
from pardot_odoo_pipeline.webhooks.mistakes import Mistake

__all__ = ["odoo_moment", "sent_moment"]

_AHEAD = timedelta(minutes=5)
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST = 40
# Seconds until here, then milliseconds; both sides of it are far from the present.
_MILLISECONDS = 100_000_000_000
_LEAST_DIGITS = 9


def sent_moment(value: Any, zone: str, received_at: datetime) -> datetime | None:
    """The time that an event of Pardot's side tells; None where it tells none.

    Args:
        value: ISO 8601 with or without an offset, or seconds or milliseconds since 1970.
        zone: Of a time without an offset.
        received_at: When the event came: what is a little ahead of that was then.

    Raises:
        Mistake: It is no time, lies ahead by more than clocks differ, or before all of this.
    """
    if value is None:
        return None
    moment = _moment(value, zone)
    if moment is None:
        raise Mistake(
            "occurredAt is not a time",
            "Send ISO 8601 with an offset, such as 2026-01-31T09:30:00Z",
        )
    return _believed("occurredAt", moment, received_at)


def odoo_moment(value: Any, received_at: datetime) -> datetime | None:
    """The ``write_date`` of a record of Odoo, which is in UTC; None where there is none.

    Raises:
        Mistake: It is no time, or lies ahead by more than clocks differ.
    """
    if value is None or value is False:
        return None
    moment = _moment(value, "UTC") if isinstance(value, str) and not value.isdigit() else None
    if moment is None:
        raise Mistake("write_date is not a time of Odoo", "Send the field write_date as it is")
    return _believed("write_date", moment, received_at)


def _moment(value: Any, zone: str) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str):
        text = value.strip()
        if len(text) > _LONGEST:
            return None
        if not (text.isascii() and text.isdigit() and len(text) >= _LEAST_DIGITS):
            # A day alone is up to 24 hours before the moment: too early to look for.
            return parse_time(text, zone).value if ":" in text else None
        value = int(text)
    try:
        seconds = value / 1000 if abs(value) >= _MILLISECONDS else value
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _believed(name: str, moment: datetime, received_at: datetime) -> datetime:
    if moment > received_at + _AHEAD:
        raise Mistake(f"{name} lies in the future", "Set the sender's clock or time zone right")
    if moment < _FIRST:
        raise Mistake(f"{name} lies before the year 2000", "Send when the event happened")
    return min(moment, received_at)
