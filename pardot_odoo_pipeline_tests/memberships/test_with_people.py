"""People and lists together: everybody's tags after the first sync, and people who come and go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline.pardot.paging import iter_pages
from pardot_odoo_pipeline_tests.memberships.lists_world import ListsWorld
from pardot_odoo_pipeline_tests.world import EVERYONE, World


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListsWorld]:
    """Everybody synced, people first."""
    with World.running(tmp_path_factory.mktemp("people"), 150, sides=True) as world:
        made = ListsWorld(world)
        assert world.run("provision").code == 0
        world.sync("--initial", **made.people_rules())
        made.batch(batch_size=100)
        yield made


def expected(listed: ListsWorld) -> dict[str, set[str]]:
    """E-mail address to the lists that anybody with it is on, as Pardot tells."""
    with listed.ports() as ports:

        def everything(name: str, *fields: str) -> list[dict]:
            return [row for page in iter_pages(ports.pardot, name, fields) for row in page]

        lists = {row["id"]: row["name"] for row in everything("lists", "name")}
        people = {row["id"]: row["email"] for row in everything("prospects", "email")}
        told: dict[str, set[str]] = defaultdict(set)
        for row in everything("list-memberships", "listId", "prospectId", "optedOut"):
            address = people.get(row["prospectId"])
            if address and row["listId"] in lists and not row["optedOut"]:
                told[address.strip().lower()].add(lists[row["listId"]])
    return told


def test_everybody_carries_the_tags_of_their_lists(listed: ListsWorld) -> None:
    client = listed.world.client
    names = {
        row["id"]: row["name"]
        for row in client.search_read(
            "res.partner.category", [("parent_id.name", "=", "Pardot lists")], ["name"]
        )
    }
    contacts = client.search_read(
        "res.partner",
        [("x_pardot_prospect_id", "!=", False)],
        ["x_pardot_email_key", "category_id"],
        context=EVERYONE,
    )
    wanted = expected(listed)
    wrong = [
        row["id"]
        for row in contacts
        if {names[n] for n in row["category_id"] if n in names}
        != wanted.get(row["x_pardot_email_key"], set())
    ]
    assert wrong == []
    assert sum(bool(row["category_id"]) for row in contacts) > 30


def test_the_next_interval_reads_nobody_again_for_a_tag(listed: ListsWorld) -> None:
    listed.world.advance(120)
    report = listed.world.sync(**listed.people_rules())
    assert report["prospects_read"] <= 5  # those who were written in Pardot, read once more


def test_nothing_is_left_to_do_and_people_find_nothing_either(listed: ListsWorld) -> None:
    told = listed.batch()
    assert (told["tags_given"], told["tags_taken"], told["edits_put_back"]) == (0, 0, 0)
    listed.world.advance(600)
    report = listed.world.sync(**listed.people_rules())
    assert (report["leads_updated"], report["contacts_updated"]) == (0, 0)


def test_a_newcomer_on_a_list_is_tagged_once_in_odoo(listed: ListsWorld) -> None:
    fair = listed.new_list("Fair of newcomers")
    nova = listed.world.new_prospect(email="nova@example.com", firstName="Nova", lastName="New")
    listed.join(fair, nova)
    assert listed.batch()["dispositions"] == {"deferred": 1}
    listed.people()
    listed.batch()
    assert listed.tags(nova) == {"Fair of newcomers"}


def test_a_leader_in_the_recycle_bin_leaves_the_followers_tags(listed: ListsWorld) -> None:
    fair, other = listed.new_list("Fair of leaders"), listed.new_list("Fair of followers")
    lea = listed.world.new_prospect(email="both@example.com", lastName="Lead", score=90)
    listed.people()
    fay = listed.world.new_prospect(email="both@example.com", lastName="Follow", score=1)
    listed.people()
    listed.join(fair, lea)
    listed.join(other, fay)
    listed.batch()
    assert listed.tags(lea) == {"Fair of leaders", "Fair of followers"}
    listed.world.edit(lea, isDeleted=True)
    listed.people()
    listed.batch()
    assert listed.tags(fay) == {"Fair of followers"}


def test_joining_a_list_that_makes_leads_makes_one_in_the_same_sync(listed: ListsWorld) -> None:
    world = listed.world
    rules = world.home / "buyers.yaml"
    rules.write_text(
        "activities: {active: false}\nautomation: {create_lead: {lists: [Fair of buyers]}}\n"
    )
    env = {"PIPELINE_CONFIG": str(rules)}
    fair = listed.new_list("Fair of buyers")
    bea = world.new_prospect(email="bea.buyer@example.com", lastName="Buyer")
    world.advance(900)
    world.sync(**env)
    assert world.of_prospect("crm.lead", bea, "id") == []
    listed.join(fair, bea)
    world.advance(900)
    world.sync(**env)
    [lead] = world.of_prospect("crm.lead", bea, "contact_name")
    assert lead["contact_name"] == "Buyer"
