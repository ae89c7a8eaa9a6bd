"""Times on the wire, stretches of time and the windows of exports."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.pardot.exports import export_windows
from pardot_odoo_pipeline.pardot.stretches import Stretch, api_time, row_time, split_bounds

moments = st.datetimes(
    min_value=datetime(2005, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
second = timedelta(seconds=1)


@given(moments)
def test_bounds_are_widened_to_whole_seconds_never_narrowed(moment):
    down, up = (datetime.fromisoformat(api_time(moment, up=up)) for up in (False, True))
    assert down <= moment <= up
    assert up - down <= second
    assert down.microsecond == up.microsecond == 0


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="zone"):
        api_time(datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_accounts_offset_is_understood():
    assert row_time({"updatedAt": "2025-05-16T11:27:08-07:00"}, "updatedAt") == datetime(
        2025, 5, 16, 18, 27, 8, tzinfo=UTC
    )


@given(moments, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=5000)), st.data())
def test_export_windows_leave_no_moment_out_whichever_way_bounds_are_read(since, length, data):
    until = since + length
    windows = export_windows(since, until)
    assert all(timedelta(0) < end - start <= timedelta(days=365) for start, end in windows)
    assert all(begun == ended - second for (_, ended), (begun, _) in pairwise(windows))
    if length:
        assert windows[-1][1] == until
        inside = data.draw(st.timedeltas(min_value=timedelta(0), max_value=length))
        moment = since + inside
        if moment < until:
            assert any(start < moment < end for start, end in windows)


@given(
    st.sampled_from(["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.integers(1, 24 * 400),
    st.booleans(),
)
def test_windows_in_a_zone_whose_clocks_change_leave_nothing_out(name, begin, hours, fold):
    zone = ZoneInfo(name)
    since = begin.replace(tzinfo=zone, fold=int(fold))
    until = (since.astimezone(UTC) + timedelta(hours=hours)).astimezone(zone)
    windows = [(a.astimezone(UTC), b.astimezone(UTC)) for a, b in export_windows(since, until)]
    assert windows[0][0] == since.astimezone(UTC) - second
    assert windows[-1][1] == until.astimezone(UTC)
    assert all(begun == ended - second for (_, ended), (begun, _) in pairwise(windows))
    assert all(timedelta(0) < end - start <= timedelta(days=365) for start, end in windows)


def test_windows_follow_local_offsets_too():
    tokyo = timezone(timedelta(hours=9))
    windows = export_windows(datetime(2024, 1, 1, tzinfo=tokyo), datetime(2026, 1, 1, tzinfo=tokyo))
    assert len(windows) == 3


@given(
    st.tuples(moments, moments),
    st.booleans(),
    st.booleans(),
    st.lists(moments, max_size=5),
)
def test_a_stretch_survives_the_way_through_a_querys_filters(bounds, with_low, with_high, probes):
    low, high = bounds
    stretch = Stretch(low, high, with_low, with_high)
    others, again = split_bounds({"email": "x", **stretch.as_filters("updatedAt")}, "updatedAt")
    assert others == {"email": "x"}
    assert again == stretch
    for probe in [*probes, low, high]:
        held = (low < probe or (with_low and probe == low)) and (
            probe < high or (with_high and probe == high)
        )
        assert stretch.holds(probe) is held
        assert not (held and stretch.is_empty)
        assert stretch.behind(probe).holds(probe) is False


@given(moments, moments, moments)
def test_what_is_left_never_grows(low, high, cut):
    stretch = Stretch(low, high)
    for rest in (stretch.behind(cut), stretch.since(cut)):
        assert rest.low >= low
