"""Any interval from a minute to a day is kept, also those that cron cannot say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.limit_rules import OffPeak
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.schedules import cron_of, is_due, is_off_peak

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def ticks(minutes: int, hours: int) -> list[datetime]:
    """When batches are opened, as the daemon and the schedule together decide."""
    cron, exact = cron_of(minutes)
    minute, hour, *rest = cron.split()
    assert rest == ["*", "*", "*"]
    every = [MIDNIGHT + timedelta(minutes=n) for n in range(hours * 60)]
    fired = [at for at in every if matches(minute, at.minute) and matches(hour, at.hour)]
    return [at for at in fired if exact or is_due(at, minutes)]


def matches(field: str, value: int) -> bool:
    """The three forms of a cron field that are used."""
    if field.startswith("*/"):
        return value % int(field[2:]) == 0
    return field == "*" or int(field) == value


@given(st.integers(1, 1440))
def test_batches_are_opened_at_just_that_distance(minutes: int) -> None:
    opened = ticks(minutes, 24 * 4)
    assert {later - sooner for sooner, later in pairwise(opened)} == {timedelta(minutes=minutes)}


@pytest.mark.parametrize(
    ("minutes", "cron"), [(15, "*/15 * * * *"), (60, "0 */1 * * *"), (1440, "0 0 * * *")]
)
def test_common_intervals_are_plain_lines(minutes: int, cron: str) -> None:
    assert cron_of(minutes) == (cron, True)


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "America/Havana", "UTC"]),
    start=st.integers(0, 23),
    hours=st.integers(2, 24),
    day=st.integers(0, 364),
)
def test_bulk_work_has_its_hours_every_night_also_where_clocks_change(
    zone: str, start: int, hours: int, day: int
) -> None:
    end = (start + hours) % 24
    peak = OffPeak(start=f"{start:02}:00", end=f"{end:02}:00")
    rules = default_rules().model_copy(update={"off_peak": peak, "account_time_zone": zone})
    begin = datetime(2026, 1, 1, 0, 7, tzinfo=UTC) + timedelta(days=day)
    # The schedule ticks hourly; in a day and an hour, some tick falls into the window.
    runs = [h for h in range(26) if is_off_peak(begin + timedelta(hours=h), rules)]
    assert len(runs) >= hours - 1
    assert hours == 24 or len(runs) <= hours + 3
