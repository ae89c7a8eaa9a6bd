"""Activities, messages and the blacklist, as far as the project needs them."""

from __future__ import annotations

from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import (
    OdooAccessError,
    OdooError,
    OdooMissingError,
    OdooUserError,
)
from pardot_odoo_pipeline_tests.contract.support import (
    ALL,
    OdooUnderTest,
    address,
    lead,
    one,
    partner,
    unique,
)


def activity(odoo: OdooUnderTest, record: int, **values: Any) -> dict[str, Any]:
    models = odoo.client.search("ir.model", [["model", "=", "crm.lead"]])
    return {
        "res_model_id": models[0],
        "res_id": record,
        "activity_type_id": odoo.ref("mail.mail_activity_data_call"),
        "summary": "Call",
        "user_id": odoo.client.uid,
        **values,
    }


def test_the_kinds_of_activities(client: OdooClient) -> None:
    rows = client.search_read("mail.activity.type", [], ["name", "category"], order="sequence, id")
    names = {row["name"]: row["category"] for row in rows}
    assert {"To-Do": "default", "Email": "default", "Call": "phonecall"}.items() <= names.items()
    assert {"Meeting": "meeting", "Document": "upload_file"}.items() <= names.items()
    made = client.create(
        "mail.activity.type",
        [{"name": unique("Form"), "category": "default", "res_model": "crm.lead"}],
    )
    assert made


def test_a_planned_activity(odoo: OdooUnderTest) -> None:
    client = odoo.client
    record = lead(client)
    made = client.create("mail.activity", [activity(odoo, record, date_deadline="2026-01-01")])
    row = client.read(
        "mail.activity",
        made,
        ["res_model", "res_id", "summary", "date_deadline", "active", "state"],
    )[0]
    row.pop("id")
    assert row == {
        "res_model": "crm.lead",
        "res_id": record,
        "summary": "Call",
        "date_deadline": "2026-01-01",
        "active": True,
        "state": "overdue",
    }
    assert one(client, "crm.lead", record, "activity_ids") == made


def test_a_done_activity_of_the_past(odoo: OdooUnderTest) -> None:
    client = odoo.client
    record = lead(client)
    values = activity(odoo, record, date_deadline="2025-05-05", date_done="2025-05-06")
    made = client.create("mail.activity", [{**values, "active": False}])
    row = client.search_read(
        "mail.activity", [["id", "in", made]], ["date_done", "state", "active"], context=ALL
    )[0]
    row.pop("id")
    assert row == {"date_done": "2025-05-06", "state": "done", "active": False}
    assert client.search("mail.activity", [["id", "in", made]]) == []


def test_an_activity_done_by_feedback_is_kept_and_leaves_a_message(odoo: OdooUnderTest) -> None:
    client = odoo.client
    record = lead(client)
    before = set(one(client, "crm.lead", record, "message_ids"))
    made = client.create("mail.activity", [activity(odoo, record, date_deadline="2026-01-01")])
    client.call("mail.activity", "action_feedback", ids=made, feedback="went well")
    row = client.search_read("mail.activity", [["id", "in", made]], ["active"], context=ALL)[0]
    assert row["active"] is False
    assert len(set(one(client, "crm.lead", record, "message_ids")) - before) == 1


def test_an_activity_needs_the_model_by_its_id(odoo: OdooUnderTest) -> None:
    values = activity(odoo, lead(odoo.client), date_deadline="2026-01-01")
    del values["res_model_id"]
    with pytest.raises(OdooError):
        odoo.client.create("mail.activity", [{**values, "res_model": "crm.lead"}])


def test_the_context_may_name_the_model_of_an_activity(odoo: OdooUnderTest) -> None:
    values = activity(odoo, lead(odoo.client), date_deadline="2026-01-01")
    number = values.pop("res_model_id")
    made = odoo.client.create("mail.activity", [values], context={"default_res_model": "crm.lead"})
    found = odoo.client.read("mail.activity", made, ["res_model", "res_model_id"])[0]
    assert (found["res_model"], found["res_model_id"][0]) == ("crm.lead", number)


def test_the_text_of_a_message_changes_by_load(odoo: OdooUnderTest) -> None:
    client = odoo.client
    values = {"model": "crm.lead", "res_id": lead(client), "message_type": "notification"}
    made = client.create("mail.message", [{**values, "body": f"<p>{n}</p>"} for n in range(2)])
    rows = [[str(number), f"<p>text of {number}</p>"] for number in made]
    assert client.load("mail.message", [".id", "body"], rows)["ids"] == made
    found = client.read("mail.message", made, ["body"])
    assert [row["body"] for row in found] == [row[1] for row in rows]


