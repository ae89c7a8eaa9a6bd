"""Reads that lag behind writes."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.sandbox.pardot.stale import StaleViews


@pytest.fixture
def lagging(living):
    """Reads lag by a minute, on a clock that stands."""
    living.control("PUT", "/clock", {"frozen": True})
    living.switch(read_lag_seconds=60.0)
    return living


def city(sandbox, person):
    one = sandbox.get(f"prospects/{person}", fields="city").json()["city"]
    queried = sandbox.get("prospects", fields="city", id=person).json()["values"]
    assert queried == [{"city": one}]
    return one


def test_a_read_right_after_a_write_shows_what_was_before(lagging):
    lagging.switch(read_lag_seconds=0.0)
    person = lagging.person(city="Old")
    lagging.switch(read_lag_seconds=60.0)
    for _ in range(2):
        written = lagging.patch(f"prospects/{person}", {"city": "New"}, fields="city")
        # The answer to the write itself comes from the primary.
        assert written.json() == {"city": "New"}
        assert city(lagging, person) == "Old"
    lagging.advance(59)
    assert city(lagging, person) == "Old"
    lagging.advance(2)
    assert city(lagging, person) == "New"


def test_writes_come_to_light_one_after_the_other(lagging):
    lagging.switch(read_lag_seconds=0.0)
    person = lagging.person(city="0")
    lagging.switch(read_lag_seconds=60.0)
    for number in ("1", "2", "3"):
        lagging.patch(f"prospects/{person}", {"city": number})
        lagging.advance(10)
    assert city(lagging, person) == "0"
    seen = []
    for _ in range(4):
        lagging.advance(10)
        seen.append(city(lagging, person))
    assert seen == ["0", "0", "1", "2"]
    lagging.advance(10)
    assert city(lagging, person) == "3"


def test_new_and_deleted_records_lag_too(lagging):
    person = lagging.person()
    assert lagging.get(f"prospects/{person}", fields="id").status_code == 404
    lagging.advance(62)
    assert lagging.get(f"prospects/{person}", fields="id").status_code == 200
    lagging.delete(f"prospects/{person}")
    assert lagging.get(f"prospects/{person}", fields="id").status_code == 200
    lagging.advance(62)
    assert lagging.get(f"prospects/{person}", fields="id").status_code == 404


def test_an_edit_by_a_person_lags_like_ours(lagging):
    lagging.switch(read_lag_seconds=0.0)
    person = lagging.person(city="Old")
    lagging.switch(read_lag_seconds=60.0)
    lagging.control("POST", f"/prospects/{person}", {"values": {"city": "New"}})
    assert city(lagging, person) == "Old"
    lagging.switch(read_lag_seconds=0.0)
    assert city(lagging, person) == "New"


def test_a_new_custom_field_can_be_asked_for_at_once(lagging):
    person = lagging.person()
    body = {"name": "Hat size", "fieldId": "hatSize", "type": "Number"}
    made = lagging.post("custom-fields", body, fields="id")
    assert made.status_code == 201
    answer = lagging.get("prospects", fields="hatSize__c", id=person)
    assert answer.status_code == 200
    lagging.delete(f"custom-fields/{made.json()['id']}")


def test_a_clock_set_back_does_not_stop_reads_for_ever(lagging):
    lagging.switch(read_lag_seconds=0.0)
    person = lagging.person(city="Old")
    lagging.switch(read_lag_seconds=60.0)
    lagging.patch(f"prospects/{person}", {"city": "New"})
    lagging.advance(-3600)
    assert city(lagging, person) == "New"


STEPS = st.lists(
    st.one_of(st.just("write"), st.floats(min_value=0.01, max_value=40)), min_size=1, max_size=30
)


@settings(max_examples=40, deadline=None)
@given(lag=st.sampled_from([2.0, 10.0, 60.0]), steps=STEPS)
def test_a_read_shows_the_state_of_a_lag_ago(lag, steps):
    """And never one that is older by more than a second, nor by more than a tenth of the lag."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "state.sqlite"

        def connect():
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            return connection

        writer = connect()
        writer.execute("CREATE TABLE facts (value INTEGER)")
        writer.execute("INSERT INTO facts VALUES (0)")
        clock = [1000.0]
        views = StaleViews(connect, lambda: clock[0])
        views.set_lag(lag)
        written = [float("-inf")]
        for step in steps:
            if step == "write":
                views.before_write()
                writer.execute("UPDATE facts SET value = ?", (len(written),))
                written.append(clock[0])
            else:
                clock[0] += step
            with views.reading() as view:
                (seen,) = (view or writer).execute("SELECT value FROM facts").fetchone()
            hidden = written[seen + 1 :]
            assert clock[0] - written[seen] >= lag
            assert all(clock[0] - when < lag + min(1.0, lag / 10) + 1e-6 for when in hidden)
        views.forget()
        writer.close()
