"""Three clocks that are minutes apart: no change is lost, and no cursor runs ahead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.clock import RemoteClock
from pardot_odoo_pipeline.ledger.store import cursors
from pardot_odoo_pipeline.steps.changes import LEADS_CURSOR, UPDATED_CURSOR
from pardot_odoo_pipeline.steps.clocks import ahead_of, standing_there
from pardot_odoo_pipeline_tests.both_sides import BothSides

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Shifted(RemoteClock):
    """Our machine's clock, some time off the world's, where both systems live."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@contextmanager
def our_clock_ahead(minutes: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Shifted, "ahead", minutes * MINUTE)
    monkeypatch.setattr("pardot_odoo_pipeline.settings.RemoteClock", Shifted)
    yield
    monkeypatch.undo()


@pytest.mark.parametrize("minutes", [12, -12], ids=["ahead", "behind"])
def test_no_change_is_lost_between_two_readings(
    both: BothSides, monkeypatch: pytest.MonkeyPatch, minutes: float
) -> None:
    marketers, sellers = both.person(f"m{minutes}"), both.person(f"s{minutes}")
    both.sync()
    with our_clock_ahead(minutes, monkeypatch):
        both.sync()
        # A minute later: with our clock ahead, the cursor would stand beyond this edit.
        both.later(60)
        both.in_pardot(marketers, score=41)
        both.edit_lead(sellers, function="Smith")
        # And then nothing for longer than intervals overlap.
        both.later(60 * 20)
        both.sync()
        both.later(60 * 20)
        both.sync()
        assert both.lead(marketers)["x_pardot_score"] == 41
        assert both.prospect(sellers)["jobTitle"] == "Smith"
        with both.ports() as ports, ports.ledger.read() as connection:
            there = datetime.fromisoformat(both.world.pardot.control("GET", "/clock")["now"])
            for name in (UPDATED_CURSOR, LEADS_CURSOR):
                standing = cursors.position(connection, name)
                assert standing is not None
                assert standing.time <= there + timedelta(seconds=5), name
    both.later(60 * 25)  # a clock that was set right is no obstacle either
    both.in_pardot(marketers, score=42)
    both.sync()
    assert both.lead(marketers)["x_pardot_score"] == 42


def told(moment: datetime) -> SimpleNamespace:
    return SimpleNamespace(told_time=format_datetime(moment, usegmt=True))


@given(st.integers(-7200, 7200), st.integers(0, 999_999), st.integers(0, 4))
def test_a_cursor_never_stands_where_the_other_system_has_not_been(
    ahead: int, microseconds: int, way: int
) -> None:
    there = NOON + timedelta(microseconds=microseconds)
    ours = there + timedelta(seconds=ahead + way)
    clock = SimpleNamespace(now=lambda: ours)
    found = ahead_of(told(there), clock)
    standing = standing_there(ours, found)
    # Less than five seconds are no difference: intervals overlap by five minutes.
    assert standing <= there + timedelta(seconds=5)
    if ahead >= 0:
        assert standing >= there - timedelta(seconds=7), "and not far behind either"


@pytest.mark.parametrize("text", [None, "", "yesterday", "Mon, 99 Feb 2026 25:00:00 GMT"])
def test_a_server_that_tells_no_time_is_taken_for_ours(text: str | None) -> None:
    clock = SimpleNamespace(now=lambda: NOON)
    assert ahead_of(SimpleNamespace(told_time=text), clock) == timedelta(0)
