"""A system is down for hours while people go on working: one incident, no retries, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from pardot_odoo_pipeline_tests.outages.operation import INTERVAL, Operation, end_state

PEOPLE = 30


class Twins(NamedTuple):
    """The same people twice; only one of the two is ever disturbed."""

    disturbed: Operation
    calm: Operation

    def edit_in_pardot(self, who: str, **values: object) -> None:
        for one in self:
            one.world.edit(who, **values)

    def edit_in_odoo(self, who: str, **values: object) -> None:
        for one in self:
            [lead] = one.world.of_prospect("crm.lead", who, "partner_id")
            one.world.client.write("res.partner", [lead["partner_id"][0]], values)

    def pass_time(self, minutes: float, *, step: float = INTERVAL) -> None:
        self.disturbed.pass_time(minutes, step=step)
        self.calm.pass_time(minutes, step=INTERVAL)

    def are_alike(self) -> None:
        assert end_state(self.disturbed.world) == end_state(self.calm.world)
        assert self.disturbed.unfinished() == []


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


def test_odoo_stopped_for_four_hours(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.forget()
    world.odoo.fault({"status": 503, "html": True}, times=1_000_000)
    twins.edit_in_pardot(people[0], jobTitle="Head of an outage", score=511)
    twins.pass_time(15)
    twins.pass_time(15, step=1)
    for hour in range(1, 4):
        twins.edit_in_pardot(people[hour], jobTitle=f"Head of hour {hour}", score=500 + hour)
        twins.pass_time(75, step=5)
    asked = len(world.odoo.asked)
    assert asked <= 40, "four hours of one look in fifteen minutes, and the first failure"
    [incident] = operation.open_incidents()
    assert incident.cause_key == "odoo:down"
    assert incident.times >= 10
    assert incident.detail["title"] == "Odoo does not work"
    assert operation.retries() == {}
    assert operation.faults() == []
    world.odoo.forget()
    twins.pass_time(30)
    assert operation.open_incidents() == []
    assert len(operation.past_incidents("odoo:down")) == 1
    twins.are_alike()
