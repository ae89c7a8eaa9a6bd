"""Points in time: ISO 8601 text to aware UTC.

What lives here: the reading of Pardot's times, which carry an offset, and of old exports, which do
not. What does not: the present; nothing here looks at a clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.reasons import FindingCode

__all__ = [
    "api_time",
    "day_in_zone",
    "odoo_time",
    "parse_day",
    "parse_time",
    "read_odoo_time",
    "start_of_day",
]

_AMBIGUOUS = (FindingCode.TIME_AMBIGUOUS,)


def parse_time(value: str | None, account_zone: str = "UTC") -> Converted[datetime]:
    """Read one time.

    A time without an offset is read in the account's zone. Where the clocks go back it names two
    moments, where they go forward none; both get a finding and the earlier of the two readings.

    Args:
        value: ISO 8601, with ``T`` or a space, with or without an offset.
        account_zone: IANA name of the account's time zone.
    """
    if value is None:
        return BLANK
    text = value.strip()
    if not text:
        return BLANK
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return Converted(moment.astimezone(UTC))
        return _in_zone(moment, _zone(account_zone))
    except (ValueError, OverflowError):
        return Converted(None, _AMBIGUOUS)


def parse_day(value: str | None, account_zone: str = "UTC") -> Converted[str]:
    """Read one day, as ISO 8601 text; of a time with an offset the day in the account's zone."""
    if value is None or not value.strip():
        return BLANK
    text = value.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Converted(None, _AMBIGUOUS)
    if moment.tzinfo is None:
        return Converted(moment.date().isoformat())
    return Converted(day_in_zone(moment, account_zone))


def day_in_zone(moment: datetime, zone: str) -> str:
    """The day that a moment falls into in a zone."""
    return moment.astimezone(_zone(zone)).date().isoformat()


def start_of_day(day: str, zone: str) -> datetime:
    """The moment at which a day begins in a zone.

    Where the clocks go forward at midnight, the day begins an hour later by the clock; where they
    go back, the first of the two midnights counts.
    """
    return datetime.combine(date.fromisoformat(day), time(), _zone(zone)).astimezone(UTC)


def _in_zone(naive: datetime, zone: ZoneInfo) -> Converted[datetime]:
    first = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return Converted(first)
    return Converted(min(first, second), _AMBIGUOUS)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def odoo_time(moment: datetime) -> str:
    """The form in which Odoo takes a time over RPC: UTC, whole seconds, no offset."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat(" ")


def api_time(moment: datetime) -> str:
    """The form in which Pardot takes a time: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def read_odoo_time(text: str) -> datetime:
    """A time as Odoo gives it, to the whole second, aware."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).replace(microsecond=0)
