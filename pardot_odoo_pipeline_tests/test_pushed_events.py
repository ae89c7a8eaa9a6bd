"""When an event counts as seen, how long it is looked for, and what goes first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.pushed_events import (
    GIVE_UP_AFTER,
    HOT,
    EventType,
    has_reached,
    next_look,
    priority_of,
)
from pardot_odoo_pipeline_tests.ledgers import NOW

SECOND = timedelta(seconds=1)
AGO = st.floats(-600, 600).map(lambda seconds: NOW - seconds * SECOND)


@given(AGO, AGO, AGO)
def test_a_record_of_a_later_moment_shows_the_event_whatever_was_known(
    occurred, record, known
) -> None:
    if record >= occurred.replace(microsecond=0):
        assert has_reached(occurred, NOW, record, known)


@given(AGO, AGO)
def test_what_was_known_before_shows_nothing_that_happened_later(occurred, record) -> None:
    if record < occurred.replace(microsecond=0):
        assert not has_reached(occurred, NOW, record, record)


@pytest.mark.parametrize(
    ("age", "known", "seen"),
    [
        (3, None, True),
        (3, 100, True),
        (3, 3, False),
        (3, 2, False),
        (299, 900, True),
        (302, 900, False),
        (302, None, False),
        (0, 0, True),
    ],
)
@pytest.mark.parametrize("timed", [True, False], ids=["told when it was sent", "told nothing"])
def test_a_sender_may_tell_late_what_is_news(
    age: int, known: int | None, seen: bool, timed: bool
) -> None:
    before = None if known is None else NOW - known * SECOND
    assert has_reached(NOW if timed else None, NOW, NOW - age * SECOND, before) is seen


def test_nobody_found_shows_nothing() -> None:
    assert not has_reached(NOW, NOW, None, None)


def test_an_event_is_looked_for_a_few_times_within_its_ninety_seconds() -> None:
    looks, passed = 1, timedelta()
    while (passed := passed + next_look(looks)) <= GIVE_UP_AFTER:
        looks += 1
    assert 4 <= looks <= 8
    assert next_look(1) < 5 * SECOND


@pytest.mark.parametrize(
    ("kind", "score", "hot"),
    [
        ("form_submitted", None, True),
        ("page_viewed", None, False),
        ("score_changed", 99, False),
        ("score_changed", 100, True),
        ("page_viewed", 400, True),
        ("anything", None, False),
    ],
)
def test_forms_and_high_scores_go_first(kind: str, score: float | None, hot: bool) -> None:
    assert (priority_of(kind, score, (EventType.FORM_SUBMITTED,), 100) == HOT) is hot
