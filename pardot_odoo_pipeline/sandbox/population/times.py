"""When things happened: all before one fixed instant, whatever the day the sandbox runs.

Instants are whole seconds of Unix time inside; aware UTC datetimes outside.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 6, 1, tzinfo=UTC)  # everything planted happened before
BEGINNING = datetime(2022, 6, 6, 7, 0, tzinfo=UTC)  # the first prospect was created here or after

EPOCH_SECONDS = int(EPOCH.timestamp())
BEGINNING_SECONDS = int(BEGINNING.timestamp())
SPAN_SECONDS = EPOCH_SECONDS - BEGINNING_SECONDS

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)

# The instants (UTC) at which clocks changed in zones that accounts are kept in.
DAYLIGHT_SWITCHES: tuple[tuple[str, datetime], ...] = tuple(
    (zone, datetime.fromisoformat(text).replace(tzinfo=UTC))
    for zone, text in (
        ("America/New_York", "2025-11-02T06:00:00"),
        ("America/New_York", "2026-03-08T07:00:00"),
        ("America/Los_Angeles", "2025-11-02T09:00:00"),
        ("America/Los_Angeles", "2026-03-08T10:00:00"),
        ("Europe/Berlin", "2025-10-26T01:00:00"),
        ("Europe/Berlin", "2026-03-29T01:00:00"),
        ("Australia/Sydney", "2025-10-04T16:00:00"),
        ("Australia/Sydney", "2026-04-04T16:00:00"),
        ("Asia/Jerusalem", "2025-10-25T23:00:00"),
        ("Asia/Jerusalem", "2026-03-27T00:00:00"),
        ("America/St_Johns", "2025-11-02T04:30:00"),
    )
)
DAYLIGHT_SECONDS: tuple[int, ...] = tuple(int(t.timestamp()) for _, t in DAYLIGHT_SWITCHES)


def at(seconds: int) -> datetime:
    """Return an instant as an aware UTC datetime."""
    return _UNIX + timedelta(seconds=seconds)


__all__ = [
    "BEGINNING",
    "BEGINNING_SECONDS",
    "DAYLIGHT_SECONDS",
    "DAYLIGHT_SWITCHES",
    "EPOCH",
    "EPOCH_SECONDS",
    "SPAN_SECONDS",
    "at",
]
