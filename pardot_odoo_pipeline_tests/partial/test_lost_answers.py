"""A call whose outcome is not known: it is found out by looking, across restarts; no twins."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store import operations
from pardot_odoo_pipeline.ledger.tables import operations as t
from pardot_odoo_pipeline.opening import open_ids
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline_tests.both_sides import BothSides


def states(ports: Ports, who: str) -> Counter[str]:
    with ports.ledger.read() as connection:
        rows = connection.execute(sa.select(t.c.state).where(t.c.prospect_id == who))
        return Counter(row.state for row in rows)


@pytest.mark.parametrize("carried_out", [True, False], ids=["done", "not_done"])
def test_after_a_lost_answer_everything_is_there_once(both: BothSides, carried_out: bool) -> None:
    who = both.person(f"lost-{carried_out}", lastName="Lost", score=3)
    both.later(90)
    fault = {"reset": True, "after": carried_out}
    with both.ports() as ports:
        [key] = open_ids(ports.ledger, [who], ports.clock.now())
        both.world.odoo.fault(fault, path="*", contains="pardot_apply")
        with pytest.raises(PipelineError):
            list(run_batch(str(key), ports))
        assert states(ports, who)[operations.OperationState.IN_DOUBT] == 1
    both.world.odoo.forget()
    both.later(20)
    # Another process, which asks at once whether Odoo is back, and then reads the same person.
    both.command("sync", "--prospect", who)
    # The batch itself goes on: what it repeats is found by its external id.
    [lead] = both.world.of_prospect("crm.lead", who, "x_pardot_score", "write_date")
    both.later(240)
    both.command("sync", "--prospect", who)
    assert both.lead(who)["x_pardot_score"] == 3
    assert both.lead(who)["write_date"] == lead["write_date"], "nothing is written twice"
    assert both.world.twins() == []
    with both.ports() as ports:
        assert states(ports, who)[operations.OperationState.IN_DOUBT] == 0
