"""Whom a new batch is about, written down before any run is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pardot_odoo_pipeline import launching, opening
from pardot_odoo_pipeline.batches import BatchKey, BatchKind, ChangesScope, IdsScope, RangeScope
from pardot_odoo_pipeline.errors import ConfigurationError, FailureClass
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, cursors, retries
from pardot_odoo_pipeline.steps.changes import ACTIVITY_CURSOR, UPDATED_CURSOR
from pardot_odoo_pipeline_tests.ledgers import NOW, begun, done, opened


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite") as made:
        yield made


def stand_at(ledger: Ledger, updated: cursors.Position, activity: cursors.Position) -> None:
    with ledger.write() as connection:
        for name, to in ((UPDATED_CURSOR, updated), (ACTIVITY_CURSOR, activity)):
            cursors.advance(connection, name, expected=None, to=to, now=NOW)


def scope(ledger: Ledger, key: BatchKey) -> object:
    with ledger.read() as connection:
        return batches.get(connection, key).scope


def test_without_an_initial_sync_there_is_no_interval(ledger: Ledger) -> None:
    with pytest.raises(ConfigurationError, match="initial sync"):
        opening.open_interval(ledger, NOW)


def test_an_interval_reads_back_over_its_beginning(ledger: Ledger) -> None:
    an_hour_ago, ago = NOW - timedelta(hours=1), NOW - timedelta(hours=2)
    stand_at(ledger, cursors.Position(an_hour_ago), cursors.Position(ago))
    key = opening.open_interval(ledger, NOW.replace(microsecond=7))
    assert key is not None
    begin = an_hour_ago - opening.OVERLAP
    # Odoo was never read by intervals: its changes are read from where Pardot's are.
    assert scope(ledger, key) == ChangesScope(begin, ago - opening.OVERLAP, NOW, begin, begin)
    assert timedelta(seconds=60) <= opening.OVERLAP, "Pardot may show a minute-old state"


def test_within_one_second_of_very_many_the_reading_goes_on_exactly(ledger: Ledger) -> None:
    crowded = NOW - timedelta(hours=1)
    stand_at(ledger, cursors.Position(crowded, tie=500), cursors.Position(crowded))
    key = opening.open_interval(ledger, NOW)
    assert key is not None
    found = scope(ledger, key)
    assert isinstance(found, ChangesScope)
    assert (found.since_updated, found.since_activity) == (crowded, crowded - opening.OVERLAP)


def test_intervals_come_one_at_a_time(ledger: Ledger) -> None:
    stand_at(ledger, cursors.Position(NOW), cursors.Position(NOW))
    first = opening.open_interval(ledger, NOW)
    assert first is not None
    assert opening.open_interval(ledger, NOW) is None
    begun(ledger, first, "elsewhere:1:x")
    assert opening.open_interval(ledger, NOW + timedelta(hours=1)) is None


def test_the_next_interval_follows_the_finished_one(ledger: Ledger) -> None:
    stand_at(ledger, cursors.Position(NOW), cursors.Position(NOW))
    first = opening.open_interval(ledger, NOW)
    assert first is not None
    done(ledger, first)
    second = opening.open_interval(ledger, NOW + timedelta(minutes=15))
    assert second is not None
    assert second > first


def test_named_prospects_are_a_scope_each_once(ledger: Ledger) -> None:
    [key] = opening.open_ids(ledger, ["7", "5", "7"], NOW)
    assert scope(ledger, key) == IdsScope(("7", "5"))
    assert key.kind is BatchKind.MANUAL


@pytest.mark.parametrize("ids", [[], ["7", "x"], ["ada@example.com"], ["-1"], [""]])
def test_what_is_no_prospect_id_is_refused_without_being_repeated(
    ledger: Ledger, ids: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        opening.open_ids(ledger, ids, NOW)
    assert "example.com" not in str(refusal.value)


def test_a_range_is_a_scope(ledger: Ledger) -> None:
    since = NOW - timedelta(days=3)
    [key] = opening.open_range(ledger, since, NOW)
    assert scope(ledger, key) == RangeScope(since, NOW)


@pytest.mark.parametrize("since", [NOW, NOW + timedelta(days=1), NOW.replace(tzinfo=None)])
def test_a_range_must_be_one(ledger: Ledger, since: object) -> None:
    with pytest.raises(ConfigurationError):
        opening.open_range(ledger, since, NOW)  # type: ignore[arg-type]


def test_due_retries_are_opened_once(ledger: Ledger) -> None:
    first = opened(ledger)
    with ledger.write() as connection:
        retries.record(
            connection,
            [retries.Failure(str(n), FailureClass.RETRY_LATER, "x") for n in range(5)],
            system="odoo",
            batch_key=str(first),
            now=NOW,
        )
    assert opening.open_due_retries(ledger, NOW, batch_size=3) == []
    later = NOW + timedelta(days=1)
    [key] = opening.open_due_retries(ledger, later, batch_size=3)
    [rest] = opening.open_due_retries(ledger, later, batch_size=3)
    assert opening.open_due_retries(ledger, later, batch_size=3) == []
    asked = [scope(ledger, one) for one in (key, rest)]
    ids = [number for found in asked for number in found.prospect_ids]  # type: ignore[attr-defined]
    assert sorted(ids) == ["0", "1", "2", "3", "4"]
    assert key.kind is BatchKind.RETRY


def test_what_a_command_opens_for_itself_is_requested_from_the_first_moment(ledger: Ledger) -> None:
    [key] = opening.open_ids(ledger, ["5"], NOW, take="here:1:x")
    assert launching.take_requests(ledger, NOW) == []
    with ledger.write() as connection:
        assert batches.start(connection, key, "w", now=NOW, attempt=1).attempt == 1
