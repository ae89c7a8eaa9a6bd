"""Two machines that answer each other are stopped; people who change their minds are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.merge.ping_pong import KEPT, OwnWrite, appended, is_ping_pong

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def write(hours_ago: float, to: str, value: str, batch: str | None = None, **more) -> OwnWrite:
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    return {"at": at, "to": to, "hash": value, "batch": batch or at, "rule": "x", **more}


def judged(*history: OwnWrite, human_edit: bool = False) -> bool:
    return is_ping_pong(history, NOW, human_edit)


def test_a_value_that_is_written_again_and_again_is_ping_pong() -> None:
    assert judged(write(3, "odoo", "a"), write(2, "odoo", "b"), write(1, "odoo", "a"))
    assert judged(write(3, "odoo", "a"), write(2, "odoo", "a"), write(1, "odoo", "a"))


def test_sides_in_turns_are_ping_pong_even_with_new_values() -> None:
    assert judged(write(3, "odoo", "a"), write(2, "pardot", "b"), write(1, "odoo", "c"))


def test_three_different_values_to_one_side_are_a_busy_person() -> None:
    assert not judged(write(3, "odoo", "a"), write(2, "odoo", "b"), write(1, "odoo", "c"))


def test_two_writes_are_not_enough() -> None:
    assert not judged(write(2, "odoo", "a"), write(1, "odoo", "a"))


def test_what_is_older_than_a_day_does_not_count() -> None:
    assert not judged(write(25, "odoo", "a"), write(2, "odoo", "a"), write(1, "odoo", "a"))


def test_a_persons_edit_is_always_carried_over() -> None:
    again = [write(hours, "odoo", "a") for hours in (3, 2, 1)]
    assert not judged(*again, human_edit=True)


def test_a_person_in_between_ends_the_count() -> None:
    between = write(2, "odoo", "a", human=True)
    assert not judged(write(3, "odoo", "a"), between, write(1, "odoo", "a"))


def test_one_edit_carried_to_pardot_and_another_cell_is_one_turn() -> None:
    edits = [
        write(4 - turn, side, f"{turn}{side}", batch=f"batch{turn}")
        for turn in range(3)
        for side in ("odoo", "pardot")
    ]
    assert not judged(*edits)


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from("op"), st.sampled_from("abc")),
        unique_by=lambda entry: entry[0],
    )
)
def test_a_shortened_history_is_judged_like_the_whole(entries) -> None:
    whole = [write(ago, to, value) for ago, to, value in sorted(entries, reverse=True)]
    short: list[OwnWrite] = []
    for entry in whole:
        short = appended(short, entry, datetime.fromisoformat(entry["at"]))
    assert len(short) <= KEPT
    assert judged(*short) == judged(*whole)
