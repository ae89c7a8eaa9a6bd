from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.times import odoo_time, parse_time, read_odoo_time
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY

AMBIGUOUS = (FindingCode.TIME_AMBIGUOUS,)
ZONES = ["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2025-05-16T11:27:08-07:00", utc(2025, 5, 16, 18, 27, 8)),
        ("2025-05-16T18:27:08Z", utc(2025, 5, 16, 18, 27, 8)),
        ("2025-05-16T18:27:08+0000", utc(2025, 5, 16, 18, 27, 8)),
        ("2025-05-16T23:57:08+05:30", utc(2025, 5, 16, 18, 27, 8)),
        (" 2025-05-16 18:27:08 ", utc(2025, 5, 16, 18, 27, 8)),
        ("2025-05-16", utc(2025, 5, 16)),
    ],
)
def test_times_become_aware_utc(raw, moment):
    assert parse_time(raw) == (moment, ())


@pytest.mark.parametrize(
    ("raw", "zone", "moment"),
    [
        # Clocks back: the hour happens twice; the first time is the earlier reading.
        ("2025-11-02 01:30:00", "America/Los_Angeles", utc(2025, 11, 2, 8, 30)),
        ("2025-10-26 02:30:00", "Europe/Berlin", utc(2025, 10, 26, 0, 30)),
        ("2025-04-06 01:45:00", "Australia/Lord_Howe", utc(2025, 4, 5, 14, 45)),
        # Clocks forward: the hour does not happen; read with the summer offset it is earlier.
        ("2025-03-09 02:30:00", "America/Los_Angeles", utc(2025, 3, 9, 9, 30)),
        ("2025-03-30 02:30:00", "Europe/Berlin", utc(2025, 3, 30, 0, 30)),
        ("2025-10-05 02:15:00", "Australia/Lord_Howe", utc(2025, 10, 4, 15, 15)),
    ],
)
def test_a_naive_time_in_a_clock_change_takes_the_earlier_reading(raw, zone, moment):
    assert parse_time(raw, zone) == (moment, AMBIGUOUS)


def test_an_offset_settles_what_the_zone_cannot():
    raw = "2025-11-02T01:30:00-08:00"
    assert parse_time(raw, "America/Los_Angeles") == (utc(2025, 11, 2, 9, 30), ())


@pytest.mark.parametrize("raw", ["soon", "2025-13-01", "0001-01-01T00:00:00+14:00", "1747420028"])
def test_what_is_no_time_is_blank_with_a_finding(raw):
    assert parse_time(raw) == (None, AMBIGUOUS)


def test_a_blank_is_blank():
    assert parse_time(None) == parse_time(" ") == (None, ())


@PROPERTY
@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
def test_a_naive_time_is_utc_and_shows_the_wall_clock_again(naive, zone):
    moment, findings = parse_time(naive.isoformat(), zone)
    assert moment.tzinfo is UTC
    back = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if not findings:
        assert back == naive
    else:
        assert zone != "UTC"
        assert abs(back - naive) <= timedelta(hours=1)


@PROPERTY
@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001
def test_odoo_reads_back_the_second_that_was_written(naive):
    moment = naive.replace(tzinfo=UTC)
    assert read_odoo_time(odoo_time(moment)) == moment.replace(microsecond=0)
