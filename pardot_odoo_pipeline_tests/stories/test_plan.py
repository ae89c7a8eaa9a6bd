"""`plan` names, operation by operation, what the following sync then does, and writes nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
from pardot_odoo_pipeline.odoo.apply_loader import ApplyActionLoader
from pardot_odoo_pipeline.pardot.prospect_writes import ProspectWriter
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline_tests.people_world import PeopleWorld
from pardot_odoo_pipeline_tests.world import refused

RULES = """
automation:
  assignment:
    - name: Everybody
      round_robin: [%(one)s, %(other)s]
fields:
  jobTitle: {blank: clear}
"""
PROSPECTS = 240
MADE_ON_THE_WAY = {"crm.lead/source_id", "crm.lead/campaign_id"}

Operation = tuple[str, str, str]


class Seen:
    """What was asked of both systems' clients, by person."""

    def __init__(self, home: Path) -> None:
        self._key = load_lookup_key(home / "keys")
        self.operations: dict[Operation, dict[str, Any]] = {}

    def fingerprint(self, value: Any) -> str:
        return Ports.fingerprint(mock.Mock(lookup_key=self._key), value)

    def add(self, system: str, prospect_id: str, kind: str, **told: Any) -> None:
        key = (system, prospect_id, kind)
        assert key not in self.operations, key
        self.operations[key] = told

    @contextmanager
    def watching(self) -> Iterator[None]:
        apply, tell = ApplyActionLoader.apply, ProspectWriter.apply

        def odoo(loader: Any, writes: Any, **more: Any) -> Any:
            for write in writes:
                kind = "create" if write.lead is None or write.lead.record_id is None else "update"
                fields = {
                    f"{model}/{name}": self.fingerprint(value)
                    for model, record in (("crm.lead", write.lead), ("res.partner", write.partner))
                    for name, value in (record.values if record else {}).items()
                }
                self.add("odoo", write.key, kind, fields=fields)
            return apply(loader, writes, **more)

        def pardot(writer: Any, writes: Any) -> Any:
            for write in writes:
                self.add(
                    "pardot",
                    write.key,
                    "update",
                    fields={n: self.fingerprint(v) for n, v in write.values.items()},
                    add_to_lists=list(write.add_to_lists),
                    remove_from_lists=list(write.remove_from_lists),
                )
            return tell(writer, writes)

        with (
            mock.patch.object(ApplyActionLoader, "apply", odoo),
            mock.patch.object(ProspectWriter, "apply", pardot),
        ):
            yield


def planned(world: PeopleWorld, *arguments: str) -> tuple[dict[str, Any], dict[Operation, Any]]:
    """The account of a plan and its operations, while both sides are watched for writes."""
    path = world.home / "operations.jsonl"
    before = traces(world)
    account = world.report("plan", *arguments, "--operations", str(path))
    assert traces(world) == before
    found: dict[Operation, Any] = {}
    for line in path.read_text().splitlines():
        one = json.loads(line)
        key = (one.pop("system"), one.pop("prospect_id"), one.pop("kind"))
        assert key not in found
        found[key] = one
    return account, found


def traces(world: PeopleWorld) -> dict[str, Any]:
    """What a plan must leave as it is: both systems' records, and the ledger."""
    status = world.status()
    return {
        **{
            name: status[name] for name in ("links", "cursors", "quarantine", "findings", "retries")
        },
        "batches": len(status["batches"]),
        **{
            model: world.client.search_read(model, [], ["write_date"], order="id")
            for model in ("crm.lead", "res.partner", "utm.source", "utm.campaign")
        },
    }


def differences(plan: dict[Operation, Any], done: dict[Operation, Any]) -> list[Any]:
    """Where plan and sync part; the ids of sources that the sync itself made are not comparable."""
    found: list[Any] = [("only planned", key) for key in plan.keys() - done.keys()]
    found += [("only done", key) for key in done.keys() - plan.keys()]
    for key in plan.keys() & done.keys():
        ours, theirs = (
            {
                **one,
                "fields": {
                    name: None if name in MADE_ON_THE_WAY else value
                    for name, value in one["fields"].items()
                },
            }
            for one in (plan[key], done[key])
        )
        if ours != theirs:
            found.append((key, ours, theirs))
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleWorld]:
    with PeopleWorld.with_rules(tmp_path_factory.mktemp("plan"), PROSPECTS) as world:
        sellers = ("ann@example.com", "bob@example.com")
        for login in sellers:
            world.client.create("res.users", [{"name": login, "login": login}])
        world.write_rules(RULES % {"one": sellers[0], "other": sellers[1]})
        assert world.run("provision").code == 0
        yield world


