"""`explain`: both sides now, who wrote last by which rule, and what lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.pushed_events import Note, PushedEvent, System
from pardot_odoo_pipeline_tests.ledgers import NOW
from pardot_odoo_pipeline_tests.people_world import PeopleWorld
from pardot_odoo_pipeline_tests.stories.test_conflicts import edit_in_odoo
from pardot_odoo_pipeline_tests.world import refused, writes

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeopleWorld]:
    with PeopleWorld.with_rules(tmp_path_factory.mktemp("explain"), 40) as world:
        world.begin()
        yield world


def field(world: PeopleWorld, *arguments: str) -> dict[str, Any]:
    [one] = world.report("explain", *arguments)["fields"]
    return one


def test_a_person_after_an_edit_a_conflict_and_a_new_edit(world: PeopleWorld) -> None:
    who = world.people(1)[0]
    assert field(world, who, "jobTitle")["verdict"] == "both sides say the same"
    world.advance(900)
    world.edit(who, jobTitle="Says Pardot")
    assert field(world, who, "jobTitle")["verdict"] == "it was edited in Pardot since the last sync"
    edit_in_odoo(world, who, "Says Odoo")
    both = "both sides were edited since the last sync"
    assert field(world, who, "jobTitle")["verdict"] == both
    world.advance(900)
    synced = world.sync()
    told = field(world, who, "jobTitle")
    assert told["verdict"] == "both sides say the same"
    assert told["pardot"] == "Says Odoo"
    assert {cell["shown"] for cell in told["cells"]} == {"Says Odoo"}
    assert told["last_write"]["to"] == "pardot"
    assert told["last_write"]["batch"] == synced["batches"][0]
    assert told["rule"] == "latest:tie"
    assert [lost["value"] for lost in told["lost"]] == ["Says Pardot"]
    edit_in_odoo(world, who, "Later")
    told = field(world, who, "res.partner/function")
    assert told["verdict"] == "it was edited in Odoo since the last sync"
    assert told["cells"][0]["agreed"] == ["Says Odoo", "Says Odoo"]


def test_the_whole_person_is_found_by_address_and_nothing_is_written(world: PeopleWorld) -> None:
    who = world.people(3)[2]
    [lead] = world.of_prospect("crm.lead", who, "id", "email_from", "partner_id")
    world.forget()
    document = world.report("explain", lead["email_from"].upper())
    assert document["prospect_id"] == who
    assert (document["lead_id"], document["contact_id"]) == (lead["id"], lead["partner_id"][0])
    assert (document["state"], document["in_pardot"]) == ("active", "there")
    assert document["created_batch"].startswith("initial-")
    assert {"email", "phone", "score", "company"} <= {one["field"] for one in document["fields"]}
    assert writes(world.odoo) == []
    done = world.run("explain", who)
    assert done.code == 0, done.stderr
    assert f"Prospect {who}: active" in done.stdout
    assert f"contact: res.partner {lead['partner_id'][0]}" in done.stdout


def test_somebody_in_quarantine_is_explained_though_never_linked(world: PeopleWorld) -> None:
    [wrong] = [world.new_prospect(email="new.one@example.com", lastName="X")]
    world.edit(wrong, email="not an address")
    world.advance(900)
    world.sync()
    document = world.report("explain", wrong)
    assert document["state"] == "never synced"
    assert document["attention"][0].startswith("quarantined since interval-")


def test_who_and_what_is_unknown_is_told_what_to_do(world: PeopleWorld) -> None:
    refused(world.run("explain", "99999999"), "never synced", "sync --prospect", code=1)
    stranger = world.run("explain", "stranger@example.com")
    refused(stranger, "Nobody with this e-mail address", code=1)
    assert "stranger" not in stranger.stderr
    refused(world.run("explain", world.people(1)[0], "jobTitel"), "Did you mean jobTitle", code=2)


def test_the_latest_pushed_events_of_a_person_are_named(world: PeopleWorld) -> None:
    who = world.people(4)[3]
    [lead] = world.of_prospect("crm.lead", who, "id", "email_from")
    key = "webhook-20260302T090000Z-1"
    with open_ledger(world.home / "ledger.sqlite") as ledger, ledger.write() as tx:
        events = [
            ("seen", {"prospect_id": who, "occurred_at": NOW - MINUTE}),
            ("late", {"prospect_id": who}),
            ("stage", {"system": System.ODOO, "source": "odoo", "lead_id": lead["id"]}),
            ("other", {"prospect_id": "1"}),
        ]
        for minutes, (name, values) in enumerate(events):
            event = PushedEvent(
                **{
                    "source": "salesforce",
                    "event_id": name,
                    "system": System.PARDOT,
                    "type": "form_submitted" if name != "stage" else "record_changed",
                    "received_at": NOW + minutes * MINUTE,
                    "payload": {"email": lead["email_from"]},
                    **values,
                }
            )
            assert inbox.store(tx, [event]) == 1
        ids = [one.id for one in inbox.waiting(tx, now=NOW + 9 * MINUTE, limit=9)]
        inbox.attach(tx, ids[:2], key, now=NOW + MINUTE)
        inbox.close(tx, ids[:1], now=NOW + MINUTE, committed_at=NOW + SECOND)
        inbox.close(tx, ids[1:2], now=NOW + MINUTE, note=Note.NOT_SEEN)
    told = world.report("explain", who)["events"]
    assert [(one["type"], one["state"], one["note"]) for one in told] == [
        ("record_changed", "waiting", None),
        ("form_submitted", "closed", "not_seen"),
        ("form_submitted", "closed", None),
    ]
    assert told[2]["committed_at"] == (NOW + SECOND).isoformat()
    lines = [
        line.strip()
        for line in world.run("explain", who).stdout.splitlines()
        if line.startswith("  pushed: ")
    ]
    assert lines == [
        "pushed: record_changed, received 2026-03-02 09:02:00 UTC from odoo, waiting",
        "pushed: form_submitted, received 2026-03-02 09:01:00 UTC from salesforce, "
        f"no reading within 90 seconds showed it ({key})",
        "pushed: form_submitted, received 2026-03-02 09:00:00 UTC from salesforce, "
        f"occurred 2026-03-02 08:59:00 UTC, in Odoo 2026-03-02 09:00:01 UTC, seen ({key})",
    ]
