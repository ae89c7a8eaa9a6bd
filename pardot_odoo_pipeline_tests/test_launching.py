"""Who may launch which batch, and what becomes of those whose worker is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline import launching
from pardot_odoo_pipeline.batches import BatchKey, BatchKind, BucketScope, IdsScope
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, takeover
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline.ports import Worker
from pardot_odoo_pipeline_tests.ledgers import NOW, begun, opened, state


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite") as made:
        yield made


def dead_process() -> int:
    """The id of a process that has ended and was waited for."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def here(pid: int) -> str:
    return Worker(pid=pid).id


@given(st.integers(-3, 60))
def test_the_rest_between_attempts_grows_and_has_an_end(attempt: int) -> None:
    rest = takeover.backoff(attempt)
    assert timedelta(minutes=1) <= rest <= timedelta(minutes=30)
    assert rest <= takeover.backoff(attempt + 1)


def test_the_right_to_launch_is_given_once(ledger: Ledger) -> None:
    key = opened(ledger)
    [request] = launching.take_requests(ledger, NOW)
    assert (request.key, request.attempt) == (key, 1)
    assert launching.take_requests(ledger, NOW) == []
    assert launching.waiting(ledger) == []


def test_what_a_worker_runs_itself_takes_no_place_in_the_queue(ledger: Ledger) -> None:
    for _ in range(launching.MOST_REQUESTED):
        key = opened(ledger)
        with ledger.write() as connection:
            assert batches.request_run(connection, key, now=NOW, worker_id=here(os.getpid()))
    others = [opened(ledger) for _ in range(launching.MOST_REQUESTED + 1)]
    requests = launching.take_requests(ledger, NOW)
    assert [request.key for request in requests] == others[:-1]
    assert launching.take_requests(ledger, NOW) == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells zombies")
def test_a_worker_that_its_parent_has_not_buried_is_dead_too(ledger: Ledger) -> None:
    key = opened(ledger)
    worker = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # it has ended; we did not reap it
    try:
        begun(ledger, key, here(worker.pid))
        assert len(launching.take_over(ledger, NOW)) == 1
    finally:
        worker.wait()


def test_a_batch_of_a_dead_process_goes_on_at_once(ledger: Ledger) -> None:
    key = opened(ledger)
    begun(ledger, key, here(dead_process()))
    assert len(launching.take_over(ledger, NOW)) == 1
    assert launching.waiting(ledger) == [str(key)]
    [request] = launching.take_requests(ledger, NOW, only=[str(key)])
    assert request.attempt == 2


@pytest.mark.parametrize(
    "worker",
    [here(os.getpid()), "another-host:1:abc", "unreadable"],
    ids=["living", "distant", "odd"],
)
def test_a_batch_of_a_living_or_distant_worker_is_left_until_it_is_silent(
    ledger: Ledger, worker: str
) -> None:
    key = opened(ledger)
    begun(ledger, key, worker)
    assert len(launching.take_over(ledger, NOW + timedelta(minutes=4))) == 0
    assert state(ledger, key) == "running"
    assert len(launching.take_over(ledger, NOW + timedelta(minutes=6))) == 1
    assert state(ledger, key) == "abandoned"


def test_an_abandoned_batch_rests_unless_a_person_waits(ledger: Ledger) -> None:
    key = opened(ledger)
    batch = begun(ledger, key, "elsewhere:1:x")
    with ledger.write() as connection:
        takeover.fail(connection, batch, now=NOW, outcome={"error": "x"})
    soon = NOW + timedelta(seconds=30)
    assert launching.take_requests(ledger, soon) == []
    assert len(launching.take_requests(ledger, soon, only=[str(key)])) == 1


def test_however_many_rest_a_newer_one_is_launched(ledger: Ledger) -> None:
    """A thousand batches may fail for a reason of theirs before one that is well."""
    with ledger.write() as connection:
        new = [NewBatch(IdsScope((str(n),))) for n in range(1100)]
        keys = batches.open_batches(connection, BatchKind.MANUAL, new, now=NOW)
        failed = sa.update(sync_batches).values(state="running", worker_id="x", heartbeat_at=NOW)
        connection.execute(failed.values(attempt=3))
        for key in keys:
            rests = key != keys[-1]
            takeover.fail(
                connection, batches.get(connection, key), now=NOW, outcome={}, rests=rests
            )
    newest = opened(ledger, at=NOW + timedelta(seconds=1))
    soon = NOW + takeover.backoff(3) - timedelta(seconds=1)
    assert [r.key for r in launching.take_requests(ledger, soon)] == [keys[-1], newest]
    then = NOW + takeover.backoff(3)
    assert [r.key for r in launching.take_requests(ledger, then)] == keys[:2]


def test_the_rest_in_the_query_is_that_of_the_rule(ledger: Ledger) -> None:
    key = opened(ledger)
    for attempt, minutes in product((1, 2, 3, 5, 6, 7, 40), (0, 1, 2, 4, 15, 16, 29, 30, 31)):
        with ledger.write() as connection:
            ended = {"state": "running", "worker_id": "x", "attempt": attempt, "faults": 0}
            connection.execute(sa.update(sync_batches).values(**ended))
            takeover.fail(connection, batches.get(connection, key), now=NOW, outcome={})
        launched = launching.take_requests(ledger, NOW + timedelta(minutes=minutes))
        rested = timedelta(minutes=minutes) >= takeover.backoff(attempt)
        assert [r.key for r in launched] == [key] * rested, (attempt, minutes)


