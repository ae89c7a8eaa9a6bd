"""Both sides edit one field: the history says what lost and why, and brings it back when asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pardot_odoo_pipeline_tests.people_world import PeopleWorld, in_pardot
from pardot_odoo_pipeline_tests.world import api_calls, refused

FIELD = "res.partner/function"


@dataclass(frozen=True)
class Quarrel:
    """One field of one person, edited on both sides before one sync."""

    prospect_id: str
    email: str
    before: str | None
    entry: dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleWorld]:
    with PeopleWorld.with_rules(tmp_path_factory.mktemp("conflicts"), 40) as world:
        world.begin()
        yield world


@pytest.fixture(scope="module")
def quarrel(world: PeopleWorld) -> Quarrel:
    [lead] = world.client.search_read(
        "crm.lead",
        [("x_pardot_prospect_id", "!=", False), ("function", "!=", False)],
        ["x_pardot_prospect_id", "email_from", "function"],
        order="id",
        limit=1,
    )
    who = lead["x_pardot_prospect_id"]
    world.advance(900)
    world.edit(who, jobTitle="Says Pardot")
    edit_in_odoo(world, who, "Says Odoo")
    world.advance(900)
    world.sync()
    [entry] = [one for one in history(world, who) if one["field"] == FIELD]
    return Quarrel(who, lead["email_from"], lead["function"], entry)


def history(world: PeopleWorld, person: str) -> list[dict[str, Any]]:
    done = world.run("conflicts", "--person", person, "--json")
    assert done.code == 0, done.stderr
    return done.report["conflicts"]


def edit_in_odoo(world: PeopleWorld, prospect_id: str, title: str) -> None:
    for model in ("crm.lead", "res.partner"):
        [record] = world.of_prospect(model, prospect_id, "id")
        world.client.write(model, [record["id"]], {"function": title})


def shown(world: PeopleWorld, prospect_id: str) -> set[str]:
    """What both systems show of the job title."""
    in_odoo = [
        world.of_prospect(model, prospect_id, "function")[0]["function"]
        for model in ("crm.lead", "res.partner")
    ]
    return {in_pardot(world, prospect_id, "jobTitle")["jobTitle"], *in_odoo}


def test_the_history_names_values_times_rule_and_winner(
    world: PeopleWorld, quarrel: Quarrel
) -> None:
    entry = quarrel.entry
    assert entry["prospect_id"] == quarrel.prospect_id
    assert entry["pardot_field"] == "jobTitle"
    assert entry["agreed"] == [quarrel.before, quarrel.before]
    assert (entry["pardot"]["value"], entry["odoo"]["value"]) == ("Says Pardot", "Says Odoo")
    for side in ("pardot", "odoo"):
        assert entry[side]["changed_after"] < entry[side]["changed_until"]
    assert (entry["winner"], entry["rule"]) == ("odoo", "latest:tie")
    assert "cannot be told" in entry["why"]
    assert entry["batch"].startswith("interval-")
    assert entry["restored_at"] is None


def test_the_same_person_is_found_by_address_in_any_spelling(
    world: PeopleWorld, quarrel: Quarrel
) -> None:
    by_id = history(world, quarrel.prospect_id)
    assert history(world, f" {quarrel.email.upper()} ") == by_id


def test_people_read_it_without_json(world: PeopleWorld, quarrel: Quarrel) -> None:
    done = world.run("conflicts", "--limit", "500")
    assert done.code == 0
    assert f"#{quarrel.entry['id']}  prospect {quarrel.prospect_id}  jobTitle" in done.stdout
    assert "Odoo won: both sides changed" in done.stdout


def test_a_losing_value_comes_back_on_both_sides_once(world: PeopleWorld, quarrel: Quarrel) -> None:
    number = str(quarrel.entry["id"])
    assert shown(world, quarrel.prospect_id) == {"Says Odoo"}
    world.advance(900)
    done = world.run("conflicts", "restore", number, "--json")
    assert done.code == 0, done.stderr
    assert shown(world, quarrel.prospect_id) == {"Says Pardot"}
    restored = done.report
    assert restored["restored_batch"].startswith("manual-")
    explained = [one for one in history(world, quarrel.prospect_id) if one["rule"] == "restored"]
    assert {one["id"] for one in explained} == set(restored["overruled"])
    assert {one["lost"] for one in explained} <= {"Says Odoo"}
    assert explained
    again = world.run("conflicts", "restore", number)
    refused(again, "restored already", restored["restored_batch"], code=1)
    # Nobody undoes it, and nothing travels any more.
    world.advance(900)
    world.sync()
    world.advance(900)
    world.forget()
    report = world.sync()
    assert (report["prospects_read"], report["leads_updated"]) == (0, 0)
    assert {call["method"] for call in api_calls(world.pardot)} <= {"GET"}
    assert shown(world, quarrel.prospect_id) == {"Says Pardot"}


def test_what_cannot_be_restored_says_why(world: PeopleWorld, quarrel: Quarrel) -> None:
    refused(world.run("conflicts", "restore", "999999"), "no conflict 999999", code=1)
    refused(world.run("conflicts", "--person", "nobody@example.com"), code=1)
    done = world.run("conflicts", "--person", "not an address")
    refused(done, "neither an e-mail address", code=1)
    assert "not an address" not in done.stderr
