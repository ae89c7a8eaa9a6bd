"""What changes while the receiver runs, and what depends on where a request comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests

from pardot_odoo_pipeline_tests.webhooks.receiver_process import (
    TOKEN,
    Receiver,
    signing_secret,
)
from pardot_odoo_pipeline_tests.world import wait_for

EVENT = {"eventType": "page_viewed", "prospectId": 5}
GUARDED = """
webhooks:
  trusted_proxies: [127.0.0.1]
  sources:
    salesforce: {system: pardot, authentication: signature, allow: [203.0.113.0/24]}
    flow: {system: pardot, authentication: bearer, active: false}
    odoo: {system: odoo, authentication: token, rate: 5}
"""


def replaced(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    draft.replace(path)


def test_keys_are_rotated_without_a_restart(tmp_path: Path) -> None:
    with Receiver.running(tmp_path / "home") as receiver:
        old, new = receiver.secret, signing_secret()
        file = receiver.home / "keys" / "webhooks" / "salesforce"
        assert receiver.post(EVENT, secret=new).status == 401
        replaced(file, f"{new},{old}")
        wait_for(lambda: receiver.post(EVENT, secret=new).status == 202, 20)
        assert receiver.post(EVENT, secret=old).status == 202
        replaced(file, new)
        wait_for(lambda: receiver.post(EVENT, secret=old).status == 401, 20)
        assert receiver.post(EVENT, secret=new).status == 202
        # A mistake leaves everything as it was, and is told.
        replaced(file, "weak")
        wait_for(lambda: "not followed" in receiver.log, 20)
        assert receiver.post(EVENT, secret=new).status == 202
        file.unlink()
        wait_for(lambda: receiver.post(EVENT, secret=new).status == 401, 20)


def test_rules_are_followed_without_a_restart(tmp_path: Path) -> None:
    with Receiver.running(tmp_path / "home") as receiver:
        assert receiver.post(EVENT).status == 202
        rules = receiver.home / "rules.yaml"
        replaced(rules, rules.read_text().replace("signature}", "signature, active: false}"))
        wait_for(lambda: receiver.post(EVENT).status == 401, 20)


def test_secrets_of_the_environment_are_taken(tmp_path: Path) -> None:
    first, second = signing_secret(), signing_secret()
    env = {"WEBHOOK_SECRET_SALESFORCE": f"{first}, {second}"}
    with Receiver.running(tmp_path / "home", env=env) as receiver:
        assert [receiver.post(EVENT, secret=s).status for s in (first, second)] == [202, 202]
        assert receiver.post(EVENT).status == 401  # the file's


def test_addresses_rates_and_closed_sources(tmp_path: Path) -> None:
    with Receiver.running(tmp_path / "home", rules=GUARDED) as receiver:
        body = json.dumps(EVENT).encode()

        def status(forwarded: str | None) -> Any:
            headers = receiver.signed(body)
            if forwarded is not None:
                headers["x-forwarded-for"] = forwarded
            return receiver.post_as(body, headers).status

        assert status("203.0.113.7") == 202
        assert status("6.6.6.6, 203.0.113.7") == 202
        assert status("203.0.113.7, 6.6.6.6") == 401
        assert status("6.6.6.6") == 401
        assert status(None) == 401

        closed = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        assert receiver.post_as(body, closed, path="/webhooks/pardot/flow").status == 401

        lead = json.dumps({"_model": "crm.lead", "_id": 7, "_action": "x"}).encode()
        with requests.Session() as session:
            answers = [
                session.post(f"{receiver.url}/webhooks/odoo/odoo/{TOKEN}", json=json.loads(lead))
                for _ in range(30)
            ]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 15
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert [answer.status_code for answer in answers[:5]] == [202] * 5
        # Strangers use up nobody's rate, and the rate of one source is not another's.
        for _ in range(20):
            receiver.post_as(lead, {}, path=f"/webhooks/odoo/odoo/{TOKEN[::-1]}")
        assert status("203.0.113.7") == 202
        retried = f"{receiver.url}/webhooks/odoo/odoo/{TOKEN}"
        wait_for(lambda: requests.post(retried, json=json.loads(lead)).status_code == 202, 5)


def test_a_receiver_without_any_secret_is_closed_and_healthy(tmp_path: Path) -> None:
    receiver = Receiver.prepared(tmp_path / "home")
    for file in (receiver.home / "keys" / "webhooks").iterdir():
        file.unlink()
    try:
        receiver.start()
        assert receiver.post(EVENT).status == 401
        assert receiver.get("/readyz").status_code == 200
        # As `provision --webhooks` makes one.
        (receiver.home / "keys" / "webhooks" / "salesforce").write_text(receiver.secret)
        wait_for(lambda: receiver.post(EVENT).status == 202, 20)
    finally:
        receiver.kill()
