"""Odoo's webhooks while the pipeline writes: what people do is pushed, its own writes are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.loader import LEAD, PersonLoader
from pardot_odoo_pipeline_tests.odoo.people import apply, create
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo
from pardot_odoo_pipeline_tests.push_receiver import PushReceiver, push_receiver


@pytest.fixture
def receiver(admin: OdooClient, provisioned: ProvisionedOdoo) -> Iterator[PushReceiver]:
    """Told of every lead that somebody else than the pipeline's user changed."""
    sales = provisioned.sales.client().uid
    [model] = admin.search("ir.model", [["model", "=", LEAD]])
    watched = [["model", "=", LEAD], ["name", "in", ["city", "stage_id", "email_from"]]]
    with push_receiver() as listening:
        rule = {
            "name": "pushed",
            "model_id": model,
            "trigger": "on_create_or_write",
            "trigger_field_ids": [[6, 0, admin.search("ir.model.fields", watched)]],
            "filter_domain": f"[('write_uid', '!=', {sales})]",
            "action_server_ids": [
                [0, 0, {"name": "push", "model_id": model, "state": "webhook"}],
            ],
        }
        rule["action_server_ids"][0][2]["webhook_url"] = listening.url
        [made] = admin.create("base.automation", [rule])
        yield listening
        admin.call("base.automation", "unlink", ids=[made])


def test_only_what_people_change_comes(
    loader: PersonLoader, admin: OdooClient, receiver: PushReceiver
) -> None:
    [(person, made)] = create(loader)
    [again] = apply(loader, person.update(made, {"city": "Ulm"}))
    assert again.error is None
    lead = again.lead.record_id
    assert admin.read(LEAD, [lead], ["city"])[0]["city"] == "Ulm"
    assert receiver.at() == []
    admin.write(LEAD, [lead], {"city": "Bonn"})
    assert [push.json["_id"] for push in receiver.at()] == [lead]
    [after] = apply(loader, person.update(made, {"city": "Trier"}))
    assert after.error is None
    assert len(receiver.at()) == 1
