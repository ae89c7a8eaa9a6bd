"""Several values of one Pardot field are several records in Odoo; each side follows the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.people_world import PeopleWorld, in_pardot
from pardot_odoo_pipeline_tests.world import writes

FIELD = "newsletterTopics__c"
RULES = f"""
fields:
  {FIELD}: {{lead: x_topics, transform: choices, unknown: create}}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleWorld]:
    with PeopleWorld.with_rules(tmp_path_factory.mktemp("several"), 40, RULES) as world:
        [model] = world.client.search("ir.model", [["model", "=", "crm.lead"]])
        field = {"name": "x_topics", "field_description": "Topics", "model_id": model}
        field |= {"ttype": "many2many", "relation": "crm.tag", "state": "manual"}
        world.client.create("ir.model.fields", [field])
        world.begin()
        yield world


@pytest.fixture(scope="module")
def person(world: PeopleWorld) -> str:
    return world.people(1)[0]


def topics(world: PeopleWorld, prospect_id: str) -> set[str]:
    [lead] = world.of_prospect("crm.lead", prospect_id, "x_topics", "tag_ids")
    assert lead["tag_ids"] == [], "people's own tags are nobody's business"
    tags = world.client.search_read("crm.tag", [["id", "in", lead["x_topics"]]], ["name"])
    return {tag["name"] for tag in tags}


def settle(world: PeopleWorld) -> None:
    world.advance(900)
    world.sync()


def test_both_sides_follow_each_other(world: PeopleWorld, person: str) -> None:
    world.edit(person, **{FIELD: ["Story telling", "Events"]})
    settle(world)
    assert topics(world, person) == {"Story telling", "Events"}

    # Here the pipeline's user is also the one who edits: within one second they are not told apart.
    world.advance(5)
    [lead] = world.of_prospect("crm.lead", person, "id", "x_topics")
    [events] = world.client.search("crm.tag", [["name", "=", "Events"]])
    [mine] = world.client.create("crm.tag", [{"name": "Story jobs"}])
    world.client.write("crm.lead", [lead["id"]], {"x_topics": [[6, 0, [events, mine]]]})
    settle(world)
    assert sorted(in_pardot(world, person, FIELD)[FIELD]) == ["Events", "Story jobs"]
    assert topics(world, person) == {"Events", "Story jobs"}


def test_then_everything_is_quiet(world: PeopleWorld, person: str) -> None:
    settle(world)
    world.forget()
    settle(world)
    # Reading whom the blacklist changed is a server action too.
    assert [path for path in writes(world.odoo) if not path.endswith("/run")] == []
    changed = {(call["method"], call["path"]) for call in world.pardot.asked}
    assert not [path for method, path in changed if method != "GET" and "prospects" in path]