def test_a_message_about_a_lead_that_is_gone_is_refused(odoo: OdooUnderTest) -> None:
    client = odoo.client
    gone = lead(client)
    client.unlink("crm.lead", [gone])
    values = {"model": "crm.lead", "res_id": gone, "message_type": "notification"}
    with pytest.raises((OdooMissingError, OdooAccessError)):
        client.create("mail.message", [{**values, "body": "<p>late</p>"}])


def test_a_message_keeps_its_time_and_leaves_the_lead_alone(odoo: OdooUnderTest) -> None:
    client = odoo.client
    record = lead(client)
    before = one(client, "crm.lead", record, "write_date")
    values = {
        "model": "crm.lead",
        "res_id": record,
        "body": "<p>Opened <b>Newsletter</b></p>",
        "message_type": "notification",
        "subtype_id": odoo.ref("mail.mt_note"),
        "author_id": odoo.ref("base.partner_root"),
        "date": "2025-05-06 07:08:09",
        "message_id": f"<{unique('pardot').replace(' ', '.')}@example.com>",
    }
    made = client.create("mail.message", [values])
    row = client.read("mail.message", made, ["date", "body", "message_type", "author_id", "model"])[
        0
    ]
    assert row["author_id"][0] == values["author_id"]
    assert (row["date"], row["body"]) == (values["date"], values["body"])
    assert (row["message_type"], row["model"]) == ("notification", "crm.lead")
    assert client.search("mail.message", [["message_id", "=", values["message_id"]]]) == made
    assert made[0] in one(client, "crm.lead", record, "message_ids")
    assert one(client, "crm.lead", record, "write_date") == before


def test_creating_leaves_a_message_unless_it_is_quiet(client: OdooClient) -> None:
    loud = client.create("crm.lead", [{"name": unique(), "type": "lead"}])[0]
    assert len(one(client, "crm.lead", loud, "message_ids")) >= 1
    assert one(client, "crm.lead", lead(client), "message_ids") == []
    context = {"mail_create_nolog": True, "mail_create_nosubscribe": True}
    values = {"name": unique(), "type": "lead", "user_id": False}
    silent = client.create("crm.lead", [values], context=context)[0]
    assert one(client, "crm.lead", silent, "message_ids") == []


def test_a_posted_message(client: OdooClient) -> None:
    record = lead(client)
    posted = client.call("crm.lead", "message_post", ids=[record], body="<p>hello</p>")
    made = posted if isinstance(posted, list) else [posted]
    assert client.read("mail.message", made, ["body"])[0]["body"] == (
        "<p>&lt;p&gt;hello&lt;/p&gt;</p>"
    )


def test_the_blacklist_is_keyed_by_the_normalised_address(client: OdooClient) -> None:
    mail = address()
    record, person = lead(client, email_from=mail.upper()), partner(client, email=mail)
    assert one(client, "crm.lead", record, "is_blacklisted") is False
    made = client.create("mail.blacklist", [{"email": f" {mail.title()} "}])
    assert one(client, "mail.blacklist", made[0], "email") == mail
    assert one(client, "crm.lead", record, "is_blacklisted") is True
    assert one(client, "res.partner", person, "is_blacklisted") is True
    assert client.create("mail.blacklist", [{"email": mail}]) == made, "a second entry is the first"
    client.write("mail.blacklist", made, {"active": False})
    assert one(client, "crm.lead", record, "is_blacklisted") is False
    assert client.create("mail.blacklist", [{"email": mail}]) == made
    assert one(client, "crm.lead", record, "is_blacklisted") is False, "nor does it wake the first"
    client.write("mail.blacklist", made, {"active": True})
    assert one(client, "crm.lead", record, "is_blacklisted") is True
    assert record in client.search("crm.lead", [["is_blacklisted", "=", True]])


def test_the_blacklist_moves_no_version(client: OdooClient) -> None:
    """Whoever polls leads and contacts by their write_date never hears of it."""
    mail = address()
    record, person = lead(client, email_from=mail), partner(client, email=mail)
    before = _versions(client, record, person)
    # A write in a later second would show.
    while _versions(client, lead(client), person)[0] == before[0]:
        pass
    client.create("mail.blacklist", [{"email": mail}])
    assert one(client, "crm.lead", record, "is_blacklisted") is True
    assert _versions(client, record, person) == before


def _versions(client: OdooClient, record: int, person: int) -> tuple[str, str]:
    return (
        one(client, "crm.lead", record, "write_date"),
        one(client, "res.partner", person, "write_date"),
    )


def test_what_is_no_address_cannot_be_blacklisted(client: OdooClient) -> None:
    with pytest.raises(OdooUserError):
        client.create("mail.blacklist", [{"email": "no address"}])
