"""A pushed event is a hint: its batch reads the person, and the event closes when that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from pardot_odoo_pipeline.batches import BatchKey
from pardot_odoo_pipeline.event_batches import open_event_batches
from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.store import batches, inbox
from pardot_odoo_pipeline.mapping.emails import email_key
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.pushed_events import HOT, EventType, PushedEvent, System
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline_tests.both_sides import BothSides, both_sandboxes
from pardot_odoo_pipeline_tests.world import api_calls


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothSides]:
    with both_sandboxes(tmp_path_factory.mktemp("events")) as both:
        yield both


@pytest.fixture
def ports(both: BothSides) -> Iterator[Ports]:
    both.world.forget()
    with both.ports() as ports:
        yield ports


def linked(both: BothSides, number: int) -> str:
    rows = both.odoo.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"], order="id"
    )
    return str(rows[number]["x_pardot_prospect_id"])


def push(ports: Ports, who: str | None = None, **values: Any) -> str:
    """Put an event into the inbox as the receiver does; returns its id."""
    email = values.pop("email", None)
    key = email_key(email)
    now = ports.clock.now()
    event = PushedEvent(
        **{
            "source": "salesforce",
            "event_id": uuid4().hex,
            "system": System.PARDOT,
            "type": EventType.PROSPECT_UPDATED,
            "received_at": now,
            "occurred_at": now,
            "prospect_id": who,
            "email_hash": ports.lookup_key.hash(key) if key else None,
            "payload": {"email": email} if email else {},
            **values,
        }
    )
    with ports.ledger.write() as connection:
        assert inbox.store(connection, [event]) == 1
    return event.event_id


def run(ports: Ports) -> list[dict[str, Any]]:
    """Open and run what waits; each batch's metadata of its last step."""
    keys = open_event_batches(ports.ledger, ports.rules, ports.clock.now())
    return [[step.metadata for step in run_batch(str(key), ports)][-1] for key in keys]


def row(ports: Ports, event_id: str) -> Any:
    with ports.ledger.read() as connection:
        query = inbox_events.select().where(inbox_events.c.event_id == event_id)
        return connection.execute(query).one()


def is_open(ports: Ports, event_id: str) -> bool:
    return bool(row(ports, event_id).state != "closed")


def test_an_edit_is_in_odoo_and_the_clock_says_how_long_it_took(
    both: BothSides, ports: Ports
) -> None:
    who = linked(both, 0)
    both.later(5)
    both.in_pardot(who, jobTitle="Pushed")
    event = push(ports, who)
    [metadata] = run(ports)
    assert both.lead(who)["function"] == "Pushed"
    closed = row(ports, event)
    assert (closed.state, closed.note, closed.payload) == ("closed", None, None)
    moments = [closed.occurred_at, closed.received_at, closed.batched_at, closed.committed_at]
    assert moments == sorted(moments)
    assert closed.committed_at <= closed.closed_at
    assert metadata["events"] == 1
    took = (closed.committed_at - closed.received_at) / timedelta(seconds=1)
    assert metadata["event_to_lead_p50"] == metadata["event_to_lead_p99"] == pytest.approx(took)


def test_a_sender_that_tells_when_it_sent_is_understood(both: BothSides, ports: Ports) -> None:
    who = linked(both, 8)
    both.later(200)
    both.in_pardot(who, jobTitle="Told late")
    both.later(45)  # as a Flow does that waits for another one
    events = [push(ports, who), push(ports, who, occurred_at=None)]
    run(ports)
    assert both.lead(who)["function"] == "Told late"
    assert not any(is_open(ports, event) for event in events)
    assert row(ports, events[0]).committed_at is not None


def test_somebody_new_is_found_by_the_address_alone(both: BothSides, ports: Ports) -> None:
    who = both.person("pushed.new", firstName="Nova", lastName="Pushed")
    event = push(ports, email="Pushed.New@Example.com", type=EventType.FORM_SUBMITTED)
    run(ports)
    assert both.lead(who)["contact_name"] == "Nova Pushed"
    closed = row(ports, event)
    assert (closed.state, closed.prospect_id, closed.payload) == ("closed", who, None)
    assert closed.committed_at is not None


def test_a_known_address_costs_no_look_up(both: BothSides, ports: Ports) -> None:
    who = linked(both, 1)
    both.later(5)
    both.in_pardot(who, jobTitle="By address")
    event = push(ports, email=both.prospect(who)["email"].upper())
    run(ports)
    assert both.lead(who)["function"] == "By address"
    assert not is_open(ports, event)
    asked = [call["path"] for call in api_calls(both.world.pardot) if call["method"] == "GET"]
    assert len([path for path in asked if "prospects" in path]) == 1


