"""A system does not work for hours while people go on: one incident, no retries, nothing lost.

The same people live in two worlds. One of them is disturbed; in the end both show the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import NamedTuple

import pytest

from pardot_odoo_pipeline.ledger.store.incidents import Incident
from pardot_odoo_pipeline_tests.odoo.relay import relay_to
from pardot_odoo_pipeline_tests.outages.operation import INTERVAL, Operation, end_state
from pardot_odoo_pipeline_tests.world import api_calls, refused

PEOPLE = 24
FOREVER = 1_000_000


class Twins(NamedTuple):
    """Two installations; only one of the two is ever disturbed."""

    disturbed: Operation
    calm: Operation

    def edit_in_pardot(self, who: str, **values: object) -> None:
        for one in self:
            one.world.edit(who, **values)

    def edit_in_odoo(self, who: str, **values: object) -> None:
        """What a salesperson types; what is broken for the pipeline is not for people."""
        faults = self.disturbed.world.odoo.control("GET", "/faults")
        self.disturbed.world.odoo.control("DELETE", "/faults")
        for one in self:
            [lead] = one.world.of_prospect("crm.lead", who, "partner_id")
            one.world.client.write("res.partner", [lead["partner_id"][0]], values)
        match = ("method", "path", "contains")
        for fault in faults:
            body = {"match": {k: fault[k] for k in match}, "times": fault["times"]}
            action = {k: v for k, v in fault.items() if k not in (*match, "times")}
            self.disturbed.world.odoo.control("POST", "/faults", {**body, "action": action})

    def pass_time(self, minutes: float, *, step: float = INTERVAL) -> None:
        """The disturbed one works on; the calm one looks once, when all is over."""
        self.disturbed.pass_time(minutes, step=step)
        self.calm.world.advance(60 * minutes)

    def settle(self) -> None:
        """Three quiet intervals later nothing is open, and both worlds show the same."""
        for one in self:
            one.pass_time(45, step=INTERVAL)
        assert self.disturbed.open_incidents() == []
        assert self.disturbed.circuits() == []
        assert self.disturbed.unfinished() == []
        assert self.disturbed.retries() == {}
        assert self.disturbed.faults() == []
        assert end_state(self.disturbed.world) == end_state(self.calm.world)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    with ExitStack() as stack:
        yield Twins(
            *(
                stack.enter_context(Operation.running(tmp_path_factory.mktemp(name), PEOPLE))
                for name in ("disturbed", "calm")
            )
        )


@pytest.fixture(scope="module")
def people(twins: Twins) -> list[str]:
    rows = twins.calm.world.client.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"]
    )
    return sorted(row["x_pardot_prospect_id"] for row in rows)


@pytest.fixture(autouse=True)
def _heal(twins: Twins) -> Iterator[None]:
    twins.disturbed.world.forget()
    yield
    twins.disturbed.world.forget()
    twins.disturbed.env.clear()


def one_incident(operation: Operation, cause_key: str, title: str) -> Incident:
    """What the operator saw all the time: one open row, with plain words."""
    [incident] = operation.open_incidents()
    assert incident.cause_key == cause_key
    assert incident.detail["title"] == title
    assert incident.detail["text"].count(". ") >= 1
    assert incident.detail["fix"].endswith(".")
    assert operation.retries() == {}
    assert operation.faults() == []
    return incident


def test_odoo_stopped_for_four_hours(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.odoo.fault({"status": 503, "html": True}, times=FOREVER)
    twins.edit_in_pardot(people[0], jobTitle="Head of an outage", score=511)
    twins.pass_time(15)
    one_incident(operation, "odoo:down", "Odoo does not work")
    twins.pass_time(30, step=1)
    early = len(world.odoo.asked)
    assert early <= 8, "the failure, and looks after 1, 2, 4, 8, 15 minutes"
    for hour in range(3):
        twins.edit_in_pardot(people[1 + hour], jobTitle=f"Head of hour {hour}", score=500 + hour)
        twins.edit_in_odoo(people[4 + hour], city=f"Town {hour}")
        world.odoo.control("DELETE", "/requests")
        twins.pass_time(65, step=5)
        assert 3 <= len(world.odoo.asked) <= 5, "one look in fifteen minutes"
    incident = one_incident(operation, "odoo:down", "Odoo does not work")
    assert incident.times >= 12
    assert "503" in incident.detail["text"]
    world.forget()
    twins.settle()
    [over] = operation.past_incidents("odoo:down")
    assert over.recovered_at is not None
    assert over.recovered_at - over.first_at > timedelta(hours=3, minutes=45)


def test_pardot_fails_for_a_day(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.pardot.fault({"status": 500, "body": {"code": 183, "message": "?"}}, times=FOREVER)
    twins.edit_in_pardot(people[7], jobTitle="Head of a day", score=611)
    for part in range(4):
        twins.edit_in_odoo(people[8 + part], city=f"Port {part}")
        twins.pass_time(360, step=60)
    one_incident(operation, "pardot:down", "Pardot does not work")
    assert len(world.pardot.asked) <= 50, "one look in each step of time, no storm"
    world.forget()
    twins.settle()
    assert len(operation.past_incidents("pardot:down")) == 1


def test_the_network_is_cut_in_the_middle_of_the_work(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    twins.edit_in_pardot(people[12], jobTitle="Head of a cut")
    twins.edit_in_odoo(people[13], city="Cutville")
    # Both are cut: what was read before is of no use, and what was sent is in doubt.
    world.odoo.fault({"reset": True, "after": True}, times=FOREVER, contains="lead_")
    twins.pass_time(15)
    world.odoo.fault({"reset": True}, times=FOREVER)
    world.pardot.fault({"reset": True}, times=FOREVER)
    twins.edit_in_pardot(people[14], jobTitle="Head of another cut")
    twins.pass_time(120)
    assert {i.cause_key for i in operation.open_incidents()} == {"odoo:down"}
    assert operation.retries() == {}
    world.forget()
    twins.settle()
    assert world.twins() == []


def test_a_port_that_is_closed(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    with relay_to(world.odoo.url) as relay:
        operation.env.update(world.configured, ODOO_URL=relay.url)
        twins.pass_time(15)
        assert operation.open_incidents() == []
    twins.edit_in_pardot(people[15], jobTitle="Head of a closed port")
    twins.pass_time(60)
    incident = one_incident(operation, "odoo:down", "Odoo does not work")
    assert "Nothing answers" in incident.detail["text"]
    # The operator names the address where it is now; nothing is started again.
    operation.env["ODOO_URL"] = world.odoo.url
    twins.settle()


def test_revoked_credentials_and_new_ones_without_a_restart(
    twins: Twins, people: list[str]
) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    known = world.pardot.control("GET", "/credentials")
    operation.env.update(world.configured, PARDOT_REFRESH_TOKEN=known["refresh_token"])
    twins.pass_time(15)
    assert operation.open_incidents() == []
    world.pardot.control("PUT", "/credentials", {"refresh_token": "another-one"})
    world.pardot.forget()
    twins.edit_in_pardot(people[16], jobTitle="Head of keys", score=711)
    twins.edit_in_odoo(people[17], city="Keyton")
    twins.pass_time(90)
    incident = one_incident(operation, "pardot:credentials", "Pardot refuses the credentials")
    assert "PARDOT_REFRESH_TOKEN" in incident.detail["fix"]
    assert "refresh token" in incident.detail["text"]
    assert api_calls(world.pardot) == [], "without a token nothing is asked of the API"
    assert len(world.pardot.asked) <= 10
    told = str(incident.detail)
    assert known["refresh_token"] not in told
    operation.env["PARDOT_REFRESH_TOKEN"] = "another-one"
    twins.settle()


def test_an_api_key_of_odoo_that_was_deleted(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.odoo.fault({"code": "odoo.exceptions.AccessDenied"}, times=FOREVER, path="/json/2")
    twins.edit_in_pardot(people[18], jobTitle="Head of deleted keys")
    twins.pass_time(60)
    incident = one_incident(operation, "odoo:credentials", "Odoo refuses the credentials")
    assert "ODOO_API_KEY" in incident.detail["fix"]
    refused(world.run("sync"), "login", "ODOO_API_KEY", code=2)
    world.forget()
    world.sync()
    assert operation.open_incidents() == [], "a person's sync asks at once"
    twins.settle()
