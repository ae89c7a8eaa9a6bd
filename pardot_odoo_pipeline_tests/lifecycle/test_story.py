"""One person from form to deal, through `sync`: both systems as people see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline_tests.lifecycle.desk import CUSTOM_FIELDS, PardotSide
from pardot_odoo_pipeline_tests.world import EVERYONE, PEOPLE_ONLY, World, api_calls

RULES = """
stages:
  fields:
    stage: dealStage__c
    status: dealStatus__c
    expected_revenue: dealRevenue__c
    lost_reason: dealReason__c
    owner: dealOwner__c
  lists: {{New: "Nurture: getting started", Qualified: Trade fair 2025}}
  won_list: Trade fair 2024
automation:
  qualify: {{action: convert, when: {{min_score: 900}}}}
  assignment:
    - name: hot
      when: {{score: {{min: 500}}}}
      user: {seller}
"""
NEW, QUALIFIED, WON = 4209, 4207, 4206


class Story:
    """A world under these rules, and one new person in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.pardot = PardotSide(world.pardot.state)
        self.api: PardotClient = self.pardot.client
        for name, kind in CUSTOM_FIELDS.items():
            values = {"name": name, "fieldId": name, "type": kind}
            self.api.create("custom-fields", values, ("id",))
        self.seller = world.client.create(
            "res.users",
            [{"name": "Sally", "login": "sally@example.com", "email": "sally@example.com"}],
            context={"no_reset_password": True},
        )[0]
        path = world.home / "rules.yaml"
        path.write_text(PEOPLE_ONLY + RULES.format(seller="sally@example.com"))
        self.env = {"PIPELINE_CONFIG": str(path)}
        world.begin()

    def sync(self) -> dict[str, Any]:
        """An interval batch, when Pardot's cache has caught up."""
        self.world.advance(120)
        return self.world.sync(**self.env)

    def quiet(self) -> None:
        """Once list tags have followed, two batches in which nobody did anything write nothing."""
        self.sync()
        before = self._versions()
        for _ in range(2):
            self.world.forget()
            self.sync()
            assert self._versions() == before
            sent = [one for one in api_calls(self.world.pardot) if one["method"] != "GET"]
            assert sent == []

    def _versions(self) -> list[list[dict[str, Any]]]:
        """When every record was last written, which Odoo notes also where nothing changed."""
        return [
            self.world.client.search_read(model, [], ["write_date"], order="id", context=EVERYONE)
            for model in ("crm.lead", "res.partner")
        ]

    def lead(self, prospect_id: str) -> dict[str, Any]:
        """The person's lead."""
        fields = ("type", "user_id", "partner_id", "stage_id", "active", "probability")
        [row] = self.world.of_prospect("crm.lead", prospect_id, *fields)
        return row

    def shows(self, prospect_id: str, *names: str) -> list[Any]:
        """What Pardot shows."""
        row = self.api.get("prospects", int(prospect_id), names)
        return [row[name] for name in names]

    def lists(self, prospect_id: str) -> set[int]:
        """Those of the three that the person is on."""
        return self.pardot.lists_of(int(prospect_id)) & {NEW, QUALIFIED, WON}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with World.running(tmp_path_factory.mktemp("lifecycle"), 20) as world:
        yield Story(world)


def test_from_form_to_won(story: Story) -> None:
    world, odoo = story.world, story.world.client
    who = world.new_prospect(
        email="bob.story@example.com", firstName="Bob", lastName="Ray", score=10
    )
    story.sync()
    lead = story.lead(who)
    assert (lead["type"], lead["user_id"]) == ("lead", False)
    contact = lead["partner_id"][0]

    world.edit(who, score=600)
    story.sync()
    assert story.lead(who)["user_id"][0] == story.seller

    world.edit(who, score=950)
    story.sync()
    lead = story.lead(who)
    assert lead["type"] == "opportunity"
    assert lead["partner_id"][0] == contact, "the contact stays"
    story.sync()
    assert story.shows(who, "dealStage__c", "dealStatus__c", "dealOwner__c") == [
        "New",
        "Open",
        "sally@example.com",
    ]
    assert story.lists(who) == {NEW}
    story.quiet()

    [qualified] = odoo.search("crm.stage", [("name", "=", "Qualified")])
    odoo.write("crm.lead", [lead["id"]], {"stage_id": qualified, "expected_revenue": 5000})
    story.sync()
    assert story.shows(who, "dealStage__c", "dealRevenue__c") == ["Qualified", 5000]
    assert story.lists(who) == {QUALIFIED}

    odoo.call("crm.lead", "action_set_won", ids=[lead["id"]])
    story.sync()
    assert story.shows(who, "dealStage__c", "dealStatus__c") == ["Won", "Won"]
    assert story.lists(who) == {WON}
    story.quiet()


def test_a_lost_deal_is_told_and_stays(story: Story) -> None:
    odoo = story.world.client
    who = story.world.new_prospect(email="eve.story@example.com", lastName="Eve", score=950)
    story.sync()
    story.sync()
    lead = story.lead(who)
    assert lead["type"] == "opportunity"
    [reason] = odoo.search("crm.lost.reason", [("name", "=", "Too expensive")])
    odoo.call("crm.lead", "action_set_lost", ids=[lead["id"]], lost_reason_id=reason)
    story.sync()
    assert story.shows(who, "dealStatus__c", "dealReason__c") == ["Lost", "Too expensive"]
    assert story.lists(who) == set()
    story.world.edit(who, score=960)
    story.sync()
    assert story.lead(who)["active"] is False, "not brought back, and not made again"
    story.quiet()


def test_what_marketing_types_over_a_deal_is_put_back_and_kept(story: Story) -> None:
    who = story.world.new_prospect(email="mia.story@example.com", lastName="Mia", score=950)
    story.sync()
    story.sync()
    story.world.edit(who, dealStatus__c="Dreaming")
    story.sync()
    assert story.shows(who, "dealStatus__c") == ["Open"]
    story.quiet()
