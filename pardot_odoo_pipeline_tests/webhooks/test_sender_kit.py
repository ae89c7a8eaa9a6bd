"""What Salesforce is given is what the receiver takes."""

from __future__ import annotations

import base64
import hmac
import json
import re
import stat
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.secrets import Source, open_sources, source_url
from pardot_odoo_pipeline.webhooks.senders.kit import kit_files, write_kit
from pardot_odoo_pipeline_tests.webhooks.receiver_process import RULES, TOKEN, Receiver

EXAMPLES = {
    "Recipient.Email": "o'hara+news@example.com",
    "Recipient.Score": "",
}
APEX = "salesforce/classes/PardotOdooPush.cls"
APEX_TEST = "salesforce/classes/PardotOdooPushTest.cls"


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with Receiver.running(
        tmp_path_factory.mktemp("kit") / "home",
        rules=f"{RULES}    forms: {{system: pardot, authentication: token}}\n",
        env={"WEBHOOK_SECRET_FORMS": TOKEN},
    ) as running:
        yield running


@pytest.fixture
def rules(receiver: Receiver) -> Rules:
    return load_rules(receiver.home / "rules.yaml")


@pytest.fixture
def sources(receiver: Receiver, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> dict[str, Source]:
    for name, value in receiver.env.items():
        monkeypatch.setenv(name, value)
    return open_sources(Settings(), rules)


def made(source: Source, rules: Rules, receiver: Receiver) -> dict[str, str]:
    return kit_files(source, rules.webhooks, receiver.url, "the file of the secret")


def filled(template: str, examples: dict[str, str] = EXAMPLES) -> dict[str, str]:
    """What Account Engagement makes of a template."""
    text = re.sub(r"\{\{\{([\w.]+)\}\}\}", lambda found: examples[found[1]], template)
    assert "{{" not in text
    return json.loads(text)


class Apex:
    """The steps of the class, read from its text."""

    def __init__(self, text: str) -> None:
        self.names = re.findall(r"put\(values, '(\w+)', event\.(\w+)\);", text)
        self.variables = re.findall(r"@InvocableVariable\([^)]*\)\s+public String (\w+);", text)
        self.headers = re.findall(r"setHeader\('([\w-]+)', ", text)
        prefix, algorithm = re.search(
            r"return '(\w+,)' \+ EncodingUtil\.base64Encode\(Crypto\.generateMac\('(\w+)', signed,"
            r" key\)\)",
            text,
        ).groups()
        assert algorithm == "HmacSHA256"
        self._prefix = prefix
        self._dropped = re.search(r"base64Decode\(secret\.removeStart\('(\w+)'\)\)", text)[1]
        self._parts = re.search(r"signed = Blob\.valueOf\(([^)]*)\);", text)[1].split(" + ")

    def body(self, *events: dict[str, str]) -> str:
        told = []
        for number, event in enumerate(events):
            values = {"eventId": f"evt_{time.time_ns():x}{number}"}
            values |= {name: event[own] for name, own in self.names if event.get(own, "").strip()}
            told.append(values)
        return json.dumps(told)

    def signature(self, message_id: str, timestamp: str, body: str, secret: str) -> str:
        known = {"messageId": message_id, "timestamp": timestamp, "body": body}
        signed = "".join(known.get(part) or part.strip("'") for part in self._parts)
        key = base64.b64decode(secret.removeprefix(self._dropped))
        digest = hmac.digest(key, signed.encode(), "sha256")
        return self._prefix + base64.b64encode(digest).decode()


@pytest.fixture
def apex(sources: dict[str, Source], rules: Rules, receiver: Receiver) -> Apex:
    return Apex(made(sources["salesforce"], rules, receiver)[APEX])


def test_the_apex_class_signs_as_the_standards_own_library_does(
    apex: Apex, receiver: Receiver
) -> None:
    body = '[{"eventType":"form_submitted","email":"zoë@example.com"}]'
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    mine = apex.signature("msg_1", "1700000000", body, receiver.secret)
    assert mine == Webhook(receiver.secret).sign("msg_1", at, body)


def test_the_signature_in_the_apex_test_is_the_librarys(
    sources: dict[str, Source], rules: Rules, receiver: Receiver
) -> None:
    text = made(sources["salesforce"], rules, receiver)[APEX_TEST]
    given = dict(re.findall(r"static final String (\w+) = '([^']*)';", text))
    at = datetime.fromtimestamp(int(given["TIMESTAMP"]), UTC)
    expected = Webhook(given["SECRET"]).sign(given["MESSAGE_ID"], at, given["BODY"])
    assert given["SIGNATURE"] == expected


def test_what_the_external_action_sends_is_taken(
    apex: Apex, sources: dict[str, Source], rules: Rules, receiver: Receiver
) -> None:
    kit = made(sources["salesforce"], rules, receiver)
    payload = filled(kit["payload-template.json"])
    schema = json.loads(kit["action-schema.json"])
    assert set(schema) == {"properties", "required", "view"}
    assert set(payload) <= set(schema["properties"]) == set(apex.variables)
    assert set(schema["required"]) <= set(payload)
    whole = dict.fromkeys(schema["properties"], "4711") | payload | {"score": "120"}
    body = apex.body(payload, whole)
    timestamp = str(int(time.time()))
    signature = apex.signature("msg_kit", timestamp, body, receiver.secret)
    values = ["application/json", "msg_kit", timestamp, signature]
    headers = dict(zip(apex.headers, values, strict=True))
    before = receiver.event_ids()
    url = re.search(r"\| address \| `([^`]+)` \|", kit["INSTRUCTIONS.md"])[1]
    answer = requests.post(url, data=body.encode(), headers=headers, timeout=20)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "duplicates": 0})
    new = [event for event in receiver.events() if event["event_id"] not in before]
    assert [event["type"] for event in new] == ["form_submitted"] * 2
    assert new[0]["payload"]["email"] == EXAMPLES["Recipient.Email"]
    assert new[1]["prospect_id"] == "4711"
    assert new[0]["occurred_at"] is None, "the time of sending is not the time of the event"