def test_an_initial_plan_is_what_the_initial_sync_does(world: PeopleWorld) -> None:
    account, plan = planned(world, "--initial")
    asked = len(world.pardot.asked)
    seen = Seen(world.home)
    with seen.watching():
        report = world.sync("--initial")
    # The sync went on from the plan's export.
    exports = [e for e in world.pardot.asked[asked:] if e["path"].endswith("/exports")]
    assert exports == []
    blocked = [plan.pop(key) for key in list(plan) if key[2] == "block"]
    assert differences(plan, seen.operations) == []
    assert len(blocked) == world.client.search_count("mail.blacklist", [])
    assert len(plan) > PROSPECTS / 2
    assert account["people"] == report["prospects_read"]
    assert account["to_odoo"]["leads_created"] == report["leads_created"]
    assert account["to_odoo"]["contacts_created"] == report["contacts_created"]
    assert account["quarantined"] == report["quarantined"]
    assert account["first_sync"]["asks_for_yes"] is False


def test_a_plan_after_a_morning_of_edits_is_what_the_interval_does(world: PeopleWorld) -> None:
    random.seed(11)
    edit_at_random(world)
    account, plan = planned(world)
    assert account["kind"] == "interval"
    seen = Seen(world.home)
    with seen.watching():
        report = world.sync()
    for key in [key for key in plan if key[2] in ("block", "unblock")]:
        del plan[key]
    assert differences(plan, seen.operations) == []
    systems = [key[0] for key in plan]
    assert systems.count("odoo") > 20
    assert systems.count("pardot") > 10
    assert account["people"] == report["prospects_read"]
    assert account["to_pardot"]["prospects_updated"] == systems.count("pardot")
    assert {sample["system"] for sample in account["samples"]} == {"odoo", "pardot"}
    # All is done now.
    world.advance(900)
    world.sync()
    world.advance(900)
    _, nothing = planned(world)
    assert nothing == {}


def edit_at_random(world: PeopleWorld) -> None:
    """Edits of all kinds on both sides, some of them of the same field."""
    world.advance(900)
    people = world.people(60)
    for who in random.sample(people, 30):
        world.edit(
            who,
            **random.choice(
                [
                    {"jobTitle": f"Title {who}"},
                    {"jobTitle": None},
                    {"phone": "+49 30 901820", "city": "Köln"},
                    {"score": 5000},
                    {"optedOut": True},
                    {"isDeleted": True},
                    {"source": f"New source {who}"},
                ]
            ),
        )
    for who in random.sample(people, 30):
        values = random.choice(
            [{"function": f"Job {who}"}, {"function": False}, {"city": "Wien"}, {"zip": "1010"}]
        )
        for model in random.choice((["crm.lead"], ["res.partner"], ["crm.lead", "res.partner"])):
            [record] = world.of_prospect(model, who, "id")
            world.client.write(model, [record["id"]], values)
    for number in range(5):
        world.new_prospect(email=f"plan{number}@example.com", lastName=f"Newman {number}")
    world.advance(900)


def test_people_read_it_and_the_file_holds_no_values(world: PeopleWorld) -> None:
    who = world.people(62)[61]
    world.edit(who, jobTitle="Chief Secret Officer")
    world.advance(900)
    path = world.home / "named.jsonl"
    done = world.run("plan", "--prospect", who, "--operations", str(path))
    assert done.code == 0, done.stderr
    assert "1 people in 1 batches; nothing was written" in done.stdout
    assert "“Chief Secret Officer”" in done.stdout
    assert "Chief" not in path.read_text()
    assert "Chief" not in done.stderr


def test_holds_are_foretold(world: PeopleWorld) -> None:
    world.write_rules("safety:\n  odoo:\n    overwrites: {share: 0, least: 2}\n")
    crowd = world.people(66)[63:]
    for who in crowd:
        world.edit(who, jobTitle=f"Held {who}")
    world.advance(900)
    named = [word for who in crowd for word in ("--prospect", who)]
    account, plan = planned(world, *named)
    [hold] = account["holds"]
    assert (hold["rule"], hold["allowed"]) == ("odoo:overwrites", 2)
    assert account["dispositions"] == {"held": 3}
    assert plan == {}
    assert world.report("holds")["holds"] == []
    assert world.sync(*named)["held"] == 3


def test_what_cannot_be_planned_says_why(world: PeopleWorld) -> None:
    refused(world.run("plan", "--initial", "--prospect", "5"), "exclude each other", code=2)
    refused(world.run("plan", "--since", "yesterday"), "no point in time", code=2)
