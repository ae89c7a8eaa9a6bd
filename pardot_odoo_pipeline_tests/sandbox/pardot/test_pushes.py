"""What Salesforce pushes of what happens in the account, as whoever receives it sees it."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from pardot_odoo_pipeline_tests.push_receiver import Push, PushReceiver, push_receiver
from pardot_odoo_pipeline_tests.sandbox.pardot.conftest import Sandbox
from pardot_odoo_pipeline_tests.world import wait_for

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
Begin = Callable[..., str]


@pytest.fixture(scope="module")
def receiver() -> Iterator[PushReceiver]:
    with push_receiver() as listening:
        yield listening


@pytest.fixture
def begin(living: Sandbox, receiver: PushReceiver) -> Iterator[Begin]:
    """Lets the sandbox push to an address of the test's own, which is returned."""
    receiver.statuses.clear()
    receiver.delay_seconds = 0.0

    def start(**settings: Any) -> str:
        path = f"/{len(receiver.at())}-{id(settings)}"
        living.control("PUT", "/pushes", {"url": receiver.url + path, **settings})
        return path

    yield start
    living.control("DELETE", "/pushes")


def kinds(pushes: list[Push]) -> list[str]:
    return sorted(push.json["eventType"] for push in pushes)


def submit(living: Sandbox, person: int, **values: Any) -> None:
    form = living.get("forms", fields="id", limit=1).json()["values"][0]["id"]
    living.control("POST", "/activity", {"prospectId": person, "type": 4, "formId": form, **values})


def states(living: Sandbox) -> dict[str, int]:
    found: dict[str, int] = living.control("GET", "/pushes")["pushes"]
    return found


def test_a_form_submission(living: Sandbox, receiver: PushReceiver, begin: Begin) -> None:
    person = living.person(score=7)
    path = begin(secret=SECRET, types=["form_submitted"])
    before = datetime.now(UTC)
    submit(living, person)
    [push] = receiver.wait_for(1, path)
    assert push.headers["content-type"] == "application/json"
    told = Webhook(SECRET).verify(push.body, push.headers)
    assert told == push.json
    assert push.headers["webhook-id"] == told["eventId"]
    form = living.get("forms", fields="id", limit=1).json()["values"][0]["id"]
    when = datetime.fromisoformat(told.pop("occurredAt"))
    assert before - timedelta(seconds=1) <= when <= datetime.now(UTC)
    assert told.pop("eventId").startswith("evt_")
    assert told == {
        "eventType": "form_submitted",
        "prospectId": person,
        "formId": form,
        "score": 57,
    }, "the score is the one after the form's points"


def test_everything_that_happens(living: Sandbox, receiver: PushReceiver, begin: Begin) -> None:
    person = living.person()
    path = begin()
    lists = living.get("lists", fields="id,isDynamic", limit=200).json()["values"]
    dynamic = next(one["id"] for one in lists if one["isDynamic"])
    handler = living.get("form-handlers", fields="id", limit=1).json()["values"][0]["id"]
    mail = living.get("email-templates", fields="id", limit=1)
    mail_id = mail.json()["values"][0]["id"]
    seen = 0

    def told_of(act: Callable[[], Any], *expected: str) -> list[dict[str, Any]]:
        nonlocal seen
        act()
        found = receiver.wait_for(seen + len(expected), path)[seen:]
        seen += len(expected)
        assert kinds(found) == sorted(expected)
        return [push.json for push in found]

    def activity(**values: Any) -> Callable[[], Any]:
        return lambda: living.control("POST", "/activity", {"prospectId": person, **values})

    told_of(lambda: submit(living, person), "form_submitted", "score_changed")
    told_of(activity(type=4, formHandlerId=handler), "form_handler_submitted", "score_changed")
    told_of(activity(url="https://www.example.com/prices"), "page_viewed", "score_changed")
    [opened] = told_of(activity(type=11, emailTemplateId=mail_id), "email_opened")
    assert opened["emailTemplateId"] == mail_id
    told_of(activity(type=1, emailTemplateId=mail_id), "email_clicked", "score_changed")
    told_of(activity(type=13, emailTemplateId=mail_id), "email_bounced")
    told_of(activity(type=12, emailTemplateId=mail_id), "unsubscribed")
    told_of(
        lambda: living.control("POST", f"/prospects/{person}", {"values": {"jobTitle": "CTO"}}),
        "prospect_updated",
    )
    members = f"/lists/{dynamic}/members"
    [joined] = told_of(lambda: living.control("POST", members, {"add": [person]}), "list_joined")
    assert joined["listId"] == dynamic
    told_of(lambda: living.control("POST", members, {"remove": [person]}), "list_left")
    made: list[int] = []

    def arrive() -> None:
        values = {"email": "somebody-new@example.com"}
        made.append(living.control("POST", "/objects/prospects", {"values": values})["id"])

    [created] = told_of(arrive, "prospect_created")
    assert created["prospectId"] == made[0]
    told_of(
        lambda: living.control("POST", f"/prospects/{person}", {"values": {"isDeleted": True}}),
        "prospect_deleted",
    )
    told_of(
        lambda: living.control("POST", f"/prospects/{person}", {"values": {"isDeleted": False}}),
        "prospect_updated",
    )
    told_of(lambda: living.control("DELETE", f"/prospects/{person}"), "prospect_deleted")
    wait_for(lambda: states(living) == {"sent": seen})


