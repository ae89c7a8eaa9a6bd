"""A person without a required field is a draft in Odoo: marked, of the review team, nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pardot_odoo_pipeline_tests.people_world import PeopleWorld

RULES = """
fields:
  jobTitle: {required: true}
automation:
  review_team: Story desk
  assignment:
    - name: everybody
      user: desk.seller@example.com
"""
SHOWN = ("x_pardot_review", "team_id", "user_id", "function")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleWorld]:
    with PeopleWorld.with_rules(tmp_path_factory.mktemp("required"), 20, RULES) as world:
        world.client.create("crm.team", [{"name": "Story desk"}])
        seller = {"name": "Seller", "login": "desk.seller@example.com"}
        world.client.create("res.users", [{**seller, "email": seller["login"]}])
        world.begin()
        yield world


def shown(world: PeopleWorld, prospect_id: str) -> dict[str, Any]:
    [lead] = world.of_prospect("crm.lead", prospect_id, *SHOWN)
    return {name: value[1] if isinstance(value, list) else value for name, value in lead.items()}


def test_a_draft_waits_for_its_field_and_is_then_given_away(world: PeopleWorld) -> None:
    draft = world.new_prospect(email="draft@example.com", lastName="Draft")
    whole = world.new_prospect(email="whole@example.com", lastName="Whole", jobTitle="Chef")
    world.advance(900)
    report = world.sync()
    assert report["leads_created"] == 2
    assert report["findings"] == {"required_missing": 1}
    lead = shown(world, draft)
    assert (lead["x_pardot_review"], lead["team_id"], lead["user_id"]) == (
        True,
        "Story desk",
        False,
    )
    lead = shown(world, whole)
    assert (lead["x_pardot_review"], lead["user_id"]) == (False, "Seller")

    world.edit(draft, jobTitle="Baker")
    world.advance(900)
    assert world.sync()["findings"] == {}
    lead = shown(world, draft)
    assert (lead["x_pardot_review"], lead["user_id"], lead["function"]) == (
        False,
        "Seller",
        "Baker",
    )
