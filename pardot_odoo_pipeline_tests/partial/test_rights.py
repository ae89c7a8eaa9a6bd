"""A right that is taken away while work goes on: nobody is taken for deleted, nobody is blamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKey
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.ledger.store import batches, incidents
from pardot_odoo_pipeline.ledger.tables import retries as retries_table
from pardot_odoo_pipeline.odoo.load_method_loader import LoadMethodLoader
from pardot_odoo_pipeline.opening import open_ids, open_interval
from pardot_odoo_pipeline.operations import standing
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline.steps import load
from pardot_odoo_pipeline_tests.both_sides import LEAD, BothSides

ALL_LEADS, OWN_LEADS = "group_sale_salesman_all_leads", "group_sale_salesman"


def pipeline_user(both: BothSides) -> int:
    [row] = both.odoo.search_read("res.users", [("login", "=", both.login.username)], ["id"])
    return int(row["id"])


def group(both: BothSides, name: str) -> int:
    domain = [("module", "=", "sales_team"), ("name", "=", name)]
    [row] = both.odoo.search_read("ir.model.data", domain, ["res_id"])
    return int(row["res_id"])


def give(both: BothSides, *groups: str) -> None:
    """Let the pipeline's user be in these groups of Sales and no other."""
    known = {name: group(both, name) for name in (ALL_LEADS, OWN_LEADS)}
    commands = [[4 if name in groups else 3, number, 0] for name, number in known.items()]
    field = "group_ids" if both.odoo.server_version.major >= 19 else "groups_id"
    both.odoo.write("res.users", [pipeline_user(both)], {field: commands})


@contextmanager
def without_the_right_to(both: BothSides, *left: str) -> Iterator[None]:
    give(both, *left)
    try:
        yield
    finally:
        give(both, ALL_LEADS)


@contextmanager
def actions_for_everybody(both: BothSides) -> Iterator[None]:
    """Whoever sees own leads only may run our server actions: a rule alone shall hide leads."""
    domain = [("module", "=", "pardot"), ("model", "=", "ir.actions.server")]
    ids = [row["res_id"] for row in both.odoo.search_read("ir.model.data", domain, ["res_id"])]
    field = "group_ids" if both.odoo.server_version.major >= 19 else "groups_id"
    own = group(both, OWN_LEADS)
    both.odoo.write("ir.actions.server", ids, {field: [[4, own, 0]]})
    try:
        yield
    finally:
        both.odoo.write("ir.actions.server", ids, {field: [[3, own, 0]]})


def look(both: BothSides) -> dict[str, incidents.Incident]:
    """What is wrong, as people are told."""
    with both.ports() as ports:
        standing.look(ports.ledger, now=ports.clock.now())
        with ports.ledger.read() as connection:
            return {one.cause_key: one for one in incidents.open_incidents(connection)}


def owed(ports: Ports) -> list[tuple[str, str]]:
    """Who waits for another attempt, and why."""
    t = retries_table
    with ports.ledger.read() as connection:
        rows = connection.execute(sa.select(t.c.prospect_id, t.c.code).order_by(t.c.id))
        return [(row.prospect_id, row.code) for row in rows]


