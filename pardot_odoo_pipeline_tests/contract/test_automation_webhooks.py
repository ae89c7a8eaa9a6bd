"""What an automation rule with a webhook sends, when, and who waits for it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessError, OdooError
from pardot_odoo_pipeline_tests.contract.support import (
    ALL,
    OdooUnderTest,
    address,
    lead,
    one,
    partner,
    unique,
)
from pardot_odoo_pipeline_tests.push_receiver import PushReceiver, push_receiver

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?")
Rule = Callable[..., str]


@pytest.fixture(scope="module")
def receiver() -> Iterator[PushReceiver]:
    with push_receiver() as listening:
        yield listening


@pytest.fixture
def rule(client: OdooClient, receiver: PushReceiver) -> Iterator[Rule]:
    """Makes a rule with its webhook; returns the path that it calls. They go with the test."""
    made: list[int] = []

    def fields(model: str, names: list[str]) -> list[int]:
        domain = [["model", "=", model], ["name", "in", names]]
        return client.search("ir.model.fields", domain)

    def make(
        watched: list[str], told: list[str] = (), *, model: str = "crm.lead", **values: Any
    ) -> str:
        path = f"/{unique('hook').replace(' ', '-')}"
        [model_id] = client.search("ir.model", [["model", "=", model]])
        action = {
            "name": path[1:],
            "model_id": model_id,
            "state": "webhook",
            "usage": "base_automation",
            "webhook_url": values.pop("url", receiver.url + path),
            "webhook_field_ids": [[6, 0, fields(model, told)]],
        }
        created = {
            "name": unique("rule"),
            "model_id": model_id,
            "trigger": "on_create_or_write",
            "trigger_field_ids": [[6, 0, fields(model, watched)]],
            "action_server_ids": [[0, 0, action]],
            **values,
        }
        made.extend(client.create("base.automation", [created]))
        return path

    receiver.statuses.clear()
    receiver.delay_seconds = 0.0
    yield make
    client.call("base.automation", "unlink", ids=made)


def test_the_request(odoo: OdooUnderTest, receiver: PushReceiver, rule: Rule) -> None:
    told = [
        *("name", "stage_id", "user_id", "lost_reason_id", "tag_ids", "active", "probability"),
        *("description", "date_deadline", "write_date", "write_uid", "phone"),
    ]
    path = rule(["phone"], told)
    values = {"name": "Ä deal", "description": "<p>x</p>", "date_deadline": "2030-01-02"}
    made = lead(odoo.client, **values)
    [push] = receiver.at(path)
    assert push.headers["content-type"] == "application/json"
    assert {"authorization", "webhook-id", "webhook-signature"}.isdisjoint(push.headers)
    body = push.json
    assert list(body) == sorted(body), "keys in the order of the alphabet"
    assert b"\\u00c4 deal" in push.body
    assert re.fullmatch(rf"{path[1:]}\(#\d+\)", body.pop("_action"))
    assert MOMENT.fullmatch(body["write_date"])
    written = one(odoo.client, "crm.lead", made, "write_date")
    assert body.pop("write_date")[:19] == written
    assert body == {
        "_id": made,
        "_model": "crm.lead",
        "id": made,
        "stage_id": odoo.ref("crm.stage_lead1"),
        "user_id": False,
        "lost_reason_id": False,
        "tag_ids": [],
        "active": True,
        "probability": body["probability"],
        "write_uid": odoo.rpc.uid,
        "phone": False,
        **values,
    }
    assert isinstance(body["probability"], float)


def test_without_fields_it_names_the_record_alone(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["phone"])
    made = lead(client)
    [push] = receiver.at(path)
    assert set(push.json) == {"_action", "_id", "_model"}
    assert push.json["_id"] == made


def test_a_changed_value_of_a_watched_field_sets_it_off(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["phone", "city", "tag_ids"], ["phone", "city"])
    made = lead(client, phone="+49 30 1234567")
    seen = len(receiver.at(path))
    assert seen == 1, "all fields of a new record are new"

    def pushes_of(values: dict[str, Any]) -> int:
        nonlocal seen
        before, seen = seen, 0
        client.write("crm.lead", [made], values)
        seen = len(receiver.at(path))
        return seen - before

    assert pushes_of({"city": "Ulm"}) == 1
    assert pushes_of({"city": "Ulm"}) == 0, "the same value"
    assert pushes_of({"function": "CTO"}) == 0, "another field"
    assert pushes_of({"city": "Bonn", "phone": "+49 30 7654321"}) == 1, "two fields, one push"
    tag = client.create("crm.tag", [{"name": unique("tag")}])[0]
    assert pushes_of({"tag_ids": [[4, tag]]}) == 1
    assert pushes_of({"tag_ids": [[6, 0, [tag]]]}) == 0, "the same list"
    client.write("crm.lead", [made], {"active": False})
    assert pushes_of({"city": "Köln"}) == 1, "archived records push too"
    assert receiver.at(path)[-1].json["city"] == "Köln"


def test_what_is_computed_from_a_write_pushes_again(
    odoo: OdooUnderTest, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["stage_id", "won_status", "user_id"], ["stage_id", "won_status", "write_date"])
    made = lead(odoo.client)
    assert len(receiver.at(path)) == 2, "a create pushes more than once"
    odoo.client.write("crm.lead", [made], {"stage_id": odoo.ref("crm.stage_lead2")})
    assert len(receiver.at(path)) == 3
    odoo.client.call("crm.lead", "action_set_won", ids=[made])
    told = [push.json for push in receiver.at(path)[3:]]
    assert len(told) == 2, "the stage, and the outcome that follows from it"
    assert told[-1]["won_status"] == "won"
    assert told[0]["write_date"] == told[1]["write_date"]


def test_lost_and_restored(odoo: OdooUnderTest, receiver: PushReceiver, rule: Rule) -> None:
    path = rule(["won_status", "active"], ["active", "won_status", "lost_reason_id"])
    made = lead(odoo.client, type="opportunity")
    reason = odoo.ref("crm.lost_reason_1")
    seen = len(receiver.at(path))
    odoo.client.call("crm.lead", "action_set_lost", ids=[made], lost_reason_id=reason)
    told = [push.json for push in receiver.at(path)[seen:]]
    assert told
    # Odoo writes in steps: what comes first may show a step.
    assert (told[-1]["active"], told[-1]["won_status"]) == (False, "lost")
    assert told[-1]["lost_reason_id"] == reason
    seen = len(receiver.at(path))
    odoo.client.call("crm.lead", "action_unarchive", ids=[made])
    told = [push.json for push in receiver.at(path)[seen:]]
    assert (told[-1]["active"], told[-1]["won_status"]) == (True, "pending")


def test_each_record_of_a_call_pushes_for_itself(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["city"], ["city"])
    ids = [lead(client), lead(client), lead(client, city="Ulm")]
    seen = len(receiver.at(path))
    client.write("crm.lead", ids, {"city": "Ulm"})
    assert [push.json["_id"] for push in receiver.at(path)[seen:]] == ids[:2]


def test_load_and_copy_push_and_unlink_does_not(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["city"], ["name"])
    name = unique("loaded").replace(" ", "_")
    told = client.call(
        "crm.lead", "load", fields=["id", "name", "city"], data=[[f"x.{name}", name, "Ulm"]]
    )
    [made] = told["ids"]
    assert [push.json["_id"] for push in receiver.at(path)] == [made]
    client.call("crm.lead", "load", fields=["id", "city"], data=[[f"x.{name}", "Bonn"]])
    assert len(receiver.at(path)) == 2
    [copied] = client.call("crm.lead", "copy", ids=[made])
    assert receiver.at(path)[-1].json["_id"] == copied
    seen = len(receiver.at(path))
    client.call("crm.lead", "unlink", ids=[made, copied])
    assert len(receiver.at(path)) == seen


def test_a_rule_for_deletions(client: OdooClient, receiver: PushReceiver, rule: Rule) -> None:
    path = rule([], ["name"], trigger="on_unlink")
    made = lead(client, name="gone")
    client.write("crm.lead", [made], {"city": "Ulm"})
    assert receiver.at(path) == []
    client.call("crm.lead", "unlink", ids=[made])
    [push] = receiver.at(path)
    assert (push.json["_id"], push.json["name"]) == (made, "gone")


def test_the_contacts_side_of_a_shared_value(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    on_lead = rule(["email_from"], ["email_from"])
    on_partner = rule(["email"], ["email"], model="res.partner")
    contact = partner(client, email=address())
    made = lead(client, partner_id=contact)
    seen = len(receiver.at(on_lead)), len(receiver.at(on_partner))
    wanted = address()
    client.write("res.partner", [contact], {"email": wanted})
    [push] = receiver.at(on_partner)[seen[1] :]
    assert (push.json["_model"], push.json["_id"]) == ("res.partner", contact)
    pushed = receiver.at(on_lead)[seen[0] :]
    assert {(push.json["_id"], push.json["email_from"]) for push in pushed} == {(made, wanted)}


def test_the_domain_sees_the_record_after_the_write(
    odoo: OdooUnderTest, sales: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    """So a rule can leave out whatever one user writes: its own address book, say."""
    admin = odoo.client
    path = rule(["city"], ["write_uid"], filter_domain=f"[('write_uid', '!=', {odoo.rpc.uid})]")
    made = lead(admin, city="Ulm")
    admin.write("crm.lead", [made], {"city": "Bonn"})
    assert receiver.at(path) == []
    sales.write("crm.lead", [made], {"city": "Köln"})
    assert [push.json["write_uid"] for push in receiver.at(path)] == [sales.uid]
    admin.write("crm.lead", [made], {"city": "Trier"})
    assert len(receiver.at(path)) == 1
    own = rule(["city"], filter_domain="[('write_uid', '=', uid)]")
    sales.write("crm.lead", [made], {"city": "Mainz"})
    assert len(receiver.at(own)) == 1


def test_the_domain_before_the_write(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["city"], filter_pre_domain="[('function', '=', 'CTO')]")
    made = lead(client, function="Buyer")
    assert len(receiver.at(path)) == 1, "it does not count for a create"
    client.write("crm.lead", [made], {"city": "Ulm", "function": "CTO"})
    assert len(receiver.at(path)) == 1
    client.write("crm.lead", [made], {"city": "Bonn", "function": "Buyer"})
    assert len(receiver.at(path)) == 2


def test_an_archived_rule_rests(client: OdooClient, receiver: PushReceiver, rule: Rule) -> None:
    path = rule(["city"], active=False)
    made = lead(client)
    client.write("crm.lead", [made], {"city": "Ulm"})
    assert receiver.at(path) == []


def test_what_is_rolled_back_is_not_told(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["city"])
    made = lead(client)
    with pytest.raises(OdooError):
        client.write("crm.lead", [made], {"city": "Ulm", "stage_id": 999_999_999})
    assert len(receiver.at(path)) == 1


def test_whoever_writes_waits_for_a_slow_target_but_not_long(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["city"])
    ids = [lead(client), lead(client)]
    seen = len(receiver.at(path))
    receiver.delay_seconds = 3.0
    start = time.monotonic()
    client.write("crm.lead", ids, {"city": "Ulm"})
    took = time.monotonic() - start
    receiver.delay_seconds = 0.0
    assert len(receiver.at(path)) == seen + 2, "each is sent before the answer"
    assert 2.0 <= took < 3.0, "one second for each record, one after the other"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "no address"])
def test_a_target_that_is_not_there_is_nobodys_business(
    client: OdooClient, rule: Rule, url: str
) -> None:
    rule(["city"], url=url)
    made = lead(client)
    client.write("crm.lead", [made], {"city": "Ulm"})
    assert one(client, "crm.lead", made, "city") == "Ulm"


def test_a_refused_call_is_not_made_again(
    client: OdooClient, receiver: PushReceiver, rule: Rule
) -> None:
    path = rule(["city"])
    receiver.statuses += [503, 500]
    made = lead(client)
    client.write("crm.lead", [made], {"city": "Ulm"})
    client.write("crm.lead", [made], {"city": "Bonn"})
    assert len(receiver.at(path)) == 3


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"url": False}, "odoo.exceptions.UserError"),
        ({"filter_domain": "[('bogus', '=', 1)]"}, "builtins.ValueError"),
        ({"filter_domain": "[('city', '=', bogus)]"}, "builtins.ValueError"),
        ({"filter_domain": "[('city', '=', 1"}, "builtins.SyntaxError"),
    ],
)
def test_a_broken_rule_breaks_every_write(
    odoo: OdooUnderTest, rule: Rule, values: dict[str, Any], name: str
) -> None:
    rule(["city"], **values)
    answer = odoo.raw_json2("crm.lead", "create", {"vals_list": [{"name": unique("lead")}]})
    assert answer.status_code != 200
    assert answer.json()["name"] == name


def test_a_rule_of_another_model_breaks_every_write(
    odoo: OdooUnderTest, client: OdooClient, rule: Rule
) -> None:
    path = rule(["city"])
    [action] = client.search("ir.actions.server", [["name", "=", path[1:]]])
    [other] = client.search("ir.model", [["model", "=", "res.partner"]])
    client.write("ir.actions.server", [action], {"webhook_field_ids": [[5]], "model_id": other})
    answer = odoo.raw_json2("crm.lead", "create", {"vals_list": [{"name": unique("lead")}]})
    assert answer.json()["name"].endswith(".ServerActionWithWarningsError")


def test_rules_by_external_id(client: OdooClient, receiver: PushReceiver) -> None:
    name = unique("rule").replace(" ", "_")
    [model] = client.search("ir.model", [["model", "=", "crm.lead"]])
    watched = client.search(
        "ir.model.fields", [["model", "=", "crm.lead"], ["name", "in", ["city", "phone"]]]
    )

    def load(model_name: str, **columns: Any) -> int:
        answer = client.call(
            model_name, "load", fields=list(columns), data=[[str(v) for v in columns.values()]]
        )
        assert not answer["messages"], answer["messages"]
        return int(answer["ids"][0])

    rule_columns = {
        "id": f"x.{name}",
        "name": name,
        "model_id/.id": model,
        "trigger": "on_create_or_write",
        "trigger_field_ids/.id": ",".join(map(str, watched)),
    }
    number = load("base.automation", **rule_columns)
    action_columns = {
        "id": f"x.{name}_action",
        "name": name,
        "model_id/.id": model,
        "state": "webhook",
        "webhook_url": f"{receiver.url}/{name}",
        "base_automation_id/id": f"x.{name}",
        "usage": "base_automation",
    }
    action = load("ir.actions.server", **action_columns)
    row = one(client, "base.automation", number, "action_server_ids", "trigger_field_ids")
    assert row["action_server_ids"] == [action]
    assert sorted(row["trigger_field_ids"]) == sorted(watched)
    lead(client)
    assert len(receiver.at(f"/{name}")) == 1
    assert load("base.automation", **rule_columns) == number, "found again"
    client.call("base.automation", "unlink", ids=[number])
    assert client.search("ir.actions.server", [["id", "=", action]], context=ALL) == []


def test_another_trigger_empties_what_followed_from_it(client: OdooClient, rule: Rule) -> None:
    rule(["city"], filter_domain="[('city', '!=', False)]")
    number = max(client.search("base.automation", []))
    client.write("base.automation", [number], {"trigger": "on_write"})
    row = one(client, "base.automation", number, "trigger_field_ids", "filter_domain")
    assert row == {"trigger_field_ids": [], "filter_domain": False}


def test_administrators_make_rules_and_others_do_not(client: OdooClient, sales: OdooClient) -> None:
    [model] = client.search("ir.model", [["model", "=", "crm.lead"]])
    with pytest.raises(OdooAccessError):
        sales.create(
            "base.automation", [{"name": "x", "model_id": model, "trigger": "on_create_or_write"}]
        )
