from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pardot_odoo_pipeline.pushed_events import EventType, PushedEvent, System
from pardot_odoo_pipeline.webhooks.payloads import Receipt, read_events
from pardot_odoo_pipeline.webhooks.refusals import Refused
from pardot_odoo_pipeline_tests.webhooks.test_parsing_pardot import NOW, READING

PUSHED = {
    "_action": "Pardot: stage(#12)",
    "_id": 522,
    "_model": "crm.lead",
    "write_date": "2026-03-02 08:59:58.654321",
    "write_uid": 7,
    "name": "Jane's deal",
    "partner_id": False,
}


def pushed(**changes: Any) -> PushedEvent:
    receipt = Receipt("odoo", System.ODOO, NOW)
    [event] = read_events([{**PUSHED, **changes}], False, receipt, READING)
    return event


def refusal(**changes: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        pushed(**changes)
    return caught.value


def test_a_lead_is_named_with_the_time_of_its_change() -> None:
    event = pushed()
    assert (event.type, event.lead_id, event.partner_id) == (EventType.RECORD_CHANGED, 522, None)
    assert event.occurred_at == datetime(2026, 3, 2, 8, 59, 58, 654321, tzinfo=UTC)
    # Nothing but the version: what else came is the person's.
    assert event.payload == {"write_date": "2026-03-02 08:59:58.654321"}


def test_a_contact_is_named() -> None:
    event = pushed(_model="res.partner")
    assert (event.lead_id, event.partner_id) == (None, 522)


def test_two_rules_that_fire_for_one_write_are_one_event() -> None:
    assert pushed().event_id == pushed(_action="Pardot: owner(#13)").event_id
    assert pushed().event_id != pushed(write_date="2026-03-02 08:59:59.654321").event_id
    assert pushed().event_id != pushed(_id=523).event_id
    assert pushed().event_id != pushed(_model="res.partner").event_id


@pytest.mark.parametrize("absent", [False, None])
def test_without_a_time_the_body_and_the_minutes_tell_a_repetition(absent: Any) -> None:
    event = pushed(write_date=absent)
    assert event.occurred_at is None
    assert event.event_id == pushed(write_date=absent).event_id
    assert event.event_id != pushed(write_date=absent, name="another").event_id


@pytest.mark.parametrize("model", ["res.users", "", None, 5, ["crm.lead"]])
def test_other_records_are_refused(model: Any) -> None:
    assert refusal(_model=model).status == 422


@pytest.mark.parametrize("record", ["522", 0, -1, True, 5.5, None, 2**31, [1]])
def test_what_is_no_id_is_refused(record: Any) -> None:
    assert refusal(_id=record).status == 422


@pytest.mark.parametrize("value", ["soon", 5, "2026-03-02", "2027-01-01 00:00:00"])
def test_what_is_no_time_of_the_past_is_refused(value: Any) -> None:
    assert "write_date" in refusal(write_date=value).cause


def test_a_test_event_is_taken_as_one() -> None:
    receipt = Receipt("odoo", System.ODOO, NOW)
    item = {"eventType": "test", "eventId": "check-1"}
    [event] = read_events([item], False, receipt, READING)
    assert (event.type, event.event_id, event.system) == ("test", "check-1", System.ODOO)
