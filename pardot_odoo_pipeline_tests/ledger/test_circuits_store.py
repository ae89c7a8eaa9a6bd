"""Circuits: who may ask, who goes first, and how the pauses grow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import circuits
from pardot_odoo_pipeline.ledger.store.circuits import Circuit, CircuitState, Reason
from pardot_odoo_pipeline_tests.ledgers import NOW

PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15)]


def shut(ledger: Ledger, *, at=NOW, lane: str = "", until=None, reason=Reason.DOWN) -> Circuit:
    with ledger.write() as connection:
        _, made = circuits.open_circuit(
            connection, "odoo", lane, reason=reason, code="x", now=at, pauses=PAUSES, until=until
        )
        return made


def asked(ledger: Ledger, at=NOW, *, at_once: bool = False) -> list[Circuit]:
    with ledger.write() as connection:
        return circuits.take_probes(connection, now=at, at_once=at_once)


def silent(ledger: Ledger, circuit: Circuit, at=NOW) -> Circuit | None:
    with ledger.write() as connection:
        return circuits.kept_silent(
            connection, circuit, now=at, pauses=PAUSES, reason=Reason.DOWN, code="y"
        )


def answered(ledger: Ledger, circuit: Circuit, *, first: bool) -> bool:
    with ledger.write() as connection:
        return circuits.answered(connection, circuit, first=first)


def admitted(ledger: Ledger, key: str, at=NOW, *, lane: str = "webhook") -> list[Circuit] | None:
    """The circuits that it tries; None where it must wait."""
    with ledger.write() as connection:
        way, tries = circuits.admit(connection, key, lane, now=at)
        return None if way else tries


def standing(ledger: Ledger) -> list[Circuit]:
    with ledger.read() as connection:
        return circuits.standing(connection)


def half_open(ledger: Ledger) -> Circuit:
    shut(ledger)
    [taken] = asked(ledger, NOW + PAUSES[0])
    assert answered(ledger, taken, first=True)
    [found] = standing(ledger)
    assert found.state is CircuitState.HALF_OPEN
    return found


def test_pauses_between_probes_grow_to_their_longest(ledger: Ledger) -> None:
    at = NOW
    waits = []
    found = shut(ledger)
    for _ in range(7):
        waits.append((found.probe_at - at) // timedelta(minutes=1))
        assert asked(ledger, found.probe_at - timedelta(seconds=1)) == []
        at = found.probe_at
        [taken] = asked(ledger, at)
        found = silent(ledger, taken, at)
        assert found is not None
    assert waits == [1, 2, 4, 8, 15, 15, 15]
    assert (found.probes, found.opened_at, found.code) == (7, NOW, "y")


def test_one_asks_at_a_time_and_another_one_when_that_one_died(ledger: Ledger) -> None:
    due = shut(ledger).probe_at
    assert len(asked(ledger, due)) == 1
    assert asked(ledger, due) == []
    assert asked(ledger, due, at_once=True) != [], "a person does not wait"
    again = due + circuits.PROBE_LEASE
    assert len(asked(ledger, again)) == 1


def test_an_answer_that_comes_late_changes_nothing(ledger: Ledger) -> None:
    due = shut(ledger).probe_at
    [slow] = asked(ledger, due)
    [quick] = asked(ledger, due + circuits.PROBE_LEASE)
    assert not answered(ledger, slow, first=False)
    assert silent(ledger, slow) is None
    assert answered(ledger, quick, first=False)
    assert standing(ledger) == []


def test_nothing_begins_while_it_is_open(ledger: Ledger) -> None:
    assert admitted(ledger, "a") == []
    shut(ledger)
    assert admitted(ledger, "a") is None


def test_after_an_answer_one_batch_goes_first_and_then_all(ledger: Ledger) -> None:
    found = half_open(ledger)
    assert admitted(ledger, "a") is not None
    assert admitted(ledger, "b") is None
    assert admitted(ledger, "a") is not None, "it asks when it is launched and when it begins"
    with ledger.write() as connection:
        assert not circuits.tried(connection, found, "b")
        assert circuits.tried(connection, found, "a")
    assert admitted(ledger, "b") == []


def test_who_goes_first_and_dies_is_followed_by_another_one(ledger: Ledger) -> None:
    half_open(ledger)
    assert admitted(ledger, "a") is not None
    assert admitted(ledger, "b", NOW + circuits.TRIAL_LEASE) is not None
    assert admitted(ledger, "a", NOW + circuits.TRIAL_LEASE) is None


def test_who_ends_without_an_answer_lets_another_one_go(ledger: Ledger) -> None:
    found = half_open(ledger)
    assert admitted(ledger, "a") is not None
    with ledger.write() as connection:
        circuits.free_trial(connection, found, "a")
    assert admitted(ledger, "b") is not None


def test_a_failed_trial_lets_the_pauses_go_on_where_they_were(ledger: Ledger) -> None:
    half_open(ledger)
    at = NOW + timedelta(minutes=2)
    found = shut(ledger, at=at)
    assert (found.state, found.probes, found.opened_at) == (CircuitState.OPEN, 1, NOW)
    assert found.probe_at == at + PAUSES[1]


def test_batches_under_way_do_not_put_the_probe_off(ledger: Ledger) -> None:
    first = shut(ledger)
    later = shut(ledger, at=NOW + timedelta(seconds=50))
    assert (later.probe_at, later.probes) == (first.probe_at, 0)


def test_after_a_closed_one_the_pauses_begin_anew(ledger: Ledger) -> None:
    found = half_open(ledger)
    shut(ledger)
    with ledger.write() as connection:
        assert circuits.close(connection, found)
    at = NOW + timedelta(hours=3)
    again = shut(ledger, at=at)
    assert (again.opened_at, again.probes, again.probe_at) == (at, 0, at + PAUSES[0])


def test_a_lane_pauses_alone_until_its_time(ledger: Ledger) -> None:
    reset = NOW + timedelta(hours=5)
    shut(ledger, lane="bulk", until=reset, reason=Reason.LANE)
    assert admitted(ledger, "a", lane="bulk") is None
    assert admitted(ledger, "b", lane="interval") == []
    assert asked(ledger, NOW, at_once=True) == [], "nobody can be asked about it"
    assert len(asked(ledger, reset)) == 1


@pytest.mark.parametrize("lane", ["bulk", "interval"])
def test_two_circuits_are_tried_by_one_batch(ledger: Ledger, lane: str) -> None:
    for name in ("", "bulk"):
        shut(ledger, lane=name)
    for taken in asked(ledger, NOW + PAUSES[0]):
        answered(ledger, taken, first=True)
    tries = admitted(ledger, "a", lane=lane)
    assert tries is not None
    assert [circuit.lane for circuit in tries] == (["", "bulk"] if lane == "bulk" else [""])
