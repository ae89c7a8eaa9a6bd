from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone, parse_moment

_SECONDS = st.integers(min_value=0, max_value=4_000_000_000)
_ZONES = st.sampled_from(
    ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "UTC", "Pacific/Apia"]
)


@given(_SECONDS, _ZONES)
def test_rendering_agrees_with_the_standard_library(seconds, name):
    expected = datetime.fromtimestamp(seconds, ZoneInfo(name)).isoformat()
    assert AccountZone(name).render(seconds) == expected


@given(_SECONDS, _ZONES)
def test_what_is_rendered_reads_back(seconds, name):
    assert parse_moment(AccountZone(name).render(seconds)) == seconds


@given(_SECONDS, _ZONES)
def test_legacy_form_is_the_same_wall_clock(seconds, name):
    zone = AccountZone(name)
    local = datetime.fromtimestamp(seconds, ZoneInfo(name))
    assert zone.render_legacy(seconds) == local.strftime("%Y-%m-%d %H:%M:%S")


def test_the_hour_that_happens_twice():
    zone = AccountZone("America/New_York")
    first = int(datetime(2026, 11, 1, 5, 30, tzinfo=UTC).timestamp())
    assert zone.render(first) == "2026-11-01T01:30:00-04:00"
    assert zone.render(first + 3600) == "2026-11-01T01:30:00-05:00"
    midnight = int(datetime(2026, 11, 1, 4, tzinfo=UTC).timestamp())
    assert zone.day(midnight) == "2026-11-01"
    assert zone.day(midnight - 1) == "2026-10-31"


@pytest.mark.parametrize(
    "text", ["", "now", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "20260101Z"]
)
def test_no_moment(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_moment(text)
