"""The stories of lists on a real Odoo 19, with the rights of a plain salesperson."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.settings import Home
from pardot_odoo_pipeline_tests.memberships.lists_world import CATEGORY, ListsWorld, edits
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin
from pardot_odoo_pipeline_tests.world import SEED, World, api_calls


@pytest.fixture(scope="module")
def listed(
    odoo_database: OdooLogin, sales_user: OdooLogin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ListsWorld]:
    home = tmp_path_factory.mktemp("lists")
    with running_sandbox(Home(home).create(), ("pardot",), prospects=20, seed=SEED) as states:
        world = World(home, {"pardot": states["pardot"], "odoo": {}}, 20)
        world.__dict__["client"] = odoo_database.client()
        admin = {"PARDOT_API_URL": "sandbox", **odoo_database.environment()}
        done = world.run("provision", env=admin)
        assert done.code == 0, done.stderr
        yield ListsWorld(world, {"PARDOT_API_URL": "sandbox", **sales_user.environment()})


def test_a_list_from_its_first_member_to_its_last(listed: ListsWorld) -> None:
    ada, bob = listed.person("ada@example.com"), listed.person("bob@example.com")
    fair = listed.new_list("Fair of Odoo")
    listed.join(fair, ada, bob)
    listed.batch()
    assert listed.tags(ada) == listed.tags(bob) == {"Fair of Odoo"}
    assert listed.category(fair)["parent_id"][1] == "Pardot lists"
    listed.leave(fair, bob)
    listed.batch()
    assert listed.tags(bob) == set()
    listed.edit_list(fair, name="Fair of Odoo 2027")
    listed.batch()
    assert listed.tags(ada) == {"Fair of Odoo 2027"}
    listed.edit_list(fair, isDeleted=True)
    listed.batch()
    assert listed.tags(ada) == set(), "an archived tag shows on no contact"
    assert listed.category(fair)["active"] is False
    listed.edit_list(fair, isDeleted=False)
    listed.batch()
    assert listed.tags(ada) == {"Fair of Odoo 2027"}
    assert listed.notes(ada) == listed.notes(bob) == []


def test_an_edit_by_hand_is_put_back_and_explained(listed: ListsWorld) -> None:
    ada = listed.person("ada.hand@example.com")
    fair, other = listed.new_list("Fair of hands"), listed.new_list("Fair of other hands")
    listed.join(fair, ada)
    listed.batch()
    [own] = listed.world.client.create(CATEGORY, [{"name": "Speaks Danish"}])
    listed.take(ada, listed.category(fair)["id"])
    listed.give(ada, listed.category(other)["id"])
    listed.give(ada, own)
    told = listed.batch()
    assert told["edits_put_back"] == 2
    assert listed.tags(ada) == {"Fair of hands", "Speaks Danish"}
    assert len(listed.notes(ada)) == 2
    with listed.ports() as ports:
        history = edits(ports)[-2:]
    assert sorted(history) == [
        ("added", "put_back", "pardot_decides"),
        ("removed", "put_back", "pardot_decides"),
    ]
    listed.batch()
    assert len(listed.notes(ada)) == 2


def test_a_two_way_list(listed: ListsWorld) -> None:
    ada = listed.person("ada.two@example.com")
    fair = listed.new_list("Fair of two ways")
    listed.batch(two_way=[fair])
    listed.give(ada, listed.category(fair)["id"])
    listed.batch(two_way=[fair])
    assert listed.is_member(fair, ada)
    listed.take(ada, listed.category(fair)["id"])
    listed.batch(two_way=[fair])
    assert not listed.is_member(fair, ada)
    assert listed.notes(ada) == []


def test_a_lead_carries_the_tag_until_there_is_a_contact(listed: ListsWorld) -> None:
    ada = listed.person("ada.lead@example.com", contact=False)
    fair = listed.new_list("Fair of leads")
    listed.world.client.create("crm.tag", [{"name": "Pardot: Fair of leads"}])
    listed.join(fair, ada)
    listed.batch()
    assert listed.lead_tags(ada) == {f"Pardot: Fair of leads ({fair})"}
    [partner] = listed.world.client.create(
        "res.partner", [{"name": "Ada", "x_pardot_prospect_id": ada}]
    )
    listed.link(Link(ada, ada, partner_id=partner))
    listed.batch()
    assert (listed.lead_tags(ada), listed.tags(ada)) == (set(), {"Fair of leads"})


def test_tags_that_people_changed_are_put_in_order(listed: ListsWorld) -> None:
    ada = listed.person("ada.tidy@example.com")
    client = listed.world.client
    names = ("Renamed", "Moved", "Archived", "Deleted")
    lists = {name: listed.new_list(f"Tidy: {name}") for name in names}
    for one in lists.values():
        listed.join(one, ada)
    listed.batch()
    ids = {name: listed.category(one)["id"] for name, one in lists.items()}
    [hand_made] = client.create(CATEGORY, [{"name": "Colours"}])
    client.write(CATEGORY, [ids["Renamed"]], {"name": "Something"})
    client.write(CATEGORY, [ids["Moved"]], {"parent_id": hand_made})
    client.write(CATEGORY, [ids["Archived"]], {"active": False})
    client.unlink(CATEGORY, [ids["Deleted"]])
    listed.batch()
    assert listed.tags(ada) == {f"Tidy: {name}" for name in names}
    assert client.read(CATEGORY, [hand_made], ["name"])[0]["name"] == "Colours"


def test_a_contact_that_is_gone_keeps_nobody_from_the_tag(listed: ListsWorld) -> None:
    people = [listed.person(f"gone{n}@example.com") for n in range(3)]
    fair = listed.new_list("Fair of the missing")
    listed.join(fair, *people)
    [lead] = listed.world.of_prospect("crm.lead", people[1], "id")
    listed.world.client.write("crm.lead", [lead["id"]], {"partner_id": False})
    listed.world.client.unlink("res.partner", [listed.contact(people[1])])
    told = listed.batch(failures=1)
    assert told["failed"] == 1
    assert listed.tags(people[0]) == listed.tags(people[2]) == {"Fair of the missing"}


def test_contacts_that_a_salesperson_merges_carry_the_tags_of_both(listed: ListsWorld) -> None:
    ada = listed.person("ada.merge@example.com")
    twin = listed.person("ada.merge@example.com")
    fair, other = listed.new_list("Fair of one"), listed.new_list("Fair of two")
    listed.join(fair, ada)
    listed.join(other, twin)
    listed.batch(failures=1)
    client, kept, lost = listed.world.client, listed.contact(ada), listed.contact(twin)
    [wizard] = client.create(
        "base.partner.merge.automatic.wizard",
        [{"state": "selection", "partner_ids": [[6, 0, [kept, lost]]], "dst_partner_id": kept}],
        context={"active_model": "res.partner", "active_ids": [kept, lost]},
    )
    client.call("base.partner.merge.automatic.wizard", "action_merge", ids=[wizard])
    listed.link(Link(twin, twin, partner_id=kept))
    listed.batch(failures=1)
    assert listed.tags(ada) == {"Fair of one", "Fair of two"}
    assert listed.notes(ada) == []


def test_a_quiet_hour_costs_next_to_nothing(listed: ListsWorld) -> None:
    listed.batch(failures=1)
    for _ in range(2):
        before = _latest(listed)
        listed.world.pardot.forget()
        told = listed.batch(failures=1)
        assert [call["method"] for call in api_calls(listed.world.pardot)] == ["GET"] * 2
        assert told["tags_given"] + told["tags_taken"] <= 1, "the contact that is gone"
        assert _latest(listed) == before


def _latest(listed: ListsWorld) -> list[object]:
    rows = [
        listed.world.client.search_read(
            model, [], ["write_date"], order="write_date desc, id desc", limit=1
        )
        for model in ("res.partner", CATEGORY, "crm.lead", "mail.message")
    ]
    return rows
