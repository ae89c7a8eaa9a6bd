"""A real Odoo is stopped and started again while people work: nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline_tests.both_sides import BothSides, beside_real_odoo
from pardot_odoo_pipeline_tests.outages.operation import Operation
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, ScriptedOdoo, UsersOdoo
from pardot_odoo_pipeline_tests.world import api_calls, refused


@pytest.fixture(scope="module")
def mortal(real_odoo: ScriptedOdoo | UsersOdoo) -> ScriptedOdoo:
    """A server that may be stopped."""
    if not isinstance(real_odoo, ScriptedOdoo) or not real_odoo.started_here:
        pytest.skip("somebody else may be using this Odoo: it is not stopped")
    return real_odoo


@pytest.fixture(scope="module")
def both(
    mortal: ScriptedOdoo,
    odoo_database: OdooLogin,
    sales_user: OdooLogin,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BothSides]:
    home = tmp_path_factory.mktemp("stopped")
    with beside_real_odoo(home, odoo_database, sales_user) as both:
        yield both


@pytest.fixture(scope="module")
def operation(both: BothSides) -> Iterator[Operation]:
    home = both.world.home
    (home / "ticks").mkdir()
    with (
        open_ledger(home / "ledger.sqlite") as ledger,
        dg.DagsterInstance.local_temp(str(home / "ticks")) as instance,
    ):
        running = Operation(both.world, ledger, instance)
        running.env.update(both.env)
        yield running


def test_stopped_and_started_again(
    both: BothSides, operation: Operation, mortal: ScriptedOdoo
) -> None:
    people = both.odoo.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"], order="id"
    )
    who, other = (row["x_pardot_prospect_id"] for row in people[:2])
    both.edit_contact(other, city="Before the stop")
    mortal.stop()
    try:
        both.in_pardot(who, jobTitle="Head of the stop")
        both.world.pardot.forget()
        # What a person sees who syncs by hand, and at every look after that.
        refused(both.world.run("sync", env=both.env), "Nothing answers", "ODOO_URL", code=1)
        operation.pass_time(1)
        operation.pass_time(1)
        [incident] = operation.open_incidents()
        assert (incident.cause_key, incident.times) == ("odoo:down", 2)
        assert "Nothing answers" in incident.detail["text"]
        assert api_calls(both.world.pardot) == [], "nothing begins that needs Odoo"
        assert (operation.retries(), operation.faults()) == ({}, [])
    finally:
        mortal.start()
    both.odoo.close()
    both.world.sync(**both.env)
    assert operation.open_incidents() == []
    assert both.lead(who)["function"] == "Head of the stop"
    assert both.prospect(other)["city"] == "Before the stop"
    assert both.world.twins() == []
    both.quiet()
