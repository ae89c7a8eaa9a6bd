"""How many calls a run will make, guessed from those before it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.operations.budget import Lane
from pardot_odoo_pipeline.operations.call_forecast import Usual, refuse_beyond_today
from pardot_odoo_pipeline.operations.quota import Left

MIDNIGHT = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)


def left(calls: int) -> Left:
    return Left(Lane.INITIAL, 25_000, 0, 0, calls, MIDNIGHT)


def test_without_a_past_a_share_of_the_people_is_assumed() -> None:
    assert Usual.of([], first_time=0.02).calls(100_000, 5) == 2_000


def test_the_past_tells_what_a_batch_and_what_a_person_costs() -> None:
    usual = Usual.of([(0, 4), (100, 24), (300, 64)])
    assert (usual.per_batch, usual.per_person) == (4, 0.2)
    assert usual.calls(1_000, 2) == 208


def test_empty_batches_tell_nothing_of_people() -> None:
    assert Usual.of([(0, 4), (0, 6)], first_time=0.1).calls(50) == 5 + 6


def test_a_run_that_fits_is_let_go() -> None:
    refuse_beyond_today(left(2_000), 2_000)


def test_a_run_that_does_not_fit_is_told_when_it_would() -> None:
    with pytest.raises(PipelineError, match="about 2,001 calls") as caught:
        refuse_beyond_today(left(2_000), 2_001)
    assert caught.value.code == "calls_forecast"
    assert "2,000 of today's are left for it until 2026-03-11 04:00 UTC" in str(caught.value)
    assert "--yes" in caught.value.fix