def test_an_address_that_moved_to_somebody_else_is_found_at_the_second_look(
    both: BothSides, ports: Ports
) -> None:
    old, address = linked(both, 2), both.prospect(linked(both, 2))["email"]
    both.in_pardot(old, email="moved.away@example.com")
    who = both.person("placeholder", firstName="Heir", lastName="Of Address")
    both.in_pardot(who, email=address)
    both.later(200)
    event = push(ports, email=address)
    run(ports)
    assert is_open(ports, event), "the ledger still takes the address for the former holder's"
    # The form was submitted by the new holder, as the record will show.
    both.in_pardot(who, jobTitle="New holder")
    both.later(10)
    run(ports)
    assert row(ports, event).prospect_id == who


def test_many_events_of_a_person_are_one_reading(both: BothSides, ports: Ports) -> None:
    who = linked(both, 3)
    both.later(5)
    both.in_pardot(who, jobTitle="Once")
    events = [push(ports, who) for _ in range(40)]
    [metadata] = run(ports)
    assert (metadata["people_read"], metadata["events"]) == (1, 40)
    assert not any(is_open(ports, event) for event in events)


def test_pardot_answers_late_and_the_event_waits_for_it(both: BothSides, ports: Ports) -> None:
    who = linked(both, 4)
    both.later(120)
    both.world.pardot.control("PATCH", "/switches", {"read_lag_seconds": 30.0})
    try:
        both.in_pardot(who, jobTitle="Late")
        event = push(ports, who)
        run(ports)
        assert is_open(ports, event)
        assert both.lead(who)["function"] != "Late"
        assert run(ports) == [], "it rests before the next look"
        looks = 1
        while is_open(ports, event):
            both.later(5)
            looks += len(run(ports))
        assert both.lead(who)["function"] == "Late"
        closed = row(ports, event)
        assert closed.note is None
        assert closed.committed_at - closed.received_at < timedelta(seconds=60)
        assert looks <= 6, "each look costs calls"
    finally:
        both.world.pardot.control("PATCH", "/switches", {"read_lag_seconds": 0.0})


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"who": "11999999"}, "gone"),
        ({"email": "nobody.at.all@example.com"}, "unknown_address"),
        ({"ahead": True}, "not_seen"),
    ],
)
def test_what_is_never_seen_is_closed_after_ninety_seconds_with_a_note(
    both: BothSides, ports: Ports, values: dict[str, Any], note: str
) -> None:
    both.later(300)
    begun: datetime = ports.clock.now()
    who = linked(both, 5) if values.pop("ahead", False) else values.pop("who", None)
    event = push(ports, who, **values)
    while is_open(ports, event):
        assert ports.clock.now() - begun < timedelta(seconds=120)
        run(ports)
        both.later(5)
    closed = row(ports, event)
    assert (closed.note, closed.payload, closed.committed_at) == (note, None, None)
    assert closed.closed_at - begun >= timedelta(seconds=60)


def test_somebody_made_a_moment_ago_is_not_taken_for_gone(both: BothSides, ports: Ports) -> None:
    both.later(120)
    both.world.pardot.control("PATCH", "/switches", {"read_lag_seconds": 10.0})
    try:
        who = both.person("just.made", lastName="Made")
        event = push(ports, who, type=EventType.PROSPECT_CREATED)
        run(ports)
        assert is_open(ports, event)
        both.later(15)
        run(ports)
        assert not is_open(ports, event)
        assert both.lead(who)["email_from"] == "just.made@example.com"
    finally:
        both.world.pardot.control("PATCH", "/switches", {"read_lag_seconds": 0.0})


def test_a_salespersons_edit_is_told_to_pardot(both: BothSides, ports: Ports) -> None:
    who = linked(both, 6)
    both.later(5)
    both.edit_contact(who, function="Typed in Odoo")
    contact = both.contact(who)
    [found] = both.world.of_prospect("res.partner", who, "id")
    event = push(
        ports,
        system=System.ODOO,
        source="odoo",
        type=EventType.RECORD_CHANGED,
        partner_id=found["id"],
        payload={"write_date": contact["write_date"]},
    )
    run(ports)
    assert both.prospect(who)["jobTitle"] == "Typed in Odoo"
    closed = row(ports, event)
    assert (closed.state, closed.prospect_id) == ("closed", who)
    assert closed.committed_at is not None, "when Pardot had answered"


def test_a_killed_batch_keeps_its_events_and_its_next_attempt_closes_them(
    both: BothSides, ports: Ports
) -> None:
    who = linked(both, 7)
    both.later(5)
    both.in_pardot(who, jobTitle="Survives")
    event = push(ports, who, priority=HOT)
    [key] = open_event_batches(ports.ledger, ports.rules, ports.clock.now())
    steps = run_batch(str(key), ports)
    while next(steps).asset != "odoo_load_results":
        pass
    steps.close()  # as the end of the process does: nothing after the load happened
    assert row(ports, event).batch_key == str(key)
    assert is_open(ports, event)
    assert list(run_batch(str(key), ports))[-1].asset == "batch_outcome"
    assert not is_open(ports, event)
    assert both.lead(who)["function"] == "Survives"
    with ports.ledger.read() as connection:
        assert batches.get(connection, BatchKey.parse(str(key))).attempt == 2
