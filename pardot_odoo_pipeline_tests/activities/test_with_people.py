"""History beside the people's own batches, from the command line: nothing comes back as an edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pardot_odoo_pipeline_tests.world import World, writes

FORM = {"type": 4, "formId": 74001}


@dataclass(frozen=True)
class Morning:
    """A sync after which everybody below had filled in a form."""

    world: World
    rules: dict[str, str]
    plain: str
    edited: str
    born: str


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    """An initial sync, what people did then, and one interval."""
    with World.running(tmp_path_factory.mktemp("people"), 60, sides=True) as world:
        rules = {"PIPELINE_CONFIG": str(world.home / "rules.yaml")}
        (world.home / "rules.yaml").write_text("lists: {active: false}\n")
        assert world.run("provision").code == 0
        world.sync("--initial", **rules)
        rows = world.client.search_read(
            "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"]
        )
        plain, edited = (row["x_pardot_prospect_id"] for row in rows[3:5])
        world.advance(400)
        [contact] = world.of_prospect("res.partner", edited, "id")
        world.client.write("res.partner", [contact["id"]], {"function": "Asked in Odoo"})
        born = world.new_prospect(email="new.visitor@example.com", lastName="Visitor")
        for who in (plain, edited, born):
            world.pardot.control("POST", "/activity", {**FORM, "prospectId": int(who)})
        world.advance(120)
        world.sync(**rules)
        yield Morning(world, rules, plain, edited, born)


def forms(world: World, who: str) -> list[dict[str, Any]]:
    """The messages about a form on somebody's lead."""
    [lead] = world.of_prospect("crm.lead", who, "x_pardot_form_submissions")
    assert lead["x_pardot_form_submissions"] == 1
    domain = [["model", "=", "crm.lead"], ["res_id", "=", lead["id"]]]
    domain += [["body", "like", "Form Completed"]]
    return world.client.search_read("mail.message", domain, ["date"])


def versions(world: World) -> list[str]:
    """The record time of every lead and contact."""
    return [
        row["write_date"]
        for model in ("crm.lead", "res.partner")
        for row in world.client.search_read(model, [], ["write_date"], order="id")
    ]


def test_an_interval_brings_the_history_of_old_and_new_people(morning: Morning) -> None:
    for who in (morning.plain, morning.edited, morning.born):
        assert len(forms(morning.world, who)) == 1


def test_our_own_numbers_are_nobodys_edit_and_hide_nobodys(morning: Morning) -> None:
    world = morning.world
    before = versions(world)
    world.advance(900)
    world.forget()
    world.sync(**morning.rules)
    assert [path for path in writes(world.odoo) if not path.endswith("/run")] == []
    assert versions(world) == before
    [contact] = world.of_prospect("res.partner", morning.edited, "function")
    assert contact["function"] == "Asked in Odoo"
    assert len(forms(world, morning.plain)) == 1
