"""Processes that show life, and those that do not any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import workers

SECOND = timedelta(seconds=1)


def known(ledger: Ledger, name: str, now: datetime, kind: str = workers.WARM) -> None:
    with ledger.write() as tx:
        workers.register(tx, name, kind, host="here", pid=7, now=now, detail={"state": "ready"})


def is_alive(ledger: Ledger, now: datetime, kind: str = workers.WARM) -> bool:
    with ledger.read() as tx:
        return workers.alive(tx, kind, now=now)


def test_a_process_lives_as_long_as_it_shows_it(ledger: Ledger, now) -> None:
    assert not is_alive(ledger, now)
    known(ledger, "here:7:a", now)
    assert is_alive(ledger, now + workers.SILENT_AFTER)
    later = now + workers.SILENT_AFTER + SECOND
    assert not is_alive(ledger, later)
    with ledger.write() as tx:
        assert workers.heartbeat(tx, "here:7:a", now=later)
        assert not workers.heartbeat(tx, "here:8:b", now=later), "nobody knows that one"
    assert is_alive(ledger, later)
    assert not is_alive(ledger, later, workers.RECEIVER), "another kind"


def test_who_stops_is_not_waited_for(ledger: Ledger, now) -> None:
    known(ledger, "here:7:a", now)
    known(ledger, "here:8:b", now)
    with ledger.write() as tx:
        workers.stop(tx, "here:7:a", now=now + SECOND)
    assert is_alive(ledger, now + SECOND), "the other one still lives"
    with ledger.write() as tx:
        workers.stop(tx, "here:8:b", now=now + SECOND)
        workers.stop(tx, "here:8:b", now=now + 9 * SECOND)
        assert not workers.heartbeat(tx, "here:8:b", now=now + 9 * SECOND), "a late sign of life"
    assert not is_alive(ledger, now + SECOND)
    with ledger.read() as tx:
        assert {one.stopped_at for one in workers.listed(tx)} == {now + SECOND}


def test_what_is_known_of_a_process(ledger: Ledger, now) -> None:
    known(ledger, "here:7:a", now)
    known(ledger, "here:9:c", now + SECOND, workers.RECEIVER)
    with ledger.write() as tx:
        workers.heartbeat(tx, "here:7:a", now=now + 5 * SECOND, detail={"state": "resting"})
        workers.heartbeat(tx, "here:7:a", now=now + 6 * SECOND)
    with ledger.read() as tx:
        warm, receiver = workers.listed(tx)
    assert (warm.id, warm.kind, warm.host, warm.pid) == ("here:7:a", "warm", "here", 7)
    assert (warm.started_at, warm.heartbeat_at) == (now, now + 6 * SECOND)
    assert warm.detail == {"state": "resting"}
    assert receiver.kind == "receiver"
    assert warm.is_alive(now + 6 * SECOND)
    assert not warm.is_alive(now + timedelta(minutes=1))


def test_the_silent_of_long_ago_are_forgotten(ledger: Ledger, now) -> None:
    known(ledger, "here:7:a", now)
    known(ledger, "here:8:b", now + timedelta(days=6))
    known(ledger, "here:9:c", now + timedelta(days=8))
    with ledger.read() as tx:
        assert [one.id for one in workers.listed(tx)] == ["here:9:c", "here:8:b"]