def test_after_its_rest_an_abandoned_batch_is_launched_again(ledger: Ledger) -> None:
    key = opened(ledger)
    batch = begun(ledger, key, "elsewhere:1:x")
    with ledger.write() as connection:
        takeover.fail(connection, batch, now=NOW, outcome={"error": "x"})
    later = NOW + takeover.backoff(1)
    assert [request.attempt for request in launching.take_requests(ledger, later)] == [2]


def test_a_launch_that_failed_before_the_batch_began_is_given_back(ledger: Ledger) -> None:
    key = opened(ledger)
    [request] = launching.take_requests(ledger, NOW)
    launching.give_back(ledger, request, NOW)
    assert launching.waiting(ledger) == [str(key)]


def test_giving_back_leaves_a_batch_that_somebody_else_has(ledger: Ledger) -> None:
    key = opened(ledger)
    [request] = launching.take_requests(ledger, NOW)
    launching.give_back(ledger, request, NOW)
    launching.take_requests(ledger, NOW, only=[str(key)])
    launching.give_back(ledger, request, NOW)
    assert state(ledger, key) == "requested"


def test_faults_of_its_own_come_to_an_end(ledger: Ledger) -> None:
    key = opened(ledger)
    for _ in range(takeover.MAX_FAULTS):
        batch = begun(ledger, key, "elsewhere:1:x")
        with ledger.write() as connection:
            takeover.fail(connection, batch, now=NOW, outcome={"error": "x"})
    assert state(ledger, key) == "failed"
    assert launching.waiting(ledger) == []


def test_systems_that_cannot_be_opened_use_nothing_up(ledger: Ledger) -> None:
    key = opened(ledger)
    for _ in range(20):
        [request] = launching.take_requests(ledger, NOW, only=[str(key)])
        launching.give_back(ledger, request, NOW)
    assert launching.waiting(ledger) == [str(key)]


def test_what_waits_in_the_queue_is_not_lost(ledger: Ledger) -> None:
    keys = [opened(ledger) for _ in range(10)]
    requests = launching.take_requests(ledger, NOW)
    assert [request.key for request in requests] == keys[: launching.MOST_REQUESTED]
    queued = [str(request.key) for request in requests]
    for minutes in range(6, 60, 6):
        later = NOW + timedelta(minutes=minutes)
        assert len(launching.take_over(ledger, later, alive=queued)) == 0
        assert launching.take_requests(ledger, later) == []
    later = NOW + timedelta(hours=2)
    assert len(launching.take_over(ledger, later, alive=queued[1:])) == 1
    assert state(ledger, keys[0]) == "abandoned"


def test_a_launch_that_is_lost_again_and_again_never_fails_its_batch(ledger: Ledger) -> None:
    key = opened(ledger)
    for hours in range(1, 20):
        now = NOW + timedelta(hours=hours)
        assert [r.attempt for r in launching.take_requests(ledger, now)] == [hours]
        assert len(launching.take_over(ledger, now + timedelta(minutes=6))) == 1
    assert launching.waiting(ledger) == [str(key)]


def test_a_person_puts_failed_buckets_of_the_latest_initial_sync_back_to_work(
    ledger: Ledger,
) -> None:
    older, newer = NOW - timedelta(days=1), NOW
    for at, name in ((older, "old"), (newer, "new"), (newer, "gone")):
        key = opened(ledger, kind=BatchKind.INITIAL, scope=BucketScope(name, 0, 1), at=at)
        batch = begun(ledger, key, "elsewhere:1:x")
        with ledger.write() as connection:
            takeover.fail(connection, batch, now=at, outcome={"error": "x"}, hopeless=True)
    [resumed] = launching.resume_failed(ledger, {"old", "new"})
    assert launching.waiting(ledger) == [resumed]
    with ledger.read() as connection:
        batch = batches.get(connection, BatchKey.parse(resumed))
    assert (batch.scope, batch.faults) == (BucketScope("new", 0, 1), 0)


def test_interval_batches_share_a_lane() -> None:
    assert launching.lane_of(BatchKind.INTERVAL) == "interval"
    assert len({launching.lane_of(kind) for kind in BatchKind}) == len(BatchKind)


def test_a_launch_that_never_became_a_run_is_given_to_the_next_asker(ledger: Ledger) -> None:
    lost, late = opened(ledger), opened(ledger)
    assert len(launching.take_requests(ledger, NOW)) == 2
    soon, then = NOW + launching.LOST_AFTER, NOW + launching.LOST_AFTER * 2

    def on_its_way(batch: batches.Batch) -> list[bool]:
        return [False] if batch.key == late else []

    assert launching.free_lost(ledger, soon, on_its_way) == 0
    assert launching.free_lost(ledger, then, on_its_way) == 1
    assert (state(ledger, lost), state(ledger, late)) == ("abandoned", "requested")
    # It did not fail, so it does not rest.
    [again] = launching.take_requests(ledger, then)
    assert (again.key, again.attempt) == (lost, 2)


def test_a_run_that_failed_before_its_batch_began_gives_it_back_for_later(ledger: Ledger) -> None:
    key = opened(ledger)
    launching.take_requests(ledger, NOW)
    later = NOW + timedelta(seconds=40)
    assert launching.free_lost(ledger, later, lambda batch: [True]) == 1
    assert launching.take_requests(ledger, later + timedelta(seconds=30)) == [], "it rests"
    [again] = launching.take_requests(ledger, later + timedelta(minutes=3))
    assert (again.key, again.attempt) == (key, 2)


def test_what_a_worker_runs_itself_is_no_lost_launch(ledger: Ledger) -> None:
    key = opened(ledger)
    with ledger.write() as connection:
        batches.request_run(connection, key, now=NOW, worker_id="elsewhere:1:x")
    later = NOW + launching.LOST_AFTER * 2
    assert launching.free_lost(ledger, later, lambda batch: []) == 0
    assert state(ledger, key) == "requested"
