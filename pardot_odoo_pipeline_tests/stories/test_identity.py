"""Who is who when addresses change, people merge, and records leave or come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.both_sides import LEAD, PARTNER, BothSides, both_sandboxes
from pardot_odoo_pipeline_tests.world import EVERYONE

TITLE = ("jobTitle", "function", "function")
MERGE_WIZARD = "base.partner.merge.automatic.wizard"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothSides]:
    with both_sandboxes(tmp_path_factory.mktemp("identity")) as both:
        yield both


@pytest.fixture
def default_rules(both: BothSides) -> Iterator[BothSides]:
    """For stories with rules of their own: afterwards the default ones are back."""
    yield both
    both.rules()


def counts(both: BothSides) -> list[int]:
    """How many leads and contacts there are, archived ones included."""
    return [both.odoo.search_count(model, [], context=EVERYONE) for model in (LEAD, PARTNER)]


def bin_prospect(both: BothSides, who: str, *, is_deleted: bool = True) -> None:
    both.world.pardot.control(
        "POST", f"/objects/prospects/{who}", {"values": {"isDeleted": is_deleted}}
    )


def merge_contacts(both: BothSides, kept: int, lost: int) -> None:
    """What somebody does in Odoo with Contacts > Merge."""
    [wizard] = both.odoo.create(
        MERGE_WIZARD,
        [{"state": "selection", "partner_ids": [[6, 0, [kept, lost]]], "dst_partner_id": kept}],
        context={"active_model": PARTNER, "active_ids": [kept, lost]},
    )
    both.odoo.call(MERGE_WIZARD, "action_merge", ids=[wizard])


def test_an_address_changed_in_pardot(both: BothSides) -> None:
    who = both.person("old.address", lastName="Mover", jobTitle="Before")
    both.sync()
    before = counts(both)
    records = [both.lead(who)["id"], both.contact(who)["id"]]
    both.in_pardot(who, email="new.address@example.com")
    both.sync()
    assert [both.lead(who)["id"], both.contact(who)["id"]] == records
    assert both.contact(who)["email"] == both.lead(who)["email_from"] == "new.address@example.com"
    # The old one is free for somebody else.
    other = both.person("old.address", lastName="Other")
    both.sync()
    assert counts(both) == [number + 1 for number in before]
    assert both.contact(other)["email"] == "old.address@example.com"
    assert both.contact(who)["email"] == "new.address@example.com"
    both.quiet()


@pytest.mark.parametrize("model", [LEAD, PARTNER])
def test_an_address_changed_in_odoo(both: BothSides, model: str) -> None:
    name = "lead" if model == LEAD else "contact"
    who = both.person(f"odoo.{name}", lastName="Mover")
    both.sync()
    before, new = counts(both), f"odoo.{name}.new@example.com"
    if model == LEAD:
        both.edit_lead(who, email_from=new)
    else:
        both.edit_contact(who, email=new)
    both.sync()
    assert both.prospect(who)["email"] == new
    assert both.contact(who)["email"] == both.lead(who)["email_from"] == new
    both.in_pardot(who, jobTitle="Still the same person")
    both.sync()
    assert both.shown(who, *TITLE) == ["Still the same person"] * 3
    assert counts(both) == before
    both.quiet()


def test_prospects_merged_in_pardot(both: BothSides) -> None:
    kept, lost = (both.person(f"merge{n}", lastName=f"Merge {n}") for n in range(2))
    both.sync()
    before = counts(both)
    both.world.pardot.control("POST", f"/prospects/{kept}/merge", {"losers": [int(lost)]})
    both.sync()
    assert counts(both) == before, "nothing is deleted or made"
    assert both.lead(lost)["active"] is False
    assert both.lead(lost)["x_pardot_state"]
    assert both.lead(kept)["active"] is True
    both.in_pardot(kept, jobTitle="Both in one")
    both.sync()
    assert both.shown(kept, *TITLE) == ["Both in one"] * 3
    assert not both.lead(lost)["function"]
    both.quiet()


def test_the_recycle_bin_and_back(both: BothSides) -> None:
    who = both.person("binned", lastName="Binned", jobTitle="Before")
    both.sync()
    before = counts(both)
    bin_prospect(both, who)
    both.sync()
    lead = both.lead(who)
    assert (lead["active"], bool(lead["x_pardot_state"])) == (False, True)
    assert both.contact(who)["active"] is True
    both.quiet()
    bin_prospect(both, who, is_deleted=False)
    both.in_pardot(who, jobTitle="Back again")
    both.sync()
    lead = both.lead(who)
    assert (lead["active"], lead["x_pardot_state"]) == (True, "active")
    assert both.contact(who)["x_pardot_state"] == "active"
    assert both.shown(who, *TITLE) == ["Back again"] * 3
    assert counts(both) == before
    both.quiet()


def test_a_deal_whose_prospect_is_binned_goes_on(both: BothSides) -> None:
    who = both.person("deal.binned", lastName="Deal")
    both.sync()
    both.odoo.call(LEAD, "convert_opportunity", ids=[both.lead(who)["id"]], partner=False)
    both.sync()
    bin_prospect(both, who)
    both.sync()
    lead = both.lead(who)
    assert (lead["type"], lead["active"], bool(lead["x_pardot_state"])) == (
        "opportunity",
        True,
        True,
    )
    both.quiet()


def test_deleted_in_pardot_for_good_is_believed_at_the_second_look(both: BothSides) -> None:
    who = both.person("erased", lastName="Erased", jobTitle="Before")
    both.sync()
    before = counts(both)
    both.world.pardot.control("DELETE", f"/prospects/{who}")
    assert both.sync(who, after=5)["deferred"] == 1
    assert both.lead(who)["active"] is True, "looked up once is not enough"
    assert both.waiting() == {"waiting": 1}
    assert both.retry(1.1)["tombstoned"] == 1
    lead = both.lead(who)
    assert (lead["active"], bool(lead["x_pardot_state"])) == (False, True)
    both.edit_lead(who, function="Edited afterwards")
    both.sync()
    both.sync(who)
    assert both.lead(who)["active"] is False
    assert both.lead(who)["function"] == "Edited afterwards"
    assert counts(both) == before
    assert both.waiting() == {}
    both.quiet()


def test_archiving_in_odoo_is_no_matter_of_pardots(both: BothSides) -> None:
    who = both.person("archived", lastName="Archived", jobTitle="Before")
    both.sync()
    before = counts(both)
    both.world.pardot.forget()
    both.edit_lead(who, active=False)
    both.sync()
    assert both.told() == []
    both.in_pardot(who, jobTitle="After")
    both.sync()
    assert both.lead(who)["active"] is False
    assert both.shown(who, *TITLE) == ["After"] * 3
    assert counts(both) == before
    assert both.prospect(who)["isDeleted"] is False
    both.quiet()


def test_a_lead_deleted_in_odoo_is_not_made_again(both: BothSides) -> None:
    who = both.person("unlinked", lastName="Unlinked", jobTitle="Before")
    both.sync()
    both.odoo.unlink(LEAD, [both.lead(who)["id"]])
    before = counts(both)
    both.in_pardot(who, jobTitle="First look")
    both.sync()
    assert both.waiting() == {"waiting": 1}
    both.retry(1.1)
    assert both.waiting() == {}
    both.in_pardot(who, jobTitle="Third look")
    both.sync()
    assert counts(both) == before
    assert both.contact(who)["function"] == "Third look", "the contact is still there"
    assert both.waiting() == {}
    both.quiet()


def test_a_lead_deleted_in_odoo_is_made_again_where_the_rules_say_so(
    default_rules: BothSides,
) -> None:
    both = default_rules
    both.rules("automation: {deleted_in_odoo: recreate}\n")
    who = both.person("recreated", lastName="Recreated", jobTitle="Title")
    both.sync()
    contact = both.contact(who)["id"]
    both.odoo.unlink(LEAD, [both.lead(who)["id"]])
    both.sync(who)
    assert both.world.of_prospect(LEAD, who, "id") == []
    both.retry(1.1)
    assert both.lead(who)["partner_id"] == contact
    assert both.shown(who, *TITLE) == ["Title"] * 3
    both.quiet()


def test_a_contact_deleted_in_odoo_is_not_made_again(both: BothSides) -> None:
    who = both.person("contactless", lastName="Contactless", jobTitle="Before")
    both.sync()
    both.edit_lead(who, partner_id=False)
    both.odoo.unlink(PARTNER, [both.contact(who)["id"]])
    before = counts(both)
    both.in_pardot(who, jobTitle="After")
    both.sync()
    both.retry(1.1)
    both.in_pardot(who, jobTitle="Later")
    both.sync()
    assert counts(both) == before
    assert both.lead(who)["function"] == "Later"
    assert both.prospect(who)["email"] == "contactless@example.com"
    assert both.waiting() == {}
    both.quiet()


def test_contacts_merged_in_odoo_belong_to_the_winner(both: BothSides) -> None:
    kept, lost = (
        both.person(f"merged.contact{n}", lastName=f"Merged {n}", jobTitle=f"Title {n}")
        for n in range(2)
    )
    both.sync()
    leads = [both.lead(kept)["id"], both.lead(lost)["id"]]
    winner = both.contact(kept)["id"]
    merge_contacts(both, winner, both.contact(lost)["id"])
    before = counts(both)
    both.sync()
    both.in_pardot(lost, jobTitle="The loser speaks")
    both.sync()
    both.retry(1.1)
    assert counts(both) == before, "no new contact"
    assert both.contact(kept)["id"] == winner
    assert both.contact(kept)["function"] == "Title 0", "the loser follows"
    assert both.contact(kept)["email"] == "merged.contact0@example.com"
    both.in_pardot(kept, jobTitle="The winner speaks")
    both.sync()
    assert both.contact(kept)["function"] == "The winner speaks"
    both.edit_contact(kept, function="Typed on the one contact")
    both.sync()
    assert both.prospect(kept)["jobTitle"] == "Typed on the one contact"
    assert both.prospect(lost)["jobTitle"] == "The loser speaks"
    assert both.odoo.search_count(LEAD, [["id", "in", leads]], context=EVERYONE) == 2
    assert both.waiting() == {}
    both.quiet()


def test_leads_merged_in_odoo(both: BothSides) -> None:
    one, other = (both.person(f"merged.lead{n}", lastName=f"Lead {n}") for n in range(2))
    both.sync()
    leads = {one: both.lead(one)["id"], other: both.lead(other)["id"]}
    both.odoo.call(LEAD, "merge_opportunity", ids=list(leads.values()))
    [left] = both.odoo.search(LEAD, [["id", "in", list(leads.values())]], context=EVERYONE)
    kept = one if leads[one] == left else other
    lost = other if kept == one else one
    before = counts(both)
    both.in_pardot(lost, jobTitle="Without a lead")
    both.sync()
    both.retry(1.1)
    both.in_pardot(kept, jobTitle="With the lead")
    both.sync()
    assert counts(both) == before, "the other lead is not made again"
    assert both.shown(kept, *TITLE) == ["With the lead"] * 3
    assert both.contact(lost)["function"] == "Without a lead"
    assert both.waiting() == {}
    both.quiet()


def test_a_lost_deal_is_no_deletion(both: BothSides) -> None:
    who = both.person("lost.deal", lastName="Lost", jobTitle="Before")
    both.sync()
    lead = both.lead(who)["id"]
    both.odoo.call(LEAD, "convert_opportunity", ids=[lead], partner=False)
    both.odoo.call(LEAD, "action_set_lost", ids=[lead])
    before = counts(both)
    both.sync()
    both.in_pardot(who, jobTitle="After", score=5)
    both.later(61)
    both.sync()
    shown = both.lead(who)
    assert (shown["id"], shown["active"], shown["probability"]) == (lead, False, 0)
    assert both.shown(who, *TITLE) == ["After"] * 3
    assert counts(both) == before
    both.quiet()


def test_prospects_with_one_address_are_one_lead(both: BothSides) -> None:
    leader, follower = (
        both.person("shared", lastName=f"Shared {n}", jobTitle=f"Title {n}") for n in range(2)
    )
    both.sync()
    leads = [both.world.of_prospect(LEAD, who, "id") for who in (leader, follower)]
    assert sorted(len(found) for found in leads) == [0, 1]
    speaks, silent = (leader, follower) if leads[0] else (follower, leader)
    before = counts(both)
    both.in_pardot(silent, jobTitle="Not heard")
    both.sync()
    assert both.lead(speaks)["function"] != "Not heard"
    both.edit_contact(speaks, function="By sales")
    both.sync()
    assert both.prospect(speaks)["jobTitle"] == "By sales"
    assert both.prospect(silent)["jobTitle"] == "Not heard"
    assert counts(both) == before
    both.quiet()
