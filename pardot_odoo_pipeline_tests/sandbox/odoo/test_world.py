"""The control port: time, faults, the log of requests."""

from __future__ import annotations

import pytest
import requests

from pardot_odoo_pipeline_tests.sandbox.odoo.conftest import Wire


def test_record_times_follow_the_worlds_clock(wire: Wire) -> None:
    wire.control("PUT", "/clock", {"frozen": True})
    wire.control("PUT", "/clock", {"now": "2031-05-06T07:08:09.654321+00:00"})
    made = wire.call("crm.lead", "create", {"name": "later"})
    row = wire.call("crm.lead", "read", [made], ["create_date", "write_date"])[0]
    assert row["create_date"] == row["write_date"] == "2031-05-06 07:08:09", "cut, not rounded"
    wire.control("PUT", "/clock", {"advance_seconds": 60})
    wire.call("crm.lead", "write", [made], {"name": "later"})
    row = wire.call("crm.lead", "read", [made], ["write_date"])[0]
    assert row["write_date"] == "2031-05-06 07:09:09", "a write of the same value moves it"
    wire.control("PUT", "/clock", {"frozen": False})


def test_an_answer_can_be_lost_after_the_work_was_done(wire: Wire) -> None:
    action = {"reset": True, "after": True}
    wire.control("POST", "/faults", {"match": {"path": "/jsonrpc"}, "times": 1, "action": action})
    with pytest.raises(requests.ConnectionError):
        wire.call("crm.lead", "create", {"name": "in doubt"})
    assert wire.call("crm.lead", "search_count", [("name", "=", "in doubt")]) == 1


def test_requests_are_logged(wire: Wire) -> None:
    wire.control("DELETE", "/requests")
    wire.call("crm.stage", "search_read", [], ["name"])
    entry = wire.control("GET", "/requests")["requests"][-1]
    assert (entry["path"], entry["status"], entry["rows"]) == ("/jsonrpc", 200, 4)
