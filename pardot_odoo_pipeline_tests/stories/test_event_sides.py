"""What people did, and the lists they joined, reach Odoo with the event and not with the hour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pardot_odoo_pipeline.batches import Lineage, lineage_of
from pardot_odoo_pipeline.event_batches import open_event_batches
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.opening import open_sides
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.pushed_events import EventType
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline_tests.both_sides import BothSides, both_sandboxes
from pardot_odoo_pipeline_tests.stories.test_events import linked, push

SIDES = "activities: {active: true}\nlists: {active: true}\n"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothSides]:
    with both_sandboxes(tmp_path_factory.mktemp("sides")) as both:
        Path(both.env["PIPELINE_CONFIG"]).write_text(SIDES)
        yield both


@pytest.fixture
def ports(both: BothSides) -> Iterator[Ports]:
    with both.ports() as ports:
        run_everything(ports)
        yield ports


def due(ports: Ports) -> list[tuple[str, Lineage]]:
    with ports.ledger.read() as connection:
        found = batches.due_for_run(connection)
    return [(str(batch.key), lineage_of(batch.scope)) for batch in found]


def run_everything(ports: Ports) -> list[Lineage]:
    done: list[Lineage] = []
    while waiting := due(ports):
        for key, lineage in waiting:
            for _ in run_batch(key, ports):
                pass
            done.append(lineage)
    return done


def history(both: BothSides, who: str) -> list[str]:
    [lead] = both.world.of_prospect("crm.lead", who, "id")
    rows = both.odoo.search_read(
        "mail.message", [("model", "=", "crm.lead"), ("res_id", "=", lead["id"])], ["body"]
    )
    return [row["body"] for row in rows]


def form(both: BothSides, ports: Ports, who: str) -> None:
    """Somebody submits a form, and Salesforce pushes it."""
    submitted = {"prospectId": int(who), "type": 4, "formId": 74001}
    both.world.pardot.control("POST", "/activity", submitted)
    push(ports, who, type=EventType.FORM_SUBMITTED)
    open_event_batches(ports.ledger, ports.rules, ports.clock.now())


def test_a_submitted_form_is_in_the_history_of_the_lead(both: BothSides, ports: Ports) -> None:
    who = linked(both, 0)
    before = len(history(both, who))
    both.later(5)
    form(both, ports, who)
    both.later(5)
    assert run_everything(ports) == [Lineage.PEOPLE, Lineage.ACTIVITIES]
    assert len(history(both, who)) == before + 1


def test_an_activity_that_another_batch_was_too_early_for_is_not_left_to_the_hour(
    both: BothSides, ports: Ports
) -> None:
    who = linked(both, 1)
    before = len(history(both, who))
    with ports.ledger.write() as connection:
        sides = {Lineage.ACTIVITIES}
        open_sides(connection, ports.rules, ports.clock.now(), lineages=sides)
    both.later(5)
    form(both, ports, who)
    both.later(5)
    # The event's batch goes first and finds the other one in the way.
    assert run_everything(ports) == [Lineage.PEOPLE, Lineage.ACTIVITIES, Lineage.ACTIVITIES]
    assert len(history(both, who)) == before + 1


def test_whoever_joins_a_list_gets_its_tag(both: BothSides, ports: Ports) -> None:
    who = linked(both, 2)
    new = {"values": {"name": "Pushed", "isDynamic": False}}
    made = both.world.pardot.control("POST", "/objects/lists", new)["id"]
    [lead] = both.world.of_prospect("crm.lead", who, "partner_id")

    def tags() -> list[str]:
        [contact] = both.odoo.read("res.partner", [lead["partner_id"][0]], ["category_id"])
        rows = both.odoo.read("res.partner.category", contact["category_id"], ["name"])
        return [row["name"] for row in rows]

    both.later(5)
    both.world.pardot.control("POST", f"/lists/{made}/members", {"add": [int(who)]})
    push(ports, who, type=EventType.LIST_JOINED)
    open_event_batches(ports.ledger, ports.rules, ports.clock.now())
    both.later(5)
    assert run_everything(ports) == [Lineage.PEOPLE, Lineage.MEMBERSHIPS]
    assert "Pushed" in tags()
