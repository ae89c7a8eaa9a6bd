"""Batch keys, scopes, buckets and retention."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.batches import (
    BatchAge,
    BatchKey,
    BatchKind,
    BatchState,
    BucketScope,
    ChangesScope,
    IdsScope,
    RangeScope,
    RetentionRules,
    bucket_of,
    retention_due,
    scope_from_json,
    scope_to_json,
)
from pardot_odoo_pipeline.errors import PipelineError

zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 (hypothesis adds the zones)
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=zones,
)
kinds = st.sampled_from(BatchKind)
keys = st.builds(BatchKey, kinds, moments, st.integers(1, 10**18 - 1))
scopes = st.one_of(
    st.builds(BucketScope, st.text(), st.integers(0, 5000), st.integers(0, 20_000)),
    st.builds(ChangesScope, moments, moments, moments),
    st.builds(IdsScope, st.lists(st.text()).map(tuple)),
    st.builds(RangeScope, moments, moments),
)


@given(keys)
def test_a_key_reads_back_as_itself_and_is_safe_in_paths(key: BatchKey) -> None:
    text = str(key)
    assert BatchKey.parse(text) == key
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzTZ0123456789-")


@given(kinds, st.lists(st.tuples(moments, st.integers(1, 9999)), min_size=2))
def test_keys_of_one_kind_sort_alike_as_values_and_as_text(kind, stamps) -> None:
    made = [BatchKey(kind, *stamp) for stamp in stamps]
    assert [str(key) for key in sorted(made)] == sorted(str(key) for key in made)


def test_a_key_reads_as_documented() -> None:
    opened = datetime(2026, 1, 2, 5, 4, 59, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert str(BatchKey(BatchKind.WEBHOOK, opened, 7)) == "webhook-20260102T030459Z-0007"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "interval",
        "interval-20260102T030400Z",
        "interval-20260102T030400Z-1",
        "interval-20260102T030400Z-00001",
        "interval-20260102T030400Z-0000",
        "interval-20260132T030400Z-0001",
        "interval-20260102T246000Z-0001",
        "hourly-20260102T030400Z-0001",
        "Interval-20260102T030400Z-0001",
        " interval-20260102T030400Z-0001",
        "interval-20260102T030400Z-0001\n",
        "interval-٢٠٢٦0102T030400Z-0001",
        "../../etc/passwd",
        "interval-20260102T030400Z-9999999999999999999999",
    ],
)
def test_nonsense_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(PipelineError, match=r"interval-20260102T030400Z-0001") as caught:
        BatchKey.parse(text)
    assert caught.value.code == "batch_key"


@given(st.text(max_size=60))
def test_any_text_is_a_key_or_a_clear_error(text: str) -> None:
    try:
        key = BatchKey.parse(text)
    except PipelineError:
        return
    assert str(key) == text


def test_times_without_a_zone_and_numbers_below_one_are_refused() -> None:
    with pytest.raises(PipelineError, match="zone"):
        BatchKey(BatchKind.BULK, datetime(2026, 1, 1), 1)  # noqa: DTZ001
    with pytest.raises(PipelineError, match="from 1"):
        BatchKey(BatchKind.BULK, datetime(2026, 1, 1, tzinfo=UTC), 0)
    with pytest.raises(PipelineError, match="zone"):
        scope_to_json(RangeScope(datetime(2026, 1, 1), datetime(2026, 1, 2)))  # noqa: DTZ001


@given(scopes)
def test_a_scope_survives_json(scope) -> None:
    assert scope_from_json(json.loads(json.dumps(scope_to_json(scope)))) == scope


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": "filter", "q": "x"},
        {"type": "ids"} | {"unknown": 1},
        {"type": "range", "since": "yesterday", "until": "today"},
        {"type": "bucket", "spool": "s"},
    ],
)
def test_an_unreadable_scope_is_refused(document) -> None:
    with pytest.raises(PipelineError) as caught:
        scope_from_json(document)
    assert caught.value.code == "batch_scope"


def test_a_bucket_never_moves() -> None:
    # Frozen results: spools on disk were split by this very hash.
    keys = ("ada@example.com", "é@example.org", "17", "")
    assert [bucket_of(key, 64) for key in keys] == [39, 9, 52, 52]


def test_buckets_fill_evenly() -> None:
    sizes = Counter(bucket_of(f"person{i}@example.com", 10) for i in range(20_000))
    assert set(sizes) == set(range(10))
    assert max(sizes.values()) < 2_200


NOW = datetime(2026, 6, 1, tzinfo=UTC)


def age(seq: int, days: float | None, kind=BatchKind.INTERVAL, people=5, state=None, live=False):
    finished = None if days is None else NOW - timedelta(days=days)
    state = state or (BatchState.DONE if finished else BatchState.RUNNING)
    return BatchAge(BatchKey(kind, NOW - timedelta(days=30), seq), state, finished, people, live)


def due(*batches: BatchAge, **rules) -> list[int]:
    return [key.seq for key in retention_due(batches, NOW, RetentionRules(**rules))]


def test_old_batches_go_and_empty_intervals_go_sooner() -> None:
    assert due(
        age(1, 6.9),
        age(2, 7),
        age(3, 8, state=BatchState.FAILED),
        age(4, 2.1, people=0),
        age(5, 1.9, people=0),
        age(6, 2.1, people=0, kind=BatchKind.MANUAL),
        age(7, 2.1, people=None),
    ) == [3, 2, 4]


@pytest.mark.parametrize("kind", [BatchKind.WEBHOOK, BatchKind.ODOO, BatchKind.BULK])
def test_what_pushed_events_bring_goes_sooner(kind: BatchKind) -> None:
    assert due(age(1, 1.9, kind=kind), age(2, 2.1, kind=kind), age(3, 2.1)) == [2]


@pytest.mark.parametrize("state", ["scoped", "requested", "running", "abandoned"])
def test_unfinished_batches_and_live_runs_always_stay(state: str) -> None:
    assert due(age(1, 400, state=BatchState(state)), age(2, 400, live=True), max_keys=0) == []
    assert due(age(3, None)) == []


def test_above_the_cap_the_longest_finished_go_first() -> None:
    batches = [age(seq, days=seq / 10) for seq in range(1, 11)]
    assert due(*batches, max_keys=7) == [10, 9, 8]
    assert due(*batches, age(99, 9), max_keys=7) == [99, 10, 9, 8]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 20), st.sampled_from(BatchState), st.booleans(), st.sampled_from([0, 5])
        ),
        max_size=40,
    ),
    st.integers(0, 20),
)
def test_retention_keeps_its_promises_for_any_history(rows, cap: int) -> None:
    batches = [
        age(seq, days, people=people, state=state, live=live)
        for seq, (days, state, live, people) in enumerate(rows, 1)
    ]
    gone = set(due(*batches, max_keys=cap))
    removable = {b.key.seq for b in batches if not b.live_run and b.state in {"done", "failed"}}
    assert gone <= removable
    assert {
        b.key.seq
        for b in batches
        if b.key.seq in removable and NOW - b.finished_at >= timedelta(days=7)
    } <= gone
    assert len(batches) - len(gone) <= cap or gone == removable
