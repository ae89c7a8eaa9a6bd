"""What was found in earlier histories, told plainly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.store import conflicts, links, retries
from pardot_odoo_pipeline_tests.simulation.history import History
from pardot_odoo_pipeline_tests.simulation.people import LEAD, MERGE_CONTACTS, PARTNER
from pardot_odoo_pipeline_tests.simulation.process import Process
from pardot_odoo_pipeline_tests.simulation.site import Templates
from pardot_odoo_pipeline_tests.simulation.world import World
from pardot_odoo_pipeline_tests.world import EVERYONE


@pytest.fixture
def site(templates: Templates) -> Iterator[World]:
    """Both systems after the initial sync, and nobody who acts by chance."""
    world = World(templates, History(0, restless=0.0))
    yield world
    world.close()


def record(site: World, model: str, who: str, *fields: str) -> dict[str, Any]:
    domain = [("x_pardot_prospect_id", "=", who)]
    [row] = site.admin.search_read(model, domain, list(fields), context=EVERYONE)
    return row


def quiet(site: World) -> None:
    """Time passes, and what is due is run."""
    site.later(400)
    site.tick()
    site.scheduler.run()


def batch(site: World) -> None:
    quiet(site)
    site.interval()
    site.scheduler.run()
    quiet(site)
    assert site.died == []


def clean_person(site: World, number: int) -> str:
    [row] = site.admin.search_read(
        LEAD, [("email_from", "=", f"person{number}@example.org")], ["x_pardot_prospect_id"]
    )
    return row["x_pardot_prospect_id"]


def blocked(site: World, address: str) -> bool:
    domain = [["email", "=", address], ["active", "=", True]]
    return bool(site.admin.search("mail.blacklist", domain))


def test_a_phone_number_is_none_the_less_itself_in_another_country(site: World) -> None:
    who = clean_person(site, 1)
    site.edit(who, phone="030 901234", country="Germany")
    batch(site)
    contact = record(site, PARTNER, who, "phone")
    assert contact["phone"].replace(" ", "") == "+4930901234"
    [states] = site.admin.search("res.country", [["code", "=", "US"]])
    site.admin.write(PARTNER, [contact["id"]], {"country_id": states})
    batch(site)
    site.edit(who, jobTitle="Somebody looks at the person once more")
    batch(site)
    assert record(site, PARTNER, who, "phone", "function") == {
        **contact,
        "function": "Somebody looks at the person once more",
    }


def test_a_leads_version_is_known_once_its_contact_has_another_number(site: World) -> None:
    who = clean_person(site, 1)
    site.edit(who, phone="+49 30 5550000", city="Elsewhere")
    batch(site)
    shown = record(site, LEAD, who, "write_date", "phone")
    assert shown["phone"].replace(" ", "") == "+49305550000"
    with site.ports.ledger.read() as connection:
        link = links.by_prospects(connection, [who])[who]
    assert f"{link.lead_version:%Y-%m-%d %H:%M:%S}" == shown["write_date"]


def test_an_opt_out_moves_with_its_prospect_to_anothers_address(site: World) -> None:
    who, other = clean_person(site, 1), clean_person(site, 2)
    site.edit(who, optedOut=True)
    batch(site)
    assert blocked(site, "person1@example.org")
    assert not blocked(site, "person2@example.org")
    site.edit(who, email="person2@example.org")
    batch(site)
    assert blocked(site, "person2@example.org"), other


def test_an_opt_out_of_a_follower_is_heard(site: World) -> None:
    who = clean_person(site, 1)
    site.edit(who, email="person2@example.org")
    batch(site)
    site.edit(who, optedOut=True)
    batch(site)
    assert blocked(site, "person2@example.org")


def test_a_successor_keeps_the_lead_that_it_took_over(site: World) -> None:
    former, successor = clean_person(site, 1), clean_person(site, 2)
    lead = record(site, LEAD, former)["id"]
    site.pardot.control("DELETE", f"/prospects/{successor}")
    site.ids.remove(successor)
    made = site.pardot.control(
        "POST", "/objects/prospects", {"values": {"email": "person1@example.org"}}
    )
    successor = str(made["id"])
    batch(site)
    bin_it = {"values": {"isDeleted": True}}
    site.pardot.control("POST", f"/objects/prospects/{former}", bin_it)
    site.edit(successor, jobTitle="Successor")
    batch(site)
    # Somebody looks at the deleted one again.
    site.pardot.control("POST", f"/objects/prospects/{former}", {"values": {"city": "Ulm"}})
    batch(site)
    [row] = site.admin.search_read(
        LEAD,
        [["id", "=", lead]],
        ["active", "x_pardot_prospect_id", "x_pardot_state"],
        context=EVERYONE,
    )
    assert (row["active"], row["x_pardot_prospect_id"]) == (True, successor)
    assert row["x_pardot_state"] not in ("recycle_bin", "deleted")


def test_what_a_killed_call_replaced_is_in_the_history(site: World) -> None:
    who = clean_person(site, 1)
    lead = record(site, LEAD, who)["id"]
    site.admin.write(LEAD, [lead], {"x_pardot_score": 21})
    site.later(400)

    def kill(process: Process, what: str) -> None:
        if what.startswith("answer") and "crm.lead" in str(site.written[-1:]):
            process.die(what)

    site.on_point = kill
    site.interval()
    site.scheduler.run()
    site.on_point = None
    assert "is killed" in site.told[-1]
    assert record(site, LEAD, who, "x_pardot_score")["x_pardot_score"] == 0
    with site.ports.ledger.read() as connection:
        noted = conflicts.of_person(connection, [who])
    assert [(one.field, one.odoo_value) for one in noted] == [("crm.lead/x_pardot_score", 21)]
    batch(site)
    with site.ports.ledger.read() as connection:
        assert conflicts.of_person(connection, [who]) == noted


def test_an_edit_between_reading_and_writing_is_told_later(site: World) -> None:
    who = clean_person(site, 1)
    contact = record(site, PARTNER, who)["id"]
    site.edit(who, jobTitle="From Pardot")

    def meanwhile(process: Process, what: str) -> None:
        if "ir.actions.server" in what and "Typed" not in str(record(site, PARTNER, who, "city")):
            site.admin.write(PARTNER, [contact], {"city": "Typed meanwhile"})

    site.later(400)
    site.on_point = meanwhile
    site.interval()
    site.scheduler.run()
    site.on_point = None
    assert record(site, PARTNER, who, "function")["function"] == "From Pardot"
    batch(site)
    batch(site)
    assert site.everybody()[who]["city"] == "Typed meanwhile"


def test_a_reading_from_before_another_batchs_write_is_not_believed(site: World) -> None:
    # Pardot does not tell when it wrote: no version says that the reading is from before.
    site.pardot.control("PATCH", "/switches", {"unreadable_after_write": True})
    who = clean_person(site, 1)
    contact = record(site, PARTNER, who)["id"]
    site.admin.write(PARTNER, [contact], {"city": "Typed in Odoo"})
    site.edit(who, jobTitle="From Pardot")
    has_read: list[str] = []

    def meanwhile(process: Process, what: str) -> None:
        if not str(process.running).startswith("interval"):
            return
        if "idList" in what:
            has_read.append(what)
        elif len(has_read) == 1 and "crm.lead/search_read" in what:
            has_read.append(what)
            site._as_daemon(lambda daemon: site._open_ids(daemon, [who]))
            site.later(60)

    site.later(400)
    site.on_point = meanwhile
    site.interval()
    site.scheduler.run()
    site.on_point = None
    assert len(has_read) >= 2
    assert site.died == []
    assert record(site, PARTNER, who, "city")["city"] == "Typed in Odoo"
    assert site.owed() == 1
    quiet(site)
    batch(site)
    assert site.owed() == 0
    shown = record(site, PARTNER, who, "city", "function")
    assert shown == {"id": contact, "city": "Typed in Odoo", "function": "From Pardot"}
    assert site.everybody()[who]["city"] == "Typed in Odoo"


def merged_in_odoo(site: World) -> tuple[str, str]:
    """Two people whose contacts a person merged: who leads, and who follows at its own address."""
    leader, follower = clean_person(site, 1), clean_person(site, 2)
    contacts = [record(site, PARTNER, who)["id"] for who in (leader, follower)]
    context = {"active_model": PARTNER, "active_ids": contacts}
    values = {"partner_ids": [[6, 0, contacts]], "dst_partner_id": contacts[0]}
    wizard = site.admin.create(MERGE_CONTACTS, [values], context=context)
    site.admin.call(MERGE_CONTACTS, "action_merge", ids=wizard, context=context)
    # Odoo's merge moves no version of the follower's lead: it is seen when that one is read.
    site.edit(follower, jobTitle="Looked at")
    batch(site)
    with site.ports.ledger.read() as connection:
        link = links.by_prospects(connection, [follower])[follower]
    assert link.leader_prospect_id == leader
    return leader, follower


def test_an_opt_out_of_a_merged_contacts_prospect_is_of_its_own_address_alone(site: World) -> None:
    leader, follower = merged_in_odoo(site)
    site.edit(follower, optedOut=True)
    batch(site)
    assert blocked(site, "person2@example.org")
    assert not blocked(site, "person1@example.org")
    assert not site.everybody()[leader]["optedOut"]
    site.edit(follower, optedOut=False)
    batch(site)
    assert not blocked(site, "person2@example.org")


def test_a_block_of_a_merged_contacts_address_is_told_to_its_own_prospect(site: World) -> None:
    leader, follower = merged_in_odoo(site)
    [entry] = site.admin.create("mail.blacklist", [{"email": "person2@example.org"}])
    batch(site)
    assert site.everybody()[follower]["optedOut"]
    assert not site.everybody()[leader]["optedOut"]
    # Only who said it takes it back.
    site.edit(follower, optedOut=False)
    batch(site)
    assert site.everybody()[follower]["optedOut"]
    site.admin.write("mail.blacklist", [entry], {"active": False})
    batch(site)
    assert not site.everybody()[follower]["optedOut"]


def test_whoever_is_to_be_told_nothing_any_more_is_not_owed(site: World) -> None:
    who = clean_person(site, 1)
    with site.ports.ledger.write() as connection:
        retries.defer(
            connection,
            [who],
            system="pardot",
            batch_key="x",
            now=site.now,
            code="claimed_elsewhere",
        )
    batch(site)
    batch(site)
    assert site.owed() == 0
