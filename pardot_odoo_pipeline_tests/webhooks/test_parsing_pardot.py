from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.pushed_events import HOT, EventType, PushedEvent, System
from pardot_odoo_pipeline.webhooks.bodies import read_items
from pardot_odoo_pipeline.webhooks.payloads import Reading, Receipt, read_events
from pardot_odoo_pipeline.webhooks.refusals import Refused

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
READING = Reading("Europe/Berlin", frozenset({"form_submitted"}), 100, lambda key: f"hash of {key}")
FORM = "application/x-www-form-urlencoded"


def read(document: Any, **receipt: Any) -> list[PushedEvent]:
    items, is_array = read_items(orjson.dumps(document), "application/json", 500)
    return read_events(items, is_array, _receipt(**receipt), READING)


def one(**item: Any) -> PushedEvent:
    [event] = read({"eventType": "page_viewed", "prospectId": 5, **item})
    return event


def refusal(document: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        read(document)
    return caught.value


def _receipt(**values: Any) -> Receipt:
    return Receipt(**{"source": "flow", "system": System.PARDOT, "received_at": NOW, **values})


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _pascal(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))


STYLES = {
    "snake": str,
    "camel": _camel,
    "pascal": _pascal,
    "kebab": lambda name: name.replace("_", "-"),
    "label": lambda name: name.replace("_", " ").title(),
}

FIELDS = st.fixed_dictionaries(
    {
        "event_type": st.sampled_from([kind.value for kind in EventType if kind != "test"]),
        "prospect_id": st.integers(1, 2**31),
    },
    optional={
        "event_id": st.text("abcdef0123456789-", min_size=1, max_size=40),
        "score": st.integers(-1000, 1000),
        "occurred_at": st.integers(0, 10**8).map(
            lambda seconds: (NOW - timedelta(seconds=seconds)).isoformat()
        ),
        "form_id": st.integers(1, 10**9),
        "form_handler_id": st.integers(1, 10**9),
        "list_id": st.integers(1, 10**9),
        "list_name": st.text("abc xyz", min_size=1, max_size=20),
        "email": st.just("jane@example.com"),
    },
)


@given(FIELDS, st.sampled_from(sorted(STYLES)))
def test_every_style_of_writing_says_the_same(fields: dict[str, Any], style: str) -> None:
    plain = read(fields, message_id="m")
    styled = read({STYLES[style](name): value for name, value in fields.items()}, message_id="m")
    assert styled == plain


@given(FIELDS, st.sampled_from(sorted(STYLES)))
def test_a_form_says_what_json_says(fields: dict[str, Any], style: str) -> None:
    body = urlencode({STYLES[style](name): value for name, value in fields.items()}).encode()
    items, is_array = read_items(body, FORM, 500)
    [said] = read_events(items, is_array, _receipt(message_id="m"), READING)
    [expected] = read(fields, message_id="m")
    # Of an asset's id only the digits are known to a form.
    texts = {k: str(v) if k.endswith("_id") else v for k, v in expected.payload.items()}
    assert (said.type, said.prospect_id, said.event_id, said.occurred_at, dict(said.payload)) == (
        expected.type,
        expected.prospect_id,
        expected.event_id,
        expected.occurred_at,
        texts,
    )


@given(st.lists(FIELDS, min_size=1, max_size=5))
def test_an_array_and_a_list_of_events_are_the_same(items: list[dict[str, Any]]) -> None:
    assert read(items, message_id="m") == read({"events": items}, message_id="m")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["eventType", "prospectId", "email", "score", "occurredAt", "id", "x"])
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from(System))
def test_whatever_is_sent_is_an_event_that_fits_the_inbox_or_a_refusal(
    document: Any, system: System
) -> None:
    try:
        events = read(document, system=system)
    except Refused:
        return
    for event in events:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_.\-]{0,63}", event.type)
        assert 1 <= len(event.event_id) <= 128
        assert event.event_id.isascii()
        assert event.event_id.isprintable()
        assert event.occurred_at is None or event.occurred_at <= NOW
        assert event.type == "test" or any(
            (event.prospect_id, event.email_hash, event.lead_id, event.partner_id)
        )


