"""Mass changes are held, opt-outs pass, a release waives one rule, lost records are noticed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pardot_odoo_pipeline_tests.people_world import PeopleWorld, in_pardot
from pardot_odoo_pipeline_tests.world import api_calls, refused, writes

TIGHT = """
safety:
  odoo:
    overwrites: {share: 0, least: 5}
    blanks: {share: 0, least: 3}
  pardot:
    overwrites: {share: 0, least: 4}
  vanished: {share: 0, least: 3}
fields:
  jobTitle: {blank: clear}
"""


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleWorld]:
    with PeopleWorld.with_rules(tmp_path_factory.mktemp("brakes"), 40, TIGHT) as world:
        world.begin()
        world.advance(900)
        yield world


def titles(world: PeopleWorld, people: list[str]) -> list[Any]:
    return [world.of_prospect("res.partner", who, "function")[0]["function"] for who in people]


def holds(world: PeopleWorld) -> list[dict[str, Any]]:
    return list(world.report("holds")["holds"])


def test_a_mass_change_is_held_and_released(world: PeopleWorld) -> None:
    crowd, bystander = world.people(7)[:6], world.people(7)[6]
    before = titles(world, crowd)
    for who in crowd:
        world.edit(who, jobTitle="Mass Edit")
    world.edit(crowd[0], optedOut=True)
    world.edit(bystander, score=777)  # a new score is no overwrite
    world.advance(900)
    report = world.sync()
    assert (report["held"], report["leads_updated"]) == (6, 1)
    assert titles(world, crowd) == before
    # The opt-out of somebody who is held arrives all the same.
    [contact] = world.of_prospect("res.partner", crowd[0], "is_blacklisted")
    assert contact["is_blacklisted"]

    [one] = holds(world)
    assert (one["rule"], one["people"], one["asked"], one["allowed"]) == (
        "odoo:overwrites",
        6,
        6,
        5,
    )
    assert one["prospect_ids"] == sorted(crowd)
    told = world.run("holds").stdout
    assert "6 people, values replaced in Odoo" in told
    assert f"sync --release {one['id']}" in told
    explained = world.report("explain", crowd[1], "jobTitle")
    assert f"held by hold {one['id']}" in explained["attention"][0]

    # Whoever is held stays so when edited alone, and is not listed twice.
    world.advance(900)
    world.edit(crowd[2], jobTitle="Once more")
    world.advance(900)
    assert world.sync()["held"] == 1
    assert [hold["id"] for hold in holds(world)] == [one["id"]]
    # Who no longer breaks the rule leaves.
    world.edit(crowd[3], jobTitle=before[3])
    world.advance(900)
    world.sync()
    [left] = holds(world)
    assert left["prospect_ids"] == sorted({*crowd} - {crowd[3]})

    world.advance(900)
    released = world.sync("--release", str(one["id"]))
    assert (released["held"], released["leads_updated"]) == (0, 5)
    expected = ["Mass Edit", "Mass Edit", "Once more", before[3], "Mass Edit", "Mass Edit"]
    assert titles(world, crowd) == expected
    assert holds(world) == []
    refused(world.run("sync", "--release", str(one["id"])), "is released by batch manual-", code=1)
    refused(world.run("sync", "--release", "77"), "no hold 77", code=1)


def test_small_batches_of_one_day_add_up(world: PeopleWorld) -> None:
    people = world.people(5)
    for number, who in enumerate(people):
        world.edit(who, jobTitle=None)
        world.advance(900)
        report = world.sync("--prospect", who)
        assert report["held"] == (1 if number >= 3 else 0), number
    assert titles(world, people[:3]) == [False, False, False]
    assert all(titles(world, people[3:]))
    [first, second] = holds(world)
    assert {first["rule"], second["rule"]} == {"odoo:blanks"}
    world.advance(24 * 3600)
    tomorrows = world.people(3)[2]
    world.edit(tomorrows, jobTitle=None)
    world.advance(900)
    assert world.sync("--prospect", tomorrows)["held"] == 0


def test_towards_pardot_as_well(world: PeopleWorld) -> None:
    crowd = world.people(5)
    before = [in_pardot(world, who, "jobTitle")["jobTitle"] for who in crowd]
    for who in crowd:
        for model in ("crm.lead", "res.partner"):
            [record] = world.of_prospect(model, who, "id")
            world.client.write(model, [record["id"]], {"function": "Mass edit in Odoo"})
    world.advance(900)
    assert world.sync()["held"] == 5
    assert [in_pardot(world, who, "jobTitle")["jobTitle"] for who in crowd] == before
    [one] = holds(world)
    assert one["rule"] == "pardot:overwrites"
    world.advance(900)
    world.sync("--release", str(one["id"]))
    after = {in_pardot(world, who, "jobTitle")["jobTitle"] for who in crowd}
    assert after == {"Mass edit in Odoo"}


def test_records_that_vanish_together_stop_the_batch(world: PeopleWorld) -> None:
    crowd = world.people(4)
    for who in crowd:
        [lead] = world.of_prospect("crm.lead", who, "id")
        world.client.call("crm.lead", "unlink", ids=[lead["id"]])
        world.edit(who, jobTitle="Edited")
    world.advance(900)
    world.forget()
    done = world.run("sync", *(word for who in crowd for word in ("--prospect", who)))
    refused(done, "safety.vanished", "Odoo", "restored from a backup", code=2)
    changed = [path for path in writes(world.odoo) if not path.endswith("/run")]
    assert changed == []
    # Three may go: their prospects stay without a lead, as the rules say.
    done = world.run("sync", *(word for who in crowd[:3] for word in ("--prospect", who)))
    assert done.code == 0, done.stderr


def lose_ledger(world: PeopleWorld) -> None:
    for path in world.home.glob("ledger.sqlite*"):
        path.unlink()


def test_a_first_sync_that_would_replace_much_asks_first(world: PeopleWorld) -> None:
    crowd = world.people(5)
    before = [in_pardot(world, who, "jobTitle")["jobTitle"] for who in crowd]
    for who in crowd:
        for model in ("crm.lead", "res.partner"):
            [record] = world.of_prospect(model, who, "id")
            world.client.write(model, [record["id"]], {"function": "Came first"})
    lose_ledger(world)
    world.write_rules("safety:\n  first_sync_overwrites: {share: 0, least: 4}\n")
    foretold = world.report("plan", "--initial")["first_sync"]
    assert foretold == {"overwritten_people": 5, "allowed": 4, "asks_for_yes": True}
    for _ in range(2):
        done = world.run("sync", "--initial")
        refused(done, "first_sync_overwrites", "of 5 people", "--yes", code=2)
    assert [in_pardot(world, who, "jobTitle")["jobTitle"] for who in crowd] == before
    assert world.status()["links"] == {}
    report = world.sync("--initial", "--yes")
    assert (report["leads_created"], report["held"]) == (0, 0)
    after = {in_pardot(world, who, "jobTitle")["jobTitle"] for who in crowd}
    assert after == {"Came first"}


def test_looking_at_a_first_sync_leaves_nothing_behind(world: PeopleWorld) -> None:
    lose_ledger(world)
    who = world.new_prospect(email="fresh@example.com", lastName="Fresh", source="Fresh Source")
    # Odoo holds more records than this, so everybody is planned before the first write.
    world.write_rules("safety:\n  first_sync_overwrites: {share: 0, least: 10}\n")
    assert world.sync("--initial")["leads_created"] == 1
    [lead] = world.of_prospect("crm.lead", who, "source_id")
    assert lead["source_id"][1] == "Fresh Source"


def test_records_born_in_odoo_are_counted_before_they_become_prospects(world: PeopleWorld) -> None:
    born = "automation:\n  born_in_odoo: {active: true}\n"
    world.write_rules(born + "safety:\n  pardot:\n    creates: {share: 0, least: 2}\n")
    made = [f"born{number}@example.com" for number in range(3)]
    world.client.create("crm.lead", [{"name": address, "email_from": address} for address in made])
    world.advance(900)
    world.pardot.forget()
    refused(world.run("sync"), "safety.pardot.creates", "3 prospects", code=2)
    assert {entry["method"] for entry in api_calls(world.pardot)} == {"GET"}
    # Nothing is lost: with a higher limit the next interval takes them.
    world.write_rules(born)
    world.advance(900)
    world.sync()
    told = world.client.search_read(
        "crm.lead", [("email_from", "in", made)], ["x_pardot_prospect_id"]
    )
    assert len({lead["x_pardot_prospect_id"] for lead in told}) == 3
    assert all(lead["x_pardot_prospect_id"] for lead in told)
