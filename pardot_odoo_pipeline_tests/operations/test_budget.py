"""The arithmetic of a day's calls: days of 23 and 25 hours, ceilings of lanes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.mapping.quota_rules import QuotaRules
from pardot_odoo_pipeline.operations.budget import (
    Lane,
    account_day,
    ceiling_of,
    lane_of,
    limit_of,
    room,
)

ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/Los_Angeles",
        "America/Santiago",  # clocks change at midnight
        "America/Havana",
        "Asia/Beirut",
        "Australia/Lord_Howe",  # by half an hour
        "Asia/Kathmandu",
        "Pacific/Apia",
    ]
)
MOMENTS = st.datetimes(
    min_value=datetime.fromisoformat("2024-01-01"),
    max_value=datetime.fromisoformat("2032-01-01"),
    timezones=st.just(UTC),
)
SHARES = st.floats(min_value=0.01, max_value=1)
INSTANT = timedelta(microseconds=1)


@given(MOMENTS, ZONES)
def test_a_day_ends_where_the_next_one_begins(now: datetime, zone: str) -> None:
    today = account_day(now, zone)
    assert now < today.resets_at <= now + timedelta(hours=25)
    assert account_day(today.resets_at - INSTANT, zone) == today
    tomorrow = account_day(today.resets_at, zone)
    assert tomorrow.name > today.name
    assert tomorrow.name == today.resets_at.astimezone(ZoneInfo(zone)).date().isoformat()


@given(MOMENTS, MOMENTS, ZONES)
def test_moments_of_one_date_are_one_day(one: datetime, other: datetime, zone: str) -> None:
    def date(moment: datetime) -> str:
        return moment.astimezone(ZoneInfo(zone)).date().isoformat()

    same = date(one) == date(other)
    assert (account_day(one, zone) == account_day(other, zone)) == same


@pytest.mark.parametrize(
    ("zone", "noon", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T10:00:00+00:00", 23),
        ("Europe/Berlin", "2026-10-25T10:00:00+00:00", 25),
        ("America/Santiago", "2026-09-06T15:00:00+00:00", 23),  # there is no 00:00 that day
        ("America/Los_Angeles", "2026-07-01T19:00:00+00:00", 24),
    ],
)
def test_days_on_which_clocks_change(zone: str, noon: str, hours: int) -> None:
    day = account_day(datetime.fromisoformat(noon), zone)
    yesterday = account_day(datetime.fromisoformat(noon) - timedelta(days=1), zone)
    assert day.resets_at - yesterday.resets_at == timedelta(hours=hours)


def test_every_kind_of_batch_has_a_lane() -> None:
    assert {kind: lane_of(kind) for kind in BatchKind} == {
        BatchKind.INITIAL: Lane.INITIAL,
        BatchKind.BULK: Lane.BULK,
        BatchKind.INTERVAL: Lane.INTERVAL,
        BatchKind.RETRY: Lane.INTERVAL,
        BatchKind.MANUAL: Lane.INTERVAL,
        BatchKind.WEBHOOK: Lane.WEBHOOK,
        BatchKind.ODOO: Lane.WEBHOOK,
        BatchKind.CONSENT: Lane.CONSENT,
    }


def test_by_default_less_urgent_work_stops_first() -> None:
    left = [
        room(ceiling_of(lane, QuotaRules()), limit=25_000, spent=0, others=0)
        for lane in (Lane.CONSENT, Lane.WEBHOOK, Lane.INTERVAL, Lane.BULK, Lane.INITIAL)
    ]
    assert left == [20_000, 19_000, 17_100, 14_250, 11_400]


@given(
    SHARES,
    st.floats(min_value=0, max_value=0.5),
    SHARES,
    st.integers(0, 100_000),
    st.integers(0, 120_000),
    st.integers(0, 120_000),
)
def test_no_lane_passes_our_share_or_the_accounts_limit(
    our_share: float, reserve: float, lane_share: float, limit: int, spent: int, others: int
) -> None:
    rules = QuotaRules(our_share=our_share, reserve=reserve, lanes={"bulk": lane_share})
    for lane in Lane:
        more = room(ceiling_of(lane, rules), limit=limit, spent=spent, others=others)
        assert more >= 0
        if more:
            assert spent + more <= limit * our_share + 1e-6 * limit
            assert spent + others + more <= limit
        assert more <= room(
            ceiling_of(Lane.CONSENT, rules), limit=limit, spent=spent, others=others
        )


def test_of_two_limits_the_smaller_one_counts() -> None:
    assert limit_of(QuotaRules(), None) == 25_000
    assert limit_of(QuotaRules(), 100_000) == 100_000
    assert limit_of(QuotaRules(daily_calls=50_000), 100_000) == 50_000
    assert limit_of(QuotaRules(daily_calls=50_000), 25_000) == 25_000
    assert limit_of(QuotaRules(daily_calls=50_000), None) == 50_000
    assert limit_of(QuotaRules(), 0) == 0