@pytest.fixture
def rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people a call, so that a batch has several."""
    monkeypatch.setattr(load, "CALL_PEOPLE", 2)


def test_leads_that_a_rule_hides_are_not_taken_for_deleted(both: BothSides) -> None:
    others = both.person("hidden", lastName="Hidden", score=5)
    both.sync()
    lead = both.lead(others)["id"]
    [admin] = both.odoo.search_read("res.users", [("login", "=", "admin")], ["id"])
    both.edit_lead(others, user_id=admin["id"])
    both.sync()
    before = both.lead(others), both.contact(others)
    with actions_for_everybody(both), without_the_right_to(both, OWN_LEADS):
        both.in_pardot(others, score=77)
        for _ in range(3):  # the second look comes a minute after the first
            both.sync()
        both.sync(others)
        assert (both.lead(others), both.contact(others)) == before
        assert both.odoo.search_read(LEAD, [("id", "=", lead)], ["active"])[0]["active"]
        assert both.command("status")["quarantine"]["record_hidden"] == 1
        [entry] = [
            one
            for one in both.command("quarantine")["quarantine"]
            if one["reason"] == "record_hidden"
        ]
        assert entry["candidates"] == [f"crm.lead {lead}"]
        trouble = look(both)["odoo:hidden"]
        assert trouble.detail["people"] == 1
        assert "quarantine release" in trouble.detail["fix"]
    both.command("quarantine", "release", "--reason", "record_hidden")
    assert both.lead(others)["x_pardot_score"] == 77
    assert "odoo:hidden" not in look(both)


@pytest.mark.parametrize("by_action", [True, False], ids=["apply", "load"])
def test_a_right_that_is_lost_in_mid_batch_blames_no_record(
    both: BothSides, rows_only: None, by_action: bool
) -> None:
    people = [both.person(f"right-{by_action}-{n}", lastName=f"R{n}", score=1) for n in range(5)]
    both.sync()
    for who in people:
        both.in_pardot(who, score=50)
    both.later(90)

    def lose(stage: str, done: int, total: int) -> None:
        if stage == "write to Odoo" and done == 2:
            give(both)  # no group of Sales at all

    with both.ports() as ports:
        if not by_action:
            ports = replace(ports, loader=LoadMethodLoader(ports.odoo))
        [key] = open_ids(ports.ledger, people, ports.clock.now())
        with pytest.raises(PipelineError) as told:
            run(key, replace(ports, progress=lose))
        give(both, ALL_LEADS)
        assert told.value.failure_class is FailureClass.CONFIGURATION
        assert "may not" in told.value.cause
        assert "right" in told.value.fix
        scores = [both.lead(who)["x_pardot_score"] for who in people]
        assert sorted(scores) == [1, 1, 1, 50, 50], "what was written before stays"
        assert owed(ports) == [], "nobody is tried again for want of a right"
        with ports.ledger.read() as connection:
            assert batches.get(connection, key).state.value == "failed"
        both.later(300)  # nobody is held any more
    assert any(cause.startswith("batch:failed:") for cause in look(both))
    both.sync()
    assert [both.lead(who)["x_pardot_score"] for who in people] == [50] * 5


def run(key: BatchKey, ports: Ports) -> list[Any]:
    return list(run_batch(str(key), ports))


def test_pardot_takes_a_permission_away_in_mid_batch(both: BothSides) -> None:
    """Code 46 in the middle of the writes: what was written is known, the rest is not blamed."""
    people = [both.person(f"permission-{n}", lastName=f"P{n}", jobTitle="Baker") for n in range(4)]
    both.sync()
    for who in people:
        both.edit_lead(who, function="Brewer")
    both.later(90)
    with both.ports() as ports:
        assert open_interval(ports.ledger, ports.clock.now())
        [key] = both._due(ports)
        refused = {"method": "PATCH", "path": f"/api/v5/objects/prospects/{people[2]}"}
        both.world.pardot.fault({"code": 46}, times=9, **refused)
        with pytest.raises(PipelineError) as told:
            run(key, ports)
        assert told.value.code == 46
        assert "permission" in told.value.fix
        assert owed(ports) == []
    both.world.pardot.forget()
    both.sync(after=400)
    assert [both.prospect(who)["jobTitle"] for who in people] == ["Brewer"] * 4


def test_access_to_the_business_unit_is_taken_away_between_two_calls(both: BothSides) -> None:
    who = both.person("unit", lastName="Unit", jobTitle="Cook")
    both.sync()
    both.edit_lead(who, function="Chef")
    both.in_pardot(who, score=9)
    both.later(90)
    with both.ports() as ports:
        open_interval(ports.ledger, ports.clock.now())
        [key] = both._due(ports)
        both.world.pardot.fault({"code": 181}, times=9, method="PATCH")
        with pytest.raises(PipelineError, match="PARDOT_BUSINESS_UNIT_ID"):
            run(key, ports)
        assert both.lead(who)["x_pardot_score"] == 9, "Odoo's half was done"
    both.world.pardot.forget()
    both.later(400)
    both.command("sync")  # asks at once whether Pardot works again
    assert both.prospect(who)["jobTitle"] == "Chef"
    assert both.lead(who)["function"] == "Chef"
