"""The life of a batch in the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pardot_odoo_pipeline.batches import (
    BatchKey,
    BatchKind,
    BatchState,
    BucketScope,
    ChangesScope,
    IdsScope,
    RangeScope,
)
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, takeover
from pardot_odoo_pipeline.ledger.store.batches import Batch, NewBatch

STALE = timedelta(minutes=5)


def opened(ledger: Ledger, now, kind=BatchKind.MANUAL, **options) -> BatchKey:
    with ledger.write() as tx:
        return batches.open_batches(tx, kind, [NewBatch(IdsScope(("1",)), **options)], now=now)[0]


def started(ledger: Ledger, key: BatchKey, now, worker="w1", **options) -> Batch:
    with ledger.write() as tx:
        return batches.start(tx, key, worker, now=now, **options)


def request(ledger: Ledger, key: BatchKey, now, **options):
    with ledger.write() as tx:
        return batches.request_run(tx, key, now=now, **options)


def reaped(ledger: Ledger, now, **options):
    with ledger.write() as tx:
        ended = takeover.reap(tx, now=now, stale_after=STALE, **options)
        return [(one.key, one.state) for one in ended]


def state(ledger: Ledger, key: BatchKey) -> BatchState:
    with ledger.read() as tx:
        return batches.get(tx, key).state


def test_scopes_come_back_as_they_were_opened(ledger: Ledger, now) -> None:
    scopes = [
        BucketScope("spool-1", 3, 19_000),
        ChangesScope(now, now - STALE, now + STALE),
        IdsScope(("7", "8")),
        RangeScope(now, now + STALE),
    ]
    with ledger.write() as tx:
        keys = batches.open_batches(
            tx, BatchKind.INITIAL, [NewBatch(scope) for scope in scopes], now=now
        )
    with ledger.read() as tx:
        assert [batches.get(tx, key).scope for key in keys] == scopes
    assert [key.seq for key in keys] == [1, 2, 3, 4]
    assert opened(ledger, now, BatchKind.INITIAL).seq == 5
    assert opened(ledger, now, BatchKind.INTERVAL).seq == 1


def test_a_key_that_nobody_opened_says_how_to_open_one(ledger: Ledger, now) -> None:
    key = BatchKey(BatchKind.MANUAL, now, 77)
    for attempt in (
        lambda tx: batches.get(tx, key),
        lambda tx: batches.start(tx, key, "w", now=now),
    ):
        with pytest.raises(PipelineError, match="open_batch") as caught, ledger.write() as tx:
            attempt(tx)
        assert caught.value.code == "batch_unknown"


def test_urgent_batches_come_first_then_the_oldest(ledger: Ledger, now) -> None:
    late = opened(ledger, now + STALE)
    early = opened(ledger, now)
    hot = opened(ledger, now + 2 * STALE, BatchKind.WEBHOOK, priority=10)
    with ledger.read() as tx:
        assert [batch.key for batch in batches.due_for_run(tx)] == [hot, early, late]
        assert [batch.key for batch in batches.recent(tx, 2)] == [hot, late]


def test_one_asker_gets_the_run_and_each_attempt_has_its_own_run_key(ledger: Ledger, now) -> None:
    key = opened(ledger, now)
    first = request(ledger, key, now)
    assert first.run_key == f"{key}:1"
    assert request(ledger, key, now) is None
    # The launch got lost: the next one must not reuse the run key.
    assert reaped(ledger, now + STALE) == []
    assert reaped(ledger, now + STALE * 2) == [(key, BatchState.ABANDONED)]
    assert request(ledger, key, now).run_key == f"{key}:2"
    # The lost run turns up after all, too late.
    with pytest.raises(PipelineError) as caught:
        started(ledger, key, now, attempt=first.attempt)
    assert caught.value.code == "batch_not_startable"
    assert started(ledger, key, now, attempt=2).attempt == 2


def test_a_batch_without_a_request_can_be_started_by_hand(ledger: Ledger, now) -> None:
    batch = started(ledger, opened(ledger, now), now, dagster_run_id="r")
    assert (batch.attempt, batch.state, batch.dagster_run_id) == (1, "running", "r")


def test_a_run_in_progress_belongs_to_one_worker(ledger: Ledger, now) -> None:
    key = opened(ledger, now)
    batch = started(ledger, key, now)
    with pytest.raises(PipelineError, match="running"):
        started(ledger, key, now, worker="w2")
    # Another step of the same run may ask again.
    assert started(ledger, key, now).attempt == batch.attempt


def test_a_silent_worker_loses_its_batch_and_can_do_no_more_harm(ledger: Ledger, now) -> None:
    key = opened(ledger, now)
    silent = started(ledger, key, now)
    with ledger.write() as tx:
        batches.heartbeat(tx, silent, now=now + STALE)
    assert reaped(ledger, now + STALE * 2) == []
    assert reaped(ledger, now + STALE * 2 + timedelta(seconds=1)) == [(key, BatchState.ABANDONED)]
    successor = started(ledger, key, now, worker="w2")
    assert successor.attempt == 2
    for act in (
        lambda tx: batches.heartbeat(tx, silent, now=now),
        lambda tx: batches.finish(tx, silent, now=now, outcome={}),
        lambda tx: takeover.fail(tx, silent, now=now, outcome={}),
        lambda tx: batches.update_scope(tx, silent, IdsScope(("2",)), 1),
    ):
        with pytest.raises(PipelineError) as caught, ledger.write() as tx:
            act(tx)
        assert caught.value.code == "batch_taken_over"
    with ledger.write() as tx:
        batches.finish(tx, successor, now=now, outcome={"created": 3}, people=3)
    with ledger.read() as tx:
        done = batches.get(tx, key)
    assert (done.state, done.outcome, done.people) == ("done", {"created": 3}, 3)
    assert done.finished_at == now


def test_a_bounded_extract_records_its_true_end(ledger: Ledger, now) -> None:
    batch = started(ledger, opened(ledger, now), now)
    with ledger.write() as tx:
        batches.update_scope(tx, batch, RangeScope(now, now + STALE), 20_000)
        found = batches.get(tx, batch.key)
    assert (found.scope, found.people) == (RangeScope(now, now + STALE), 20_000)


def test_the_batch_of_a_worker_known_to_be_dead_is_free_at_once(ledger: Ledger, now) -> None:
    batch = started(ledger, opened(ledger, now), now)
    with ledger.write() as tx:
        assert takeover.held(tx) == [batch]
        takeover.abandon(tx, batch, now=now)
        takeover.abandon(tx, batch, now=now)
        assert takeover.held(tx) == []
    again = started(ledger, batch.key, now, worker="w2")
    with ledger.write() as tx:
        takeover.abandon(tx, batch, now=now)
        assert takeover.held(tx) == [again]
        assert takeover.abandon(tx, again, now=now) == [(batch.key, BatchState.ABANDONED, None)]


def test_faults_of_the_batch_are_capped_and_those_of_systems_are_not(ledger: Ledger, now) -> None:
    key = opened(ledger, now)
    states = []
    for fault in [False] * 20 + [True] * takeover.MAX_FAULTS:
        batch = started(ledger, key, now)
        with ledger.write() as tx:
            states.append(takeover.fail(tx, batch, now=now, outcome={}, fault=fault))
    assert set(states[:-1]) == {BatchState.ABANDONED}
    assert states[-1] is state(ledger, key) is BatchState.FAILED
    assert request(ledger, key, now) is None
    assert reaped(ledger, now + STALE * 3) == []


def test_what_no_retry_can_help_fails_at_once(ledger: Ledger, now) -> None:
    batch = started(ledger, opened(ledger, now), now)
    with ledger.write() as tx:
        assert takeover.fail(tx, batch, now=now, outcome={"error": "x"}, hopeless=True) == "failed"


@pytest.mark.parametrize("end", ["failure", "death", "silence"])
def test_a_replay_that_fails_leaves_what_was_done(ledger: Ledger, now, end: str) -> None:
    key, account = opened(ledger, now), {"read": 1, "dispositions": {"created": 1}}
    with ledger.write() as tx:
        batches.finish(tx, batches.start(tx, key, "w1", now=now), now=now, outcome=account)
    replay = started(ledger, key, now, worker="w2", replay=True)
    with ledger.write() as tx:
        if end == "failure":
            takeover.fail(tx, replay, now=now, outcome={"error": "x"}, hopeless=True)
        elif end == "death":
            takeover.abandon(tx, replay, now=now)
        else:
            takeover.reap(tx, now=now + STALE * 2, stale_after=STALE)
        found = batches.get(tx, key)
    assert (found.state, found.outcome) == ("done", account)
    assert found.finished_at is not None


def test_a_finished_batch_runs_again_only_as_a_replay(ledger: Ledger, now) -> None:
    key = opened(ledger, now)
    with ledger.write() as tx:
        batches.finish(tx, batches.start(tx, key, "w1", now=now), now=now, outcome={})
    with pytest.raises(PipelineError, match="done"):
        started(ledger, key, now, worker="w2")
    again = started(ledger, key, now, worker="w2", replay=True)
    assert (again.attempt, again.state, again.finished_at) == (2, "running", None)
