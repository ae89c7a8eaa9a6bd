"""The durations of a batch's events: which are measured, and how they are condensed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.durations import PERCENTS, nearest_rank
from pardot_odoo_pipeline.steps.speed_to_lead import event_metadata
from pardot_odoo_pipeline_tests.ledgers import NOW

seconds = st.floats(0, 1e6, allow_nan=False)


@dataclass(frozen=True)
class Timed:
    occurred_at: datetime | None
    received_at: datetime
    batched_at: datetime | None
    committed_at: datetime | None


def timed(
    occurred: float | None = None, batched: float | None = None, committed: float | None = None
) -> Timed:
    """Seconds before and after the receipt."""

    def at(offset: float | None) -> datetime | None:
        return None if offset is None else NOW + timedelta(seconds=offset)

    return Timed(at(occurred), NOW, at(batched), at(committed))


@given(st.lists(seconds, min_size=1, max_size=300), st.sampled_from(PERCENTS))
def test_a_percentile_is_the_nearest_rank(values: list[float], percent: int) -> None:
    found = nearest_rank(sorted(values), percent)
    assert found == np.percentile(values, percent, method="inverted_cdf")
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


@given(st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=60))
def test_every_duration_is_measured_from_its_own_start(
    moments: list[tuple[float, float, float]],
) -> None:
    told = event_metadata([timed(-before, batch, commit) for before, batch, commit in moments])
    assert told["events"] == len(moments)
    for key, values in (
        ("occurred_to_receipt", [before for before, _, _ in moments]),
        ("receipt_to_batch", [batch for _, batch, _ in moments]),
        ("event_to_lead", [commit for _, _, commit in moments]),
        ("occurred_to_lead", [before + commit for before, _, commit in moments]),
    ):
        for percent in PERCENTS:
            expected = np.percentile(values, percent, method="inverted_cdf")
            assert math.isclose(told[f"{key}_p{percent}"], expected, abs_tol=1e-5)


def test_what_has_no_value_has_no_key() -> None:
    assert event_metadata([]) == {"events": 0}
    assert set(event_metadata([timed(batched=2)])) == {
        "events",
        "receipt_to_batch_p50",
        "receipt_to_batch_p95",
        "receipt_to_batch_p99",
    }


def test_only_the_events_with_both_moments_count() -> None:
    told = event_metadata([timed(-3, 1, 4), timed(None, 1, 2), timed(-9, 1, None)])
    assert told["event_to_lead_p50"] == 2.0
    assert told["event_to_lead_p99"] == 4.0
    assert told["occurred_to_lead_p50"] == 7.0
    assert told["occurred_to_receipt_p99"] == 9.0


def test_durations_are_floats_so_that_one_line_is_drawn() -> None:
    told = event_metadata([timed(-3, 1, 4)])
    assert {type(value) for key, value in told.items() if key != "events"} == {float}