def test_what_the_flow_sends_is_taken(
    sources: dict[str, Source], rules: Rules, receiver: Receiver
) -> None:
    callout = json.loads(made(sources["flow"], rules, receiver)["flow-http-callout.json"])
    formula = callout["headers"]["Authorization"]
    assert formula.startswith("{!'Bearer ' & $Credential.")
    headers = {**callout["headers"], "Authorization": f"Bearer {sources['flow'].secrets[0]}"}
    for body in (callout["sampleBody"], {**callout["sampleBody"], "eventId": "2", "score": ""}):
        answer = requests.request(
            callout["method"], callout["url"], json=body, headers=headers, timeout=20
        )
        assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert set(callout["valuesInTheFlow"]) == set(callout["sampleBody"])


def test_what_a_flow_with_a_token_and_a_form_handler_send_is_taken(
    sources: dict[str, Source], rules: Rules, receiver: Receiver
) -> None:
    kit = made(sources["forms"], rules, receiver)
    callout = json.loads(kit["flow-http-callout.json"])
    assert TOKEN in callout["url"]
    answer = requests.post(
        callout["url"], json=callout["sampleBody"], headers=callout["headers"], timeout=20
    )
    assert answer.status_code == 202
    form = requests.post(
        callout["url"],
        data=kit["form-handler.txt"].strip(),
        headers={"content-type": "application/x-www-form-urlencoded"},
        timeout=20,
    )
    assert (form.status_code, form.json()) == (202, {"accepted": 1, "duplicates": 0})
    assert receiver.events()[-1]["type"] == "form_handler_submitted"


@pytest.mark.parametrize("name", ["salesforce", "flow", "forms"])
def test_secrets_stand_only_where_the_address_is_one(
    sources: dict[str, Source], rules: Rules, receiver: Receiver, name: str
) -> None:
    text = "\n".join(made(sources[name], rules, receiver).values())
    assert (sources[name].secrets[0] in text) == (name == "forms")
    assert source_url(receiver.url, sources[name]) in text
    assert "the file of the secret" in text


@pytest.mark.parametrize("name", ["salesforce", "flow", "forms"])
def test_files_are_well_formed_and_nothing_is_left_to_fill_in(
    sources: dict[str, Source], rules: Rules, receiver: Receiver, name: str
) -> None:
    for path, text in made(sources[name], rules, receiver).items():
        if path.endswith(".json") and "template" not in path:
            json.loads(text)
        if path.endswith(".xml"):
            ET.fromstring(text)
        assert not re.search(r"(?<![!&'.] )(?<!\{!)\$[a-z_]+", text), path
    head = made(sources[name], rules, receiver)["INSTRUCTIONS.md"]
    mentioned = set(re.findall(r"`([\w-]+\.(?:json|txt))`", head))
    assert mentioned <= set(made(sources[name], rules, receiver))


def test_a_folder_is_private_and_follows_the_rules(
    sources: dict[str, Source], rules: Rules, receiver: Receiver, tmp_path: Path
) -> None:
    folder = tmp_path / "webhooks" / "salesforce"
    kit = made(sources["salesforce"], rules, receiver)
    preview = write_kit(folder, kit, dry_run=True)
    assert {step.outcome for step in preview} == {Outcome.CREATED}
    assert not folder.exists(), "a dry run touches nothing"
    assert write_kit(folder, kit) == preview
    files = {path for path in folder.rglob("*") if path.is_file()}
    assert {str(path.relative_to(folder)) for path in files} == set(kit)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {step.outcome for step in write_kit(folder, kit)} == {Outcome.EXISTS}

    (folder / "notes.md").write_text("ours")
    steps = write_kit(folder, made(sources["flow"], rules, receiver))
    assert not (folder / APEX).exists()
    assert (folder / "notes.md").read_text() == "ours", "what we did not write stays"
    gone: list[Any] = [step for step in steps if step.reason]
    assert len(gone) == 7
