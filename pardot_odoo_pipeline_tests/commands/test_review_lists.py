"""`quarantine` and `retries`: what waits for a person, and trying again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.people_world import PeopleWorld
from pardot_odoo_pipeline_tests.world import refused


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleWorld]:
    with PeopleWorld.with_rules(tmp_path_factory.mktemp("review"), 30) as world:
        world.begin()
        yield world


def test_a_mended_prospect_leaves_the_quarantine(world: PeopleWorld) -> None:
    who = world.new_prospect(email="to.mend@example.com", lastName="Mendel")
    world.edit(who, email="not an address")
    world.advance(900)
    world.sync()
    found = world.report("quarantine")["quarantine"]
    [entry] = [one for one in found if one["prospect_id"] == who]
    assert (entry["reason"], entry["candidates"]) == ("email_invalid", [])
    assert entry["first_batch"].startswith("interval-")
    assert f"{entry['id']}  prospect {who}  email_invalid" in world.run("quarantine").stdout
    number = str(entry["id"])
    refused(world.run("quarantine", "release", number), "stays in quarantine", code=1)
    world.edit(who, email="mended@example.com")
    world.advance(900)
    assert world.report("quarantine", "release", number)["released"] is True
    assert world.of_prospect("crm.lead", who, "email_from") != []
    left = world.report("quarantine")["quarantine"]
    assert who not in {one["prospect_id"] for one in left}
    refused(world.run("quarantine", "release", number), f"under number {number}", code=1)


def test_a_failed_write_is_listed_with_its_next_date(world: PeopleWorld) -> None:
    assert world.report("retries")["retries"] == []
    assert "No write is owed" in world.run("retries").stdout
    who = world.people(1)[0]
    [lead] = world.of_prospect("crm.lead", who, "id")
    world.client.call("crm.lead", "unlink", ids=[lead["id"]])
    world.edit(who, jobTitle="Gone")
    world.advance(900)
    world.run("sync")
    [owed] = [one for one in world.report("retries")["retries"] if one["prospect_id"] == who]
    assert (owed["system"], owed["state"], owed["code"]) == ("odoo", "waiting", "record_missing")
    assert owed["due_at"].endswith("UTC")
    assert f"prospect {who}  Odoo: record_missing" in world.run("retries").stdout