@given(st.binary(max_size=200), st.sampled_from([FORM, "application/json"]))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    try:
        items, is_array = read_items(body, content_type, 500)
        read_events(items, is_array, _receipt(), READING)
    except Refused:
        return


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Form Submitted", "form_submitted"),
        ("FormSubmission", "form_submitted"),
        ("form-handler-submitted", "form_handler_submitted"),
        ("EMAIL_OPENED", "email_opened"),
        ("click", "email_clicked"),
        ("Hard Bounce", "email_bounced"),
        ("optedOut", "unsubscribed"),
        ("list_added", "list_joined"),
        ("RemovedFromList", "list_left"),
        ("score changed", "score_changed"),
        ("NewProspect", "prospect_created"),
        ("prospect.updated", "prospect_updated"),
        ("WebinarAttended", "webinar_attended"),
        ("Webinar attended!", "webinar_attended"),
        ("Formular übermittelt", "formular_ubermittelt"),
        ("x" * 200, "x" * 64),
    ],
)
def test_types_are_understood_or_kept(word: str, kind: str) -> None:
    assert one(eventType=word).type == kind


@pytest.mark.parametrize("word", ["表单", "!!!", "jane@example.com", 5, ["form"], {}])
def test_what_is_no_type_is_refused(word: Any) -> None:
    assert refusal({"eventType": word, "prospectId": 5}).status == 422


@pytest.mark.parametrize("value", [5, "5", " 5 ", "005", 5.0])
def test_a_prospect_has_one_id_however_it_is_written(value: Any) -> None:
    assert one(prospectId=value).prospect_id == "5"


@pytest.mark.parametrize(
    "value", ["{{Recipient.Id}}", "5x", 0, "0", -5, True, 5.5, [5], "٥", "9" * 19, "1e3"]
)
def test_what_is_no_id_is_refused(value: Any) -> None:
    refused = refusal({"eventType": "x", "prospectId": value})
    assert refused.status == 422
    assert "prospectId" in refused.cause
    assert str(value) not in str(refused)


def test_an_address_serves_where_no_id_is_given() -> None:
    [event] = read({"eventType": "x", "email": " Jane@Example.com "})
    assert (event.email_hash, event.payload["email"]) == (
        "hash of jane@example.com",
        "jane@example.com",
    )


def test_an_address_is_not_kept_where_the_id_is_given() -> None:
    event = one(email="jane@example.com", firstName="Jane", comments="secret")
    assert event.email_hash is None
    assert event.payload == {}


@pytest.mark.parametrize("address", ["jane", "jane@", "a b@c.de", 5, "x" * 400 + "@example.com"])
def test_what_is_no_address_is_refused_without_being_shown(address: Any) -> None:
    refused = refusal({"eventType": "x", "email": address})
    assert refused.status == 422
    assert str(address) not in str(refused.document())


@pytest.mark.parametrize("nobody", [{}, {"prospectId": None}, {"prospectId": "", "email": ""}])
def test_who_names_nobody_is_refused(nobody: dict[str, Any]) -> None:
    assert "nobody" in refusal({"eventType": "form_submitted", **nobody}).cause


def test_a_test_event_needs_nobody() -> None:
    [event] = read({"eventType": "test", "eventId": "t-1"})
    assert (event.type, event.event_id) == (EventType.TEST, "t-1")


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-03-02T08:59:00Z", datetime(2026, 3, 2, 8, 59, tzinfo=UTC)),
        ("2026-03-02T08:59:00.000+0000", datetime(2026, 3, 2, 8, 59, tzinfo=UTC)),
        ("2026-03-02T03:59:00-05:00", datetime(2026, 3, 2, 8, 59, tzinfo=UTC)),
        ("2026-03-02 09:59:00", datetime(2026, 3, 2, 8, 59, tzinfo=UTC)),  # Berlin
        (1772441940, datetime(2026, 3, 2, 8, 59, tzinfo=UTC)),
        ("1772441940", datetime(2026, 3, 2, 8, 59, tzinfo=UTC)),
        (1772441940500, datetime(2026, 3, 2, 8, 59, 0, 500_000, tzinfo=UTC)),
        ("1772441940500", datetime(2026, 3, 2, 8, 59, 0, 500_000, tzinfo=UTC)),
        (1772441940.25, datetime(2026, 3, 2, 8, 59, 0, 250_000, tzinfo=UTC)),
        (None, None),
        ("", None),
    ],
)
def test_times_are_read_in_the_forms_that_senders_use(value: Any, moment: datetime | None) -> None:
    assert one(occurredAt=value).occurred_at == moment


