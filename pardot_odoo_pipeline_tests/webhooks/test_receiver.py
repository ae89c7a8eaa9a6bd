"""What a sender sees that does everything right, and one that makes honest mistakes."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pardot_odoo_pipeline_tests.webhooks.receiver_process import BEARER, PATH, TOKEN, Receiver, Wire

LEAD = {"_model": "crm.lead", "_id": 7, "_action": "x", "write_date": "2026-03-02 08:00:00.5"}


def an_event(**values: Any) -> dict[str, Any]:
    event_id = f"e-{secrets.token_hex(6)}"
    return {"eventId": event_id, "eventType": "form_submitted", "prospectId": 5, **values}


def test_a_signed_event_is_in_the_inbox_when_it_is_answered(receiver: Receiver) -> None:
    event = an_event(formId=77)
    before = datetime.now(UTC)
    answer = receiver.post(event)
    stored = {row["event_id"]: row for row in receiver.events()}[event["eventId"]]
    assert (answer.status, answer.document) == (202, {"accepted": 1, "duplicates": 0})
    assert (stored["source"], stored["state"], stored["priority"]) == ("salesforce", "waiting", 10)
    assert (stored["prospect_id"], stored["payload"]) == ("5", {"form_id": 77})
    assert before <= stored["received_at"] <= datetime.now(UTC)


def test_a_repetition_is_told_and_kept_once(receiver: Receiver) -> None:
    event, other = an_event(), an_event()
    assert receiver.post(event).document == {"accepted": 1, "duplicates": 0}
    assert receiver.post(event).document == {"accepted": 0, "duplicates": 1}
    assert receiver.post([event, other, other]).document == {"accepted": 1, "duplicates": 2}
    ids = [row["event_id"] for row in receiver.events()]
    assert ids.count(event["eventId"]) == ids.count(other["eventId"]) == 1


def test_a_repeated_message_is_one_event_although_the_body_has_no_id(receiver: Receiver) -> None:
    event = {"eventType": "page_viewed", "prospectId": 6}
    assert receiver.post(event, message_id="msg_again").document["accepted"] == 1
    assert receiver.post(event, message_id="msg_again").document["duplicates"] == 1


def test_a_bearer_is_enough_where_the_source_says_so(receiver: Receiver) -> None:
    event = an_event()
    headers = {"authorization": f"Bearer {BEARER}", "content-type": "application/json"}
    answer = receiver.post_as(json.dumps(event).encode(), headers, path="/webhooks/pardot/flow")
    assert answer.status == 202
    assert event["eventId"] in receiver.event_ids()


def test_a_path_token_is_enough_for_odoo(receiver: Receiver) -> None:
    headers = {"content-type": "application/json"}
    body = json.dumps(LEAD).encode()
    answer = receiver.post_as(body, headers, path=f"/webhooks/odoo/odoo/{TOKEN}")
    assert answer.status == 202
    [stored] = [row for row in receiver.events() if row["source"] == "odoo"]
    assert (stored["lead_id"], stored["system"]) == (7, "odoo")


def test_a_slash_at_the_end_of_the_address_is_forgiven(receiver: Receiver) -> None:
    assert receiver.post(an_event(), path=f"{PATH}/").status == 202


def test_a_form_is_read_too(receiver: Receiver) -> None:
    body = b"EventType=Form+Handler+Submitted&email=Jane%40Example.com&event_id=form-1"
    kind = "application/x-www-form-urlencoded"
    answer = receiver.post_as(body, receiver.signed(body, content_type=kind))
    assert answer.status == 202
    [stored] = [row for row in receiver.events() if row["event_id"] == "form-1"]
    assert stored["type"] == "form_handler_submitted"
    assert stored["payload"] == {"email": "jane@example.com"}
    assert len(stored["email_hash"]) == 64


def test_events_that_come_out_of_order_are_all_kept_with_their_own_times(
    receiver: Receiver,
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    times = [now - timedelta(minutes=minutes) for minutes in (1, 50, 3, 20)]
    events = [an_event(occurredAt=moment.isoformat()) for moment in times]
    for event in events:
        assert receiver.post(event).status == 202
    stored = {row["event_id"]: row["occurred_at"] for row in receiver.events()}
    assert [stored[event["eventId"]] for event in events] == times


def test_an_unknown_type_is_kept(receiver: Receiver) -> None:
    event = an_event(eventType="Webinar Attended")
    assert receiver.post(event).status == 202
    [stored] = [row for row in receiver.events() if row["event_id"] == event["eventId"]]
    assert stored["type"] == "webinar_attended"


def test_several_requests_over_one_connection(receiver: Receiver) -> None:
    events = [an_event() for _ in range(3)]
    with Wire(receiver.url) as wire:
        for event in events:
            body = json.dumps(event).encode()
            headers = {**receiver.signed(body), "content-length": str(len(body))}
            wire.send(receiver.head(headers) + body)
            answer = wire.answer()
            assert answer is not None
            assert answer.status == 202
    assert {event["eventId"] for event in events} <= receiver.event_ids()


def test_a_chunked_body_is_read(receiver: Receiver) -> None:
    event = an_event()
    body = json.dumps(event).encode()
    headers = {**receiver.signed(body), "transfer-encoding": "chunked"}
    half = len(body) // 2
    chunks = b"".join(
        f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (body[:half], body[half:], b"")
    )
    with Wire(receiver.url) as wire:
        wire.send(receiver.head(headers) + chunks)
        answer = wire.answer()
    assert answer is not None
    assert answer.status == 202
    assert event["eventId"] in receiver.event_ids()


@pytest.mark.parametrize(
    ("wrong", "status", "told"),
    [
        ({"eventType": "form_submitted"}, 422, "nobody"),
        ({"prospectId": 5}, 422, "eventType"),
        ({"eventType": "x", "prospectId": "{{Recipient.Id}}"}, 422, "prospectId"),
        ({"eventType": "x", "email": "not an address"}, 422, "email"),
        ({"eventType": "x", "prospectId": 5, "occurredAt": "tomorrow"}, 422, "occurredAt"),
        ({"eventType": "x", "prospectId": 5, "score": "high"}, 422, "score"),
        ([], 422, "empty"),
        ("form_submitted", 422, "object"),
    ],
)
def test_an_honest_mistake_is_told_with_its_fix(
    receiver: Receiver, wrong: Any, status: int, told: str
) -> None:
    before = receiver.event_ids()
    answer = receiver.post(wrong)
    assert answer.status == status
    assert told in answer.document["cause"]
    assert answer.document["fix"]
    assert receiver.event_ids() == before


def test_an_array_with_a_wrong_event_is_kept_in_no_part(receiver: Receiver) -> None:
    good, bad = an_event(), an_event(prospectId="x")
    answer = receiver.post([good, bad])
    assert answer.status == 422
    assert [told["index"] for told in answer.document["events"]] == [1]
    assert good["eventId"] not in receiver.event_ids()
    assert receiver.post([good]).status == 202


def test_only_posts_are_taken(receiver: Receiver) -> None:
    for path in (PATH, "/webhooks/pardot/nobody", "/webhooks/x"):
        answer = receiver.get(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_health_and_readiness(receiver: Receiver) -> None:
    assert receiver.get("/healthz").status_code == 200
    assert receiver.get("/readyz").status_code == 200
    assert receiver.get("/elsewhere").status_code == 404


def test_metrics_count_requests_and_events(receiver: Receiver) -> None:
    def value(line: str) -> float:
        for found in receiver.get("/metrics").text.splitlines():
            if found.startswith(line):
                return float(found.rpartition(" ")[2])
        return 0.0

    taken = 'pardot_odoo_webhook_requests_total{outcome="accepted",source="salesforce"}'
    new = 'pardot_odoo_webhook_events_total{known="no",source="salesforce",type="list_joined"}'
    known = 'pardot_odoo_webhook_events_total{known="yes",source="salesforce",type="list_joined"}'
    forged = 'pardot_odoo_webhook_requests_total{outcome="signature",source="salesforce"}'
    before = [value(line) for line in (taken, new, known, forged)]
    event = an_event(eventType="list_joined")
    receiver.post(event)
    receiver.post(event)
    receiver.post_as(b"{}", {"webhook-id": "x"})
    after = [value(line) for line in (taken, new, known, forged)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 1, 1, 1]
    assert value("pardot_odoo_webhook_group_events_count") > 0
    assert value("pardot_odoo_webhook_group_seconds_count") > 0
    assert value("pardot_odoo_webhook_request_seconds_count") > 0


def test_metrics_are_not_for_who_comes_through_a_proxy(receiver: Receiver) -> None:
    answer = receiver.get("/metrics", **{"x-forwarded-for": "203.0.113.9"})
    assert answer.status_code == 404
    assert "salesforce" not in answer.text


def test_strangers_and_unknown_types_share_one_label(receiver: Receiver) -> None:
    for number in range(3):
        receiver.post_as(b"{}", {}, path=f"/webhooks/pardot/stranger-{number}")
        receiver.post(an_event(eventType=f"novelty-{number}"))
    page = receiver.get("/metrics").text
    assert "stranger" not in page
    assert "novelty" not in page
    assert 'type="other"' in page


def test_the_answer_tells_nothing_about_the_server(receiver: Receiver) -> None:
    answer = receiver.post(an_event())
    assert set(answer.headers) == {"content-type", "content-length"}


def test_base64_without_padding_is_no_signature_of_ours(receiver: Receiver) -> None:
    body = json.dumps(an_event()).encode()
    headers = receiver.signed(body)
    raw = base64.b64decode(headers["webhook-signature"].partition(",")[2])
    headers["webhook-signature"] = "v1," + base64.b64encode(raw[:-1]).decode()
    assert receiver.post_as(body, headers).status == 401
