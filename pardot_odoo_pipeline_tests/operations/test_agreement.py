"""The comparison over both sandboxes: every planted disagreement is named right, and mended.

Each story leaves both sides in agreement for the next.
"""

from __future__ import annotations

from unittest import mock

import pytest

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store import holds, retries
from pardot_odoo_pipeline.ledger.store.retries import DELAYS, Failure
from pardot_odoo_pipeline.opening import open_ids
from pardot_odoo_pipeline.operations.agreement import Comparison
from pardot_odoo_pipeline.operations.agreement_screen import Screen
from pardot_odoo_pipeline.steps.extract import extracted_fields
from pardot_odoo_pipeline_tests.both_sides import LEAD, PARTNER, BothSides
from pardot_odoo_pipeline_tests.operations.comparing import (
    by_sql,
    certificate,
    compared,
    pass_unseen,
    repaired,
    rest,
    surprising,
)
from pardot_odoo_pipeline_tests.partial.test_rights import (
    OWN_LEADS,
    actions_for_everybody,
    without_the_right_to,
)
from pardot_odoo_pipeline_tests.world import EVERYONE, refused

TITLE = ("jobTitle", "function", "function")


def test_everybody_agrees_after_a_sync(both: BothSides) -> None:
    before, people = both.versions(), compared(both).people
    assert people >= both.world.prospects
    both.world.forget()
    report = both.command("reconcile")
    assert (report["clean"], report["unexplained"], report["people"]) == (True, 0, people)
    assert {one["cause"] for one in report["causes"]} <= {"quarantined", "keeps_by_rule"}
    assert report["agree"] + sum(one["people"] for one in report["causes"]) == people
    assert both.versions() == before
    # Exports are made; no prospect is written.
    assert {path for _, path in both.told()} == {"/api/v5/exports"}
    assert report["calls"]["odoo"] <= 4
    [last] = both.command("status")["agreement"][:1]
    assert (last["id"], last["agree"]) == (report["id"], report["agree"])
    assert f"{last['agree']} of {people} agree" in both.world.run("status", env=both.env).stdout


def test_changes_that_no_interval_saw(both: BothSides) -> None:
    in_pardot, in_odoo, by_hand, opted_out = (
        both.person(name, lastName=name.title(), jobTitle="Before")
        for name in ("unseen.pardot", "unseen.odoo", "unseen.sql", "unseen.optout")
    )
    both.sync()
    both.later(2)  # versions are whole seconds, and a batch wrote in this one
    both.in_pardot(in_pardot, jobTitle="Told by nobody")
    both.edit_contact(in_odoo, function="Told by nobody")
    both.in_pardot(opted_out, optedOut=True)
    assert surprising(compared(both)) == dict.fromkeys(
        sorted((in_pardot, in_odoo, opted_out)), "in_flight"
    )
    stranger = both.person("unseen.new", lastName="New")
    pass_unseen(both)
    both.sync()  # an interval does not find them
    contact = both.contact(by_hand)["id"]
    by_sql(both, "UPDATE res_partner SET function = ? WHERE id = ?", "Told by SQL", contact)
    found = compared(both)
    assert surprising(found) == {
        **dict.fromkeys((in_pardot, in_odoo, by_hand, opted_out), "differs"),
        stranger: "not_yet_synced",
    }
    with mock.patch.object(Screen, "applies", False):
        assert compared(both).exceptions == found.exceptions, "hashes hide nobody"
    assert (certificate(found).unexplained, certificate(found).is_clean) == (5, False)
    assert repaired(both, found) == 5
    assert both.shown(in_pardot, *TITLE) == ["Told by nobody"] * 3
    assert both.shown(in_odoo, *TITLE) == ["Told by nobody"] * 3
    assert both.shown(by_hand, *TITLE) == ["Told by SQL"] * 3
    assert both.odoo.search_count("mail.blacklist", [("email", "like", "unseen.optout")]) == 1
    assert both.lead(stranger)
    both.later(900)
    assert surprising(compared(both)) == {}


def test_what_the_ledger_knows_is_the_cause(both: BothSides) -> None:
    """Of the same missed change the cause is why nothing happened."""
    people = held, suspended, retrying, open_batch, plain = [
        both.person(f"known{n}", lastName=f"Known {n}", jobTitle="Before") for n in range(5)
    ]
    both.sync()
    for who in people:
        both.in_pardot(who, jobTitle="After")
    pass_unseen(both)
    with both.ports() as ports, ports.ledger.write() as connection:
        now = ports.clock.now()
        key = "interval-20260101T000000Z-0001"
        waiver = ports.outside.new_id()
        holds.hold(
            connection,
            "odoo:overwrites",
            [held],
            detail={},
            batch_key=key,
            waiver_id=waiver,
            now=now,
        )
        for _ in range(len(DELAYS) + 1):
            failure = Failure(suspended, "bad_record", "refused")
            retries.record(connection, [failure], system="odoo", batch_key=key, now=now)
        failure = Failure(retrying, "retry_later", "refused")
        retries.record(connection, [failure], system="odoo", batch_key=key, now=now)
    with both.ports() as ports:
        open_ids(ports.ledger, [open_batch], ports.clock.now())
    found = compared(both)
    assert surprising(found) == {
        held: "held",
        suspended: "suspended",
        retrying: "retrying",
        open_batch: "in_flight",
        plain: "differs",
    }
    assert found.to_mend == [plain]
    with both.ports() as ports, ports.ledger.write() as connection:
        holds.let_go(connection, [held], rule="odoo:overwrites", now=ports.clock.now())
        for one in (suspended, retrying):
            retries.settle(connection, [one], system="odoo")
    both.sync(*people)
    both.later(900)
    assert surprising(compared(both)) == {}


