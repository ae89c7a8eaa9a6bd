"""Whatever happens to a list in Pardot shows in the tags of contacts, and nothing else does."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline_tests.memberships.lists_world import CATEGORY, ListsWorld
from pardot_odoo_pipeline_tests.world import EVERYONE, api_calls, writes


def test_joining_and_leaving(listed: ListsWorld) -> None:
    ada = listed.person("ada.joins@example.com")
    fair = listed.new_list("Fair of joining")
    listed.join(fair, ada)
    told = listed.batch()
    assert listed.tags(ada) == {"Fair of joining"}
    assert (told["tags_given"], told["dispositions"]) == (1, {"updated": 1})
    listed.leave(fair, ada)
    told = listed.batch()
    assert listed.tags(ada) == set()
    assert (told["tags_given"], told["tags_taken"]) == (0, 1)
    assert listed.notes(ada) == []


def test_every_list_stands_below_one_parent(listed: ListsWorld) -> None:
    listed.batch()
    [parent] = listed.world.client.search_read(
        CATEGORY, [("name", "=", "Pardot lists")], ["child_ids"], context=EVERYONE
    )
    rows = listed.world.client.search_read(
        CATEGORY, [("id", "in", parent["child_ids"])], ["name"], context=EVERYONE
    )
    names = {row["name"] for row in rows}
    assert {"Newsletter", "Hot leads", "Wartungskunden DACH"} <= names
    assert "Old test list" not in names, "a deleted list gets no tag"


def test_leaving_and_coming_back(listed: ListsWorld) -> None:
    ada = listed.person("ada.returns@example.com")
    fair = listed.new_list("Fair of returning")
    for _ in range(2):
        listed.join(fair, ada)
        listed.batch()
        assert listed.tags(ada) == {"Fair of returning"}
        listed.leave(fair, ada)
        listed.batch()
        assert listed.tags(ada) == set()
    listed.join(fair, ada)
    listed.leave(fair, ada)
    listed.join(fair, ada)
    listed.batch()
    assert listed.tags(ada) == {"Fair of returning"}


def test_a_renamed_list_renames_its_tag_and_touches_no_contact(listed: ListsWorld) -> None:
    ada = listed.person("ada.rename@example.com")
    fair = listed.new_list("Fair of Lübeck")
    listed.join(fair, ada)
    listed.batch()
    listed.batch()
    before = listed.category(fair)["id"]
    listed.world.forget()
    listed.edit_list(fair, name="Fair of Lübeck 2027")
    listed.batch()
    assert listed.tags(ada) == {"Fair of Lübeck 2027"}
    assert listed.category(fair)["id"] == before
    assert [path for path in writes(listed.world.odoo) if "res.partner/" in path] == []


def test_a_deleted_list_hides_its_tag_until_it_comes_back(listed: ListsWorld) -> None:
    ada, bob = listed.person("ada.bin@example.com"), listed.person("bob.bin@example.com")
    fair = listed.new_list("Fair that is cancelled")
    listed.join(fair, ada, bob)
    listed.batch()
    listed.edit_list(fair, isDeleted=True)
    told = listed.batch()
    assert listed.category(fair)["active"] is False
    assert listed.tags(ada) == listed.tags(bob) == set()
    assert told["tags_taken"] == 0, "hidden by one write, not by one for every contact"
    listed.leave(fair, bob)
    listed.batch()
    listed.edit_list(fair, isDeleted=False)
    listed.batch()
    assert listed.category(fair)["active"] is True
    assert (listed.tags(ada), listed.tags(bob)) == ({"Fair that is cancelled"}, set())
    assert listed.notes(ada) == listed.notes(bob) == []


def test_a_dynamic_list_fills_and_empties_itself(listed: ListsWorld) -> None:
    ada = listed.person("ada.dynamic@example.com")
    hot = listed.new_list("Hot this week", dynamic=True)
    listed.join(hot, ada)
    listed.batch()
    assert listed.tags(ada) == {"Hot this week"}
    listed.leave(hot, ada)
    listed.batch()
    assert listed.tags(ada) == set()


def test_who_opts_out_of_a_list_does_not_carry_its_tag(listed: ListsWorld) -> None:
    ada = listed.person("ada.optout@example.com")
    letter = listed.new_list("Letter nobody wants")
    listed.join(letter, ada)
    listed.batch()
    listed.opt_out(letter, ada)
    listed.batch()
    assert listed.tags(ada) == set()
    assert listed.is_member(letter, ada), "the opt-out is Pardot's to keep"


def test_lists_of_one_name_have_tags_of_two_names(listed: ListsWorld) -> None:
    ada = listed.person("ada.twins@example.com")
    first, second = listed.new_list("Twins"), listed.new_list("twins ")
    listed.join(first, ada)
    listed.join(second, ada)
    listed.batch()
    assert listed.tags(ada) == {f"Twins ({first})", f"twins ({second})"}


def test_other_tags_are_never_touched(listed: ListsWorld) -> None:
    ada = listed.person("ada.others@example.com")
    client = listed.world.client
    fair = listed.new_list("VIP")
    [own, namesake] = client.create(CATEGORY, [{"name": "Speaks Danish"}, {"name": "VIP"}])
    [parent] = client.create(CATEGORY, [{"name": "Pardot lists"}])
    client.write("res.partner", [listed.contact(ada)], {"category_id": [[6, 0, [own, namesake]]]})
    listed.join(fair, ada)
    listed.batch()
    assert listed.category(fair)["id"] != namesake
    listed.leave(fair, ada)
    listed.batch()
    [row] = listed.world.of_prospect("res.partner", ada, "category_id")
    assert set(row["category_id"]) == {own, namesake}
    kept = client.read(CATEGORY, [own, namesake, parent], ["name", "active", "child_ids"])
    assert [(row["name"], row["active"]) for row in kept] == [
        ("Speaks Danish", True),
        ("VIP", True),
        ("Pardot lists", True),
    ]
    assert kept[2]["child_ids"] == []
    client.unlink(CATEGORY, [parent])


def test_the_rules_choose_lists(listed: ListsWorld) -> None:
    ada = listed.person("ada.rules@example.com")
    wanted, other = listed.new_list("Webinar: tags"), listed.new_list("Internal: tests")
    by_id = listed.new_list("Something else")
    for one in (wanted, other, by_id):
        listed.join(one, ada)
    told = listed.batch(include=["webinar:*", by_id])
    assert listed.tags(ada) == {"Webinar: tags", "Something else"}
    assert told["dispositions"] == {"updated": 2, "unchanged": 1}
    listed.batch(include=["webinar:*", "Internal*"], exclude=[wanted])
    assert listed.tags(ada) == {"Internal: tests"}
    listed.batch()
    assert listed.tags(ada) == {"Webinar: tags", "Something else", "Internal: tests"}


def test_a_shared_contact_carries_the_tag_while_anybody_is_on_the_list(listed: ListsWorld) -> None:
    lea = listed.person("shared.lists@example.com")
    fay = listed.person("shared.lists@example.com", leader=lea)
    fair = listed.new_list("Fair of many")
    listed.join(fair, lea, fay)
    listed.batch()
    assert listed.tags(lea) == {"Fair of many"}
    listed.leave(fair, lea)
    told = listed.batch()
    assert listed.tags(lea) == {"Fair of many"}
    assert told["tags_taken"] == 0
    listed.leave(fair, fay)
    listed.batch()
    assert listed.tags(lea) == set()


def test_who_is_in_the_recycle_bin_carries_no_tag(listed: ListsWorld) -> None:
    ada = listed.person("ada.archived@example.com")
    fair = listed.new_list("Fair of the living")
    listed.join(fair, ada)
    listed.batch()
    listed.link(Link(ada, state=LinkState.ARCHIVED))
    listed.batch()
    assert listed.tags(ada) == set()
    listed.link(Link(ada, state=LinkState.ACTIVE))
    listed.batch()
    assert listed.tags(ada) == {"Fair of the living"}


def test_who_is_linked_later_gets_the_tag_then(listed: ListsWorld) -> None:
    fair = listed.new_list("Fair of strangers")
    stranger = listed.world.new_prospect(email="later@example.com", lastName="Later")
    listed.join(fair, stranger)
    assert listed.batch()["dispositions"] == {"deferred": 1}
    [partner] = listed.world.client.create(
        "res.partner", [{"name": "Later", "x_pardot_prospect_id": stranger}]
    )
    listed.link(Link(stranger, stranger, partner_id=partner))
    told = listed.batch()
    assert listed.tags(stranger) == {"Fair of strangers"}
    assert told["read"] == 0, "the membership was remembered"


def test_before_there_is_a_contact_the_lead_carries_the_tag(listed: ListsWorld) -> None:
    ada = listed.person("ada.lead@example.com", contact=False)
    fair = listed.new_list("Fair of leads")
    listed.world.client.create("crm.tag", [{"name": "Pardot: Fair of leads"}])
    listed.join(fair, ada)
    listed.batch()
    assert listed.lead_tags(ada) == {f"Pardot: Fair of leads ({fair})"}, "the plain name is taken"
    listed.edit_list(fair, name="Fair of leaders")
    listed.batch()
    assert listed.lead_tags(ada) == {"Pardot: Fair of leaders"}
    [partner] = listed.world.client.create(
        "res.partner", [{"name": "Ada", "x_pardot_prospect_id": ada}]
    )
    listed.link(Link(ada, ada, partner_id=partner))
    listed.batch()
    assert listed.lead_tags(ada) == set()
    assert listed.tags(ada) == {"Fair of leaders"}


def test_a_lead_loses_the_tag_of_a_deleted_list(listed: ListsWorld) -> None:
    ada = listed.person("ada.lead.bin@example.com", contact=False)
    fair = listed.new_list("Fair of old leads")
    listed.join(fair, ada)
    listed.batch()
    listed.edit_list(fair, isDeleted=True)
    listed.batch()
    assert listed.lead_tags(ada) == set(), "tags of leads cannot be archived"


def test_a_contact_that_is_gone_keeps_nobody_from_the_tag(listed: ListsWorld) -> None:
    people = [listed.person(f"gone{n}@example.com") for n in range(4)]
    fair = listed.new_list("Fair of the missing")
    listed.join(fair, *people)
    listed.world.client.unlink("res.partner", [listed.contact(people[1])])
    told = listed.batch(failures=1)
    assert (told["failed"], told["dispositions"]) == (1, {"updated": 3, "retrying": 1})
    assert listed.tags(people[0]) == listed.tags(people[3]) == {"Fair of the missing"}
    listed.link(Link(people[1], state=LinkState.ARCHIVED))


def test_a_quiet_hour_costs_next_to_nothing(listed: ListsWorld) -> None:
    ada = listed.person("ada.quiet@example.com")
    fair = listed.new_list("Fair of silence")
    listed.join(fair, ada)
    listed.batch()
    for _ in range(3):
        listed.world.forget()
        told = listed.batch()
        assert writes(listed.world.odoo) == []
        assert [call["method"] for call in api_calls(listed.world.pardot)] == ["GET"] * 2
        assert told["odoo_calls"] <= 3
        assert told["batches"] == 1


def test_many_memberships_are_done_in_stretches(listed: ListsWorld) -> None:
    people = [listed.person(f"many{n}@example.com") for n in range(12)]
    fair, other = listed.new_list("Fair of crowds"), listed.new_list("Fair of more crowds")
    listed.join(fair, *people)
    listed.join(other, *people)
    told = listed.batch(batch_size=5)
    assert told["batches"] > 4
    assert told["read"] == 24
    assert all(listed.tags(p) == {"Fair of crowds", "Fair of more crowds"} for p in people)
    listed.leave(fair, *people)
    listed.batch(batch_size=5)
    assert all(listed.tags(p) == {"Fair of more crowds"} for p in people)


def test_a_killed_batch_is_made_again(listed: ListsWorld) -> None:
    ada = listed.person("ada.killed@example.com")
    fair = listed.new_list("Fair of crashes")
    listed.join(fair, ada)
    listed.world.odoo.fault({"reset": True, "after": True}, path="/json/2/res.partner/write")
    with pytest.raises(PipelineError):
        listed.batch()
    listed.world.forget()
    listed.batch()
    assert listed.tags(ada) == {"Fair of crashes"}
    assert listed.notes(ada) == []


def test_tags_that_people_changed_themselves_are_put_in_order(listed: ListsWorld) -> None:
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
    parents = {listed.category(one)["parent_id"][1] for one in lists.values()}
    assert parents == {"Pardot lists"}
    assert client.read(CATEGORY, [hand_made], ["name"])[0]["name"] == "Colours"
    assert listed.notes(ada) == []


def test_a_lost_ledger_finds_its_tags_again(listed: ListsWorld) -> None:
    ada = listed.person("ada.ledger@example.com")
    fair, left = listed.new_list("Fair of memory"), listed.new_list("Fair of oblivion")
    listed.join(fair, ada)
    listed.join(left, ada)
    listed.batch()
    before = {listed.category(fair)["id"], listed.category(left)["id"]}
    with listed.ports() as ports, ports.ledger.write() as connection:
        for table in ("list_tags", "list_memberships", "pardot_lists"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql(
            "DELETE FROM cursors WHERE name = 'pardot_memberships' OR name LIKE 'odoo_%_tags%'"
        )
    listed.leave(left, ada)
    listed.batch()
    listed.batch()
    assert {listed.category(fair)["id"], listed.category(left)["id"]} == before
    assert listed.tags(ada) == {"Fair of memory"}
    assert listed.notes(ada) == []
