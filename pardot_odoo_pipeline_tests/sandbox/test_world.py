from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pardot_odoo_pipeline.sandbox.world import WorldClock


@pytest.fixture
def path(tmp_path):
    return tmp_path / "world" / "clock.json"


def near(moment, expected, seconds=5):
    return abs((moment - expected).total_seconds()) < seconds


def test_without_a_file_it_is_the_machines_time(path):
    now = WorldClock(path).now()
    assert now.tzinfo is UTC
    assert near(now, datetime.now(UTC))


def test_two_processes_clocks_agree(path):
    one, other = WorldClock(path), WorldClock(path)
    other.now()
    one.advance(86_400)
    assert near(other.now(), datetime.now(UTC) + timedelta(days=1))
    moment = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    other.set_now(moment)
    assert near(one.now(), moment)


def test_a_frozen_clock_stands_until_moved(path):
    clock, other = WorldClock(path), WorldClock(path)
    moment = datetime(2030, 6, 1, 12, 0, 0, tzinfo=UTC)
    clock.freeze()
    clock.set_now(moment)
    assert other.frozen
    assert other.now() == other.now() == moment
    clock.advance(90)
    assert other.now() == moment + timedelta(seconds=90)
    clock.sleep(10)
    assert other.now() == moment + timedelta(seconds=100)
    other.thaw()
    assert not clock.frozen
    assert near(clock.now(), moment + timedelta(seconds=100))


def test_many_changes_in_a_row_are_all_seen(path):
    one, other = WorldClock(path), WorldClock(path)
    one.freeze()
    for day in range(1, 29):
        moment = datetime(2030, 1, day, tzinfo=UTC)
        one.set_now(moment)
        assert other.now() == moment