@pytest.mark.parametrize(
    "value", ["yesterday", "03/02/2026 9:00 AM", "2026-03-02", 5, True, [1], "9" * 39, -1e300]
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    refused = refusal({"eventType": "x", "prospectId": 5, "occurredAt": value})
    assert refused.status == 422
    assert "occurredAt" in refused.cause


@given(st.timedeltas(timedelta(minutes=-20), timedelta(minutes=20)))
def test_the_future_is_cut_to_the_receipt_and_a_far_one_refused(ahead: timedelta) -> None:
    document = {"eventType": "x", "prospectId": 5, "occurredAt": (NOW + ahead).isoformat()}
    if ahead > timedelta(minutes=5):
        assert "future" in refusal(document).cause
    else:
        [event] = read(document)
        assert event.occurred_at == min(NOW, NOW + ahead)


def test_forms_and_high_scores_go_first() -> None:
    assert one(eventType="form submitted").priority == HOT
    assert one(score=100).priority == HOT
    assert one(score="100").priority == HOT
    assert one(score=99.5).priority == 0
    assert one().priority == 0


@pytest.mark.parametrize("score", ["high", "nan", "inf", True, [1], 1e300])
def test_what_is_no_score_is_refused(score: Any) -> None:
    assert "score" in refusal({"eventType": "x", "prospectId": 5, "score": score}).cause


def test_one_field_with_two_values_is_refused() -> None:
    refused = refusal({"eventType": "x", "prospectId": 5, "ProspectId": 6})
    assert refused.status == 422
    assert one(ProspectId=5).prospect_id == "5"


def test_of_several_names_the_closest_counts() -> None:
    event = one(id="a0X5", eventId="e-1", createdAt="2026-03-01T00:00:00Z", occurredAt=1772441940)
    assert event.event_id == "e-1"
    assert event.occurred_at == datetime(2026, 3, 2, 8, 59, tzinfo=UTC)


def test_what_all_events_of_a_record_share_makes_no_two_of_them_one() -> None:
    record = {"id": 5, "createdAt": "2020-01-01T00:00:00Z"}
    first, second = one(**record, score=1), one(**record, score=2)
    assert first.event_id != second.event_id
    assert first.occurred_at is None, "the record is old, its change is not"


def test_the_header_is_the_id_where_the_body_has_none() -> None:
    item = {"eventType": "x", "prospectId": 5}
    assert read(item, message_id="msg_1")[0].event_id == "msg_1"
    assert [e.event_id for e in read([item, item], message_id="msg_1")] == ["msg_1.0", "msg_1.1"]
    assert read({**item, "eventId": 7}, message_id="msg_1")[0].event_id == "7"


@given(FIELDS)
def test_a_repetition_has_the_same_id_and_another_event_another(fields: dict[str, Any]) -> None:
    del_id = {k: v for k, v in fields.items() if k != "event_id"}
    first = read(del_id)[0].event_id
    again = read(dict(reversed(del_id.items())), received_at=NOW + timedelta(seconds=30))
    assert again[0].event_id == first
    assert read(del_id, source="other")[0].event_id != first
    assert read({**del_id, "prospect_id": del_id["prospect_id"] + 1})[0].event_id != first
    later = read(del_id, received_at=NOW + timedelta(minutes=5))[0].event_id
    assert (later == first) is ("occurred_at" in del_id)


@pytest.mark.parametrize("given_id", ["x" * 500, "a\0b", "naïve", "line\nbreak"])
def test_ids_that_the_ledger_cannot_hold_are_hashed(given_id: str) -> None:
    event_id = one(eventId=given_id).event_id
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", event_id)
    assert one(eventId=given_id).event_id == event_id
    assert one(eventId=given_id + "x").event_id != event_id


def test_an_array_with_wrong_events_names_them_and_keeps_nothing() -> None:
    good = {"eventType": "x", "prospectId": 5}
    refused = refusal([good, 7, good, {"eventType": "x"}])
    assert refused.status == 422
    assert [told["index"] for told in refused.document()["events"]] == [1, 3]


def test_the_names_of_assets_are_kept_and_cut() -> None:
    event = one(formId="77", listName="x" * 300, formHandlerName={"a": 1})
    assert event.payload == {"form_id": "77", "list_name": "x" * 255}
