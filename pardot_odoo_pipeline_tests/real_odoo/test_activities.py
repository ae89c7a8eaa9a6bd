"""What people did in Pardot, in the history of leads of a real Odoo, written by a plain user."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from pardot_odoo_pipeline.odoo.loader import LEAD
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline_tests.activities.history import CLICK, FORM, OPEN, RULES, History
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin
from pardot_odoo_pipeline_tests.world import World

CLICKS = "kinds: {redirect_click: {show: each, activity: true}}, "
"""A kind whose type is archived: nobody plans that a link be clicked."""


@pytest.fixture(scope="module")
def told(
    odoo_database: OdooLogin, sales_user: OdooLogin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[History]:
    """A salesperson's connection to a provisioned Odoo; the salesperson has no e-mail address."""
    admin = odoo_database.client()
    provision(admin)
    admin.write("res.users", [sales_user.client().uid], {"email": False})
    with World.running(tmp_path_factory.mktemp("activities"), 40) as world:
        rules = RULES.replace("active: true", CLICKS + "active: true")
        history = History(world, rules, odoo=sales_user.environment())
        history.run()
        yield history


def ago(told: History, **span: float) -> datetime:
    return told.now() - timedelta(**span)


def visits(told: History, who: str) -> datetime:
    """Some things of different days, told in the wrong order; returns the time of the form."""
    form = ago(told, days=3).replace(microsecond=0)
    told.does(who, CLICK, emailId=70001, details="https://shop.example/?a=1&b=2")
    told.does(who, FORM, formId=74001, createdAt=form.isoformat())
    for minutes in (1, 2, 3):
        opened = ago(told, days=5, minutes=minutes).isoformat(timespec="seconds")
        told.does(who, OPEN, emailId=70001, createdAt=opened)
    return form


def test_history_is_dated_ordered_and_of_its_types(told: History) -> None:
    who = told.linked()
    form = visits(told, who)
    told.run()
    messages = told.messages(who)
    assert [m["mail_activity_type_id"][1] for m in messages] == [
        "Email Opened",
        "Form Completed",
        "Email Clicked",
    ]
    assert [m["date"] for m in messages] == sorted(m["date"] for m in messages)
    assert messages[1]["date"] == form.strftime("%Y-%m-%d %H:%M:%S")
    assert "3 times that day" in messages[0]["body"]
    assert 'href="https://shop.example/?a=1&amp;b=2"' in messages[2]["body"]
    [done] = told.done(who)
    assert (done["date_done"], done["state"]) == (form.date().isoformat(), "done")
    lead = told.odoo.read(LEAD, [told.link(who).lead_id], ["activity_ids"])[0]
    assert lead["activity_ids"] == [], "nothing is planned, nobody is reminded"
    report = told.odoo.search_read(
        "crm.activity.report", [["lead_id", "=", lead["id"]]], ["mail_activity_type_id", "date"]
    )
    assert len(report) == 3, "CRM's own report of activities counts them, by type"
    numbers = told.numbers(who)
    assert (numbers["email_opens"], numbers["form_submissions"]) == (3, 1)


def test_a_kind_may_be_made_a_done_activity_by_rule(told: History) -> None:
    who = told.linked()
    told.does(who, CLICK, customRedirectId=78001, details="https://shop.example/")
    told.run()
    [done] = told.done(who)
    assert done["activity_type_id"][1] == "Link Clicked"
    assert done["state"] == "done"


def test_an_entry_grows_where_it_stands(told: History) -> None:
    who = told.linked()
    told.does(who, OPEN, emailId=70001)
    told.run()
    [before] = told.messages(who)
    told.does(who, OPEN, emailId=70001, createdAt=ago(told, minutes=8).isoformat())
    told.run()
    [after] = told.messages(who)
    assert (after["id"], after["date"]) == (before["id"], before["date"])
    assert "2 times that day" in after["body"]


def test_numbers_leave_the_version_that_the_ledger_knows(told: History) -> None:
    who = told.linked()
    told.does(who, FORM, formId=74001)
    told.run()
    link = told.link(who)
    assert link.lead_version == told.version(LEAD, link.lead_id)  # type: ignore[arg-type]


def test_history_survives_the_conversion(told: History) -> None:
    who = told.linked()
    visits(told, who)
    told.run()
    bodies = [message["body"] for message in told.messages(who)]
    lead = told.link(who).lead_id
    told.odoo.call(LEAD, "convert_opportunity", ids=[lead], partner=False)
    assert told.odoo.read(LEAD, [lead], ["type"])[0]["type"] == "opportunity"
    told.does(who, FORM, formId=74002)
    told.run()
    after = [message["body"] for message in told.messages(who)]
    assert after[:3] == bodies
    assert len(after) == 4


def test_history_survives_the_merge_of_leads(told: History) -> None:
    one, other = told.linked(), told.linked()
    for who in (one, other):
        visits(told, who)
    told.run()
    leads = [told.link(one).lead_id, told.link(other).lead_id]
    told.odoo.call(LEAD, "merge_opportunity", ids=leads)
    [kept] = told.odoo.search(LEAD, [["id", "in", leads]], context={"active_test": False})
    domain = [["model", "=", LEAD], ["res_id", "=", kept], ["message_id", "like", "pardot"]]
    assert told.odoo.search_count("mail.message", domain) == 6
    gone = one if told.link(one).lead_id != kept else other
    told.does(gone, FORM, formId=74003)
    assert told.run()["dispositions"]["waiting"] == 1, "until the link knows of the merge"


def test_a_lead_that_is_gone_stops_nobody_else(told: History, odoo_database: OdooLogin) -> None:
    unlucky, other = told.linked(), told.linked()
    odoo_database.client().unlink(LEAD, [told.link(unlucky).lead_id])  # type: ignore[list-item]
    for who in (unlucky, other):
        told.does(who, FORM, formId=74001)
    dispositions = told.run()["dispositions"]
    assert (dispositions["shown"], dispositions["waiting"]) == (1, 1)
    assert len(told.messages(other)) == len(told.done(other)) == 1


def test_a_type_that_is_gone_is_made_again(odoo_database: OdooLogin, told: History) -> None:
    admin = odoo_database.client()
    before = admin.search(
        "mail.activity.type", [["name", "=", "Email Scanned"]], context={"active_test": False}
    )
    admin.unlink("mail.activity.type", before)
    made = [step.name for step in provision(admin).steps if step.outcome == "created"]
    assert made == ["Email Scanned"]
    assert not provision(admin).changed