def test_what_the_api_user_does_is_pushed_on_request_alone(
    living: Sandbox, receiver: PushReceiver, begin: Begin
) -> None:
    path = begin()
    person = living.person()
    living.patch(f"prospects/{person}", {"firstName": "Ada"})
    submit(living, person)
    assert kinds(receiver.wait_for(2, path)) == ["form_submitted", "score_changed"]
    path = begin(own_writes=True)
    living.patch(f"prospects/{person}", {"firstName": "Eva"})
    living.person()
    assert kinds(receiver.wait_for(2, path)) == ["prospect_created", "prospect_updated"]


def test_what_was_there_before_is_not_pushed(tmp_path: Path, receiver: PushReceiver) -> None:
    """Activities are made up when they are first asked for; nobody did them just now."""
    sandbox = Sandbox(tmp_path, size=60)
    try:
        sandbox.control("PUT", "/pushes", {"url": f"{receiver.url}/new", "own_writes": True})
        sandbox.control("GET", "/counts")
        assert states(sandbox) == {}
    finally:
        sandbox.stop()


def test_a_change_that_is_undone_is_not_pushed(
    living: Sandbox, receiver: PushReceiver, begin: Begin
) -> None:
    person = living.person()
    path = begin()
    with pytest.raises(requests.HTTPError):
        living.control("POST", f"/prospects/{person}/merge", {"losers": [999_999_999]})
    submit(living, person)
    assert kinds(receiver.wait_for(2, path)) == ["form_submitted", "score_changed"]


def test_styles_and_marks(living: Sandbox, receiver: PushReceiver, begin: Begin) -> None:
    address = "styled@example.com"
    person = living.person(email=address)
    path = begin(style="PascalCase", bearer="a-long-bearer", email="yes", types=["form_submitted"])
    submit(living, person)
    [push] = receiver.wait_for(1, path)
    assert push.headers["authorization"] == "Bearer a-long-bearer"
    assert "webhook-signature" not in push.headers
    assert {"EventId", "EventType", "ProspectId", "OccurredAt", "FormId"} <= set(push.json)
    assert push.json["Email"] == address

    path = begin(style="form", email="only", types=["form_submitted"])
    submit(living, person)
    [push] = receiver.wait_for(1, path)
    assert push.headers["content-type"] == "application/x-www-form-urlencoded"
    assert {"authorization", "webhook-signature"}.isdisjoint(push.headers)
    told = parse_qs(push.body.decode())
    assert told["email"] == [address]
    assert "prospectId" not in told


def test_refused_now_and_taken_later(living: Sandbox, receiver: PushReceiver, begin: Begin) -> None:
    path = begin(secret=SECRET, types=["form_submitted"], retry_seconds=0.05)
    person = living.person()
    receiver.statuses += [503, 429, 500]
    submit(living, person)
    pushes = receiver.wait_for(4, path)
    assert len({push.headers["webhook-id"] for push in pushes}) == 1
    wait_for(lambda: states(living) == {"sent": 1})
    [row] = living.control("GET", "/pushes/log")["pushes"]
    assert (row["state"], row["attempts"], row["status"]) == ("sent", 4, 200)
    assert row["event"] == pushes[0].json["eventId"]


