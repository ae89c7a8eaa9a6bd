"""`mapping test`: what the rules make of people, without a single write."""

from __future__ import annotations

from pathlib import Path

import pytest

from pardot_odoo_pipeline_tests.world import World, api_calls, refused, writes


@pytest.fixture(scope="module")
def world(synced_world: World) -> World:
    return synced_world


@pytest.fixture(autouse=True)
def _nothing_is_written(world: World):
    world.pardot.forget()
    world.odoo.forget()
    yield
    assert not writes(world.odoo)
    assert {request["method"] for request in api_calls(world.pardot)} <= {"GET"}


def rules(world: World, text: str) -> dict[str, str]:
    path = Path(world.home) / "mapping_test.yaml"
    path.write_text(text, encoding="utf-8")
    return {"PIPELINE_CONFIG": str(path)}


def fields_of(person):
    return {field["cell"]: field for field in person["fields"]}


def test_a_sample_shows_source_destination_and_the_way_back(world: World) -> None:
    done = world.run("mapping", "test", "--sample", "30", "--json")
    assert done.code == 0, done.stderr
    people = done.report["prospects"]
    assert len(people) == 30
    linked = [one for one in people if any(f["held"] for f in one["fields"])]
    assert linked
    for person in linked:
        for field in person["fields"]:
            if field["held"] is not None:
                # Everything was synced: where nothing was refused both sides show the same.
                assert not field["differs"] or field["findings"], field
        email = fields_of(person)["res.partner/email"]
        assert email["odoo"] == email["pardot"].strip()
        assert email["back"] == {"email": email["pardot"]}
        assert fields_of(person)["crm.lead/x_pardot_grade"]["back"] == {}
    assert done.report["remarks"]["as it is"] > done.report["remarks"]["changed"] > 0


def test_what_is_cut_changed_refused_and_held_is_told(world: World) -> None:
    env = rules(
        world,
        "fields:\n"
        "  jobTitle: {limit: 8, transform: [text, upper]}\n"
        "  industry: {unknown: hold}\n"
        "picklists:\n  industry: {Wholesale: nothing of the kind}\n",
    )
    done = world.run("mapping", "test", "--sample", "80", "--json", env=env)
    people = done.report["prospects"]
    titles = [fields_of(one)["crm.lead/function"] for one in people if one["fields"]]
    cut = [field for field in titles if field["remark"] == "cut"]
    assert cut
    for field in cut:
        assert len(field["odoo"]) <= 8
        assert field["odoo"] == field["odoo"].upper()
        assert "text_cut" in field["findings"]
    held = [
        field
        for one in people
        for field in one["fields"]
        if field["cell"] == "res.partner/industry_id" and field["remark"] == "held"
    ]
    for field in held:
        assert field["odoo"] is None
        assert "picklist_unknown" in field["findings"]
    assert held


def test_one_person_as_a_table(world: World) -> None:
    sample = world.run("mapping", "test", "--sample", "1", "--json")
    [person] = sample.report["prospects"]
    key = person["prospect_id"]
    shown = world.run("mapping", "test", "--prospect", key, "--all")
    assert shown.code == 0, shown.stderr
    assert f"Prospect {key}" in shown.stdout
    for field in person["fields"]:
        assert f"{field['source']} → {field['cell']}: {field['remark']}" in shown.stdout
        assert not field["pardot"] or field["pardot"].split("\n")[0] in shown.stdout
    brief = world.run("mapping", "test", "--prospect", key).stdout
    assert ": as it is" in shown.stdout
    assert ": as it is" not in brief


def test_rules_that_do_not_fit_are_refused_first(world: World) -> None:
    env = rules(world, "fields:\n  nowhere__c: {lead: x_pardot_score, transform: number}\n")
    refused(world.run("mapping", "test", env=env), "both go to", code=2)
    env = rules(world, "fields:\n  nowhere__c: {lead: referred}\n")
    refused(
        world.run("mapping", "test", env=env),
        "mapping_test.yaml:2",
        "Pardot has no prospect field 'nowhere__c'",
        code=2,
    )