def test_what_rules_keep_apart_is_no_difference(both: BothSides) -> None:
    own_title = both.person("own.title", lastName="Own", company="Own Ltd")
    blank = both.person("kept.blank", lastName="Blank", jobTitle="Before")
    shared = both.person("shared", lastName="First")
    twin = both.person("shared", lastName="Second", jobTitle="Other")
    formed = both.person("formed", lastName="Formed", phone="(030) 901820-0", country="Germany")
    both.sync()
    both.edit_lead(own_title, name="A title of my own")
    both.in_pardot(blank, jobTitle=None)
    both.sync()
    both.later(900)
    found = compared(both)
    assert surprising(found) == {}
    kept = {who for who, cause in found.exceptions.items() if cause == "keeps_by_rule"}
    assert {own_title, blank} <= kept
    assert len(kept & {shared, twin}) == 1
    assert formed not in found.exceptions


def test_deleted_in_odoo(both: BothSides) -> None:
    lead, contact = (both.person(f"gone{n}", lastName=f"Gone {n}") for n in range(2))
    both.sync()
    both.odoo.unlink(LEAD, [both.lead(lead)["id"]])
    both.odoo.unlink(LEAD, [both.lead(contact)["id"]])
    both.odoo.unlink(PARTNER, [both.contact(contact)["id"]])
    rest(both)
    found = compared(both)
    assert surprising(found) == dict.fromkeys(sorted((lead, contact)), "missing_in_odoo")
    both.later(61)
    repaired(both, found)
    rest(both)
    assert surprising(compared(both)) == {}
    assert both.world.of_prospect(LEAD, lead) == []
    assert both.world.twins() == []


def test_deleted_for_good_in_pardot(both: BothSides) -> None:
    who = both.person("erased", lastName="Erased")
    both.sync()
    lead = both.lead(who)["id"]
    people = compared(both).people
    both.world.pardot.control("DELETE", f"/prospects/{who}")
    both.later(900)
    both.sync()
    found = compared(both)
    assert (surprising(found), found.people) == ({who: "missing_in_pardot"}, people)
    assert both.lead(who)["active"], "nothing is believed at the first look"
    both.later(90)
    repaired(both, found)
    names = ["active", "x_pardot_state"]
    [row] = both.odoo.search_read(LEAD, [("id", "=", lead)], names, context=EVERYONE)
    assert (row["active"], row["x_pardot_state"]) == (False, "deleted")
    both.later(900)
    found = compared(both)
    assert (surprising(found), found.people) == ({}, people - 1)


def test_more_deletions_than_a_batch_believes_wait_for_a_yes(both: BothSides) -> None:
    people = [both.person(f"many{n}", lastName=f"Many {n}") for n in range(2)]
    both.sync()
    leads = [both.lead(who)["id"] for who in people]
    for who in people:
        both.world.pardot.control("DELETE", f"/prospects/{who}")
    both.later(900)
    both.rules("safety: {vanished: {share: 0.0, least: 1}}\n")
    found = compared(both)
    assert surprising(found) == dict.fromkeys(people, "missing_in_pardot")
    both.later(90)
    assert repaired(both, found) == 0, "a night's repair leaves them alone"
    with both.ports() as ports:
        open_ids(ports.ledger, people, ports.clock.now())
        with pytest.raises(PipelineError, match=r"safety\.vanished.*of 2 linked people"):
            both._run(ports)
        [stopped] = both._due(ports) or [None]
        assert stopped is None, "it is no use to try again"
    refused(both.world.run("reconcile", "--yes", env=both.env), "--repair --yes", code=2)
    report = both.command("reconcile", "--repair", "--yes")["repair"]
    assert (report["people"], report["unconfirmed"], report["deferred"]) == (2, 0, 2)
    assert all(both.lead(who)["active"] for who in people), "nothing is believed at the first look"
    both.retry(minutes=5)
    names = ["active", "x_pardot_state"]
    rows = both.odoo.search_read(LEAD, [("id", "in", leads)], names, context=EVERYONE)
    assert [(row["active"], row["x_pardot_state"]) for row in rows] == [(False, "deleted")] * 2
    both.rules()
    both.later(900)
    assert surprising(compared(both)) == {}


def test_a_record_out_of_sight_is_not_deleted(both: BothSides) -> None:
    """The user sees its own leads alone, and somebody gives one to another salesperson."""
    who = both.person("hidden", lastName="Hidden")
    both.sync()
    both.edit_lead(who, user_id=both.odoo.uid)
    both.sync()
    rest(both)
    with actions_for_everybody(both), without_the_right_to(both, OWN_LEADS):
        found = compared(both)
        assert surprising(found) == {who: "hidden_in_odoo"}
        assert found.to_mend == []
    assert surprising(compared(both)) == {}


def test_an_export_that_lacks_rows_deletes_nobody(both: BothSides) -> None:
    """Each file has nothing but its head, and nothing says that anything is missing."""
    before = compared(both)
    with both.ports() as ports:
        head = ",".join(
            f'"{name}"' for name in dict.fromkeys([*extracted_fields(ports.rules), "id"])
        )
    match = {"path": "/api/v5/exports/*/results/*"}
    both.world.pardot.fault({"status": 200, "body": head + "\r\n"}, times=100, **match)
    found = compared(both)
    both.world.pardot.forget()
    assert surprising(found) == {}
    # Whoever has no link is in the export alone.
    assert found.people == before.people - len(people_with(before, "quarantined"))
    assert found.exceptions.keys() <= before.exceptions.keys()


def people_with(found: Comparison, cause: str) -> list[str]:
    return [who for who, one in found.exceptions.items() if one == cause]