def test_refused_for_good(living: Sandbox, receiver: PushReceiver, begin: Begin) -> None:
    begin(types=["form_submitted"])
    receiver.statuses += [401]
    submit(living, living.person())
    wait_for(lambda: states(living) == {"refused": 1})


def test_nobody_listens(living: Sandbox, begin: Begin) -> None:
    begin(url="http://127.0.0.1:9/", types=["form_submitted"], retry_seconds=0.01, attempts=3)
    submit(living, living.person())
    wait_for(lambda: states(living) == {"given up": 1})
    [row] = living.control("GET", "/pushes/log")["pushes"]
    assert (row["attempts"], row["status"]) == (3, None)


def test_duplicated_shuffled_and_lost(
    living: Sandbox, receiver: PushReceiver, begin: Begin
) -> None:
    path = begin(types=["prospect_updated"], duplicate=3, shuffle_seconds=0.5, lose_every=5, seed=3)
    people = [living.person() for _ in range(20)]
    living.control("POST", "/prospects", {"ids": people, "values": {"city": "Ulm"}})
    pushes = receiver.wait_for(48, path)
    wait_for(lambda: states(living) == {"sent": 48, "lost": 12})
    times = Counter(push.json["prospectId"] for push in pushes)
    assert set(times) <= set(people)
    assert set(times.values()) <= {2, 3}
    order = [push.json["prospectId"] for push in pushes]
    assert order != sorted(order)
    of_one = {push.json["eventId"] for push in pushes if push.json["prospectId"] == order[0]}
    assert len(of_one) == 1, "a duplicate has the id of the first"


def test_delayed(living: Sandbox, receiver: PushReceiver, begin: Begin) -> None:
    path = begin(types=["form_submitted"], delay_seconds=0.4)
    person = living.person()
    begun = time.monotonic()
    submit(living, person)
    receiver.wait_for(1, path)
    assert time.monotonic() - begun >= 0.4


def test_whoever_acts_does_not_wait_for_the_receiver(
    living: Sandbox, receiver: PushReceiver, begin: Begin
) -> None:
    path = begin(types=["form_submitted"])
    receiver.delay_seconds = 2.0
    submit(living, living.person())
    receiver.wait_for(1, path)
    assert states(living) == {"waiting": 1}, "the activity is there, the answer is not"
    receiver.delay_seconds = 0.0


def test_settings_and_waiting_pushes_survive_a_restart(
    tmp_path: Path, receiver: PushReceiver
) -> None:
    first = Sandbox(tmp_path, size=60)
    told = {"url": "http://127.0.0.1:9/", "secret": SECRET, "types": ["form_submitted"]}
    first.control("PUT", "/pushes", told)
    submit(first, first.person())
    wait_for(lambda: first.control("GET", "/pushes/log")["pushes"][0]["attempts"])
    first.process.kill()
    first.stop()

    second = Sandbox(tmp_path, size=60)
    try:
        settings = second.control("GET", "/pushes")["settings"]
        assert settings["types"] == ["form_submitted"]
        assert SECRET not in json.dumps(settings)
        submit(second, second.person())
        path = "/after-the-restart"
        second.control("PUT", "/pushes", {**told, "url": receiver.url + path})
        pushes = receiver.wait_for(2, path, seconds=20)
        assert len({push.json["prospectId"] for push in pushes}) == 2
        second.control("DELETE", "/pushes")
        assert second.control("GET", "/pushes") == {"settings": None, "pushes": {}}
    finally:
        second.stop()


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"url": "receiver"},
        {"url": "http://x", "types": ["form_submited"]},
        {"url": "http://x", "style": "kebab-case"},
        {"url": "http://x", "secret": "whsec_?"},
        {"url": "http://x", "secret": SECRET, "bearer": "b"},
        {"url": "http://x", "duplicate": 0},
        {"url": "http://x", "lose": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(living: Sandbox, wish: dict[str, Any]) -> None:
    answer = requests.put(f"{living.control_url}/pushes", json=wish, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert living.control("GET", "/pushes")["settings"] is None


def test_custom_fields_come_and_go_while_something_is_pushed(living: Sandbox, begin: Begin) -> None:
    begin()
    body = {"name": "Pushed", "fieldId": "pushed_now", "type": "Text"}
    made = living.post("custom-fields", body, fields="id")
    assert made.status_code == 201, made.text
    assert living.delete(f"custom-fields/{made.json()['id']}").status_code == 204
