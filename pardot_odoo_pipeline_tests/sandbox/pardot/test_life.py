"""An account in which something happens by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from pardot_odoo_pipeline_tests.push_receiver import push_receiver
from pardot_odoo_pipeline_tests.sandbox.pardot.conftest import Sandbox
from pardot_odoo_pipeline_tests.world import wait_for

BUSY = {"per_minute": 6000, "seed": 4}


def acts(sandbox: Sandbox) -> int:
    return int(sandbox.control("GET", "/life")["acts"])


def activities(sandbox: Sandbox, since: datetime) -> list[dict[str, Any]]:
    return sandbox.everything(
        "visitor-activities",
        fields="id,type,prospectId,createdAt",
        createdAtAfterOrEqualTo=since.isoformat(),
        limit=200,
    )


def test_people_act_by_themselves_and_it_is_pushed(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, size=60)
    begun = datetime.now(UTC).replace(microsecond=0)
    try:
        assert sandbox.control("GET", "/life") == {"settings": None, "acts": 0}
        with push_receiver() as receiver:
            sandbox.control("PUT", "/pushes", {"url": receiver.url})
            sandbox.control("PUT", "/life", BUSY)
            pushed = {push.json["eventType"] for push in receiver.wait_for(150)}
            sandbox.control("DELETE", "/life")
            sandbox.control("DELETE", "/pushes")
        assert {"form_submitted", "page_viewed", "email_opened", "score_changed"} <= pushed
        assert {"prospect_created", "prospect_updated"} <= pushed
        happened = activities(sandbox, begun)
        assert len({act["prospectId"] for act in happened}) > 10
        calls = len(sandbox.control("GET", "/requests")["requests"])
        assert activities(sandbox, begun) == happened, "and nothing more"
        assert calls < 10, "life makes no calls of the API"
    finally:
        sandbox.stop()


def test_the_same_seed_gives_the_same_life(tmp_path: Path) -> None:
    lives = []
    for home in ("one", "two"):
        sandbox = Sandbox(tmp_path / home, size=60)
        begun = datetime.now(UTC).replace(microsecond=0)
        try:
            sandbox.control("PUT", "/life", BUSY)
            wait_for(lambda sandbox=sandbox: acts(sandbox) >= 40)
            sandbox.control("DELETE", "/life")
            happened = sorted(activities(sandbox, begun), key=lambda act: act["id"])
            lives.append([(act["type"], act["prospectId"]) for act in happened])
        finally:
            sandbox.stop()
    shorter = min(map(len, lives))
    assert shorter > 15
    assert lives[0][:shorter] == lives[1][:shorter]


def test_a_past_that_nobody_pushes_once_and_for_all(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, size=60)
    slow = {"per_minute": 0.001, "past_days": 30}
    since = datetime.now(UTC) - timedelta(days=30)
    try:
        assert activities(sandbox, since) == []
        sandbox.control("PUT", "/pushes", {"url": "http://127.0.0.1:9/", "own_writes": True})
        sandbox.control("PUT", "/life", slow)
        past = activities(sandbox, since)
        assert len(past) == 120
        days = {act["createdAt"][:10] for act in past}
        assert len(days) > 20
        assert sandbox.control("GET", "/pushes")["pushes"] == {}
        newest = max(past, key=lambda act: act["id"])
        shown = sandbox.control("GET", f"/objects/prospects/{newest['prospectId']}")
        assert shown["lastActivityAt"] is not None
        sandbox.control("PUT", "/life", slow)
        assert len(activities(sandbox, since)) == 120
    finally:
        sandbox.stop()


def test_life_goes_on_after_a_restart(tmp_path: Path) -> None:
    first = Sandbox(tmp_path, size=60)
    first.control("PUT", "/life", BUSY)
    first.stop()
    second = Sandbox(tmp_path, size=60)
    try:
        assert second.control("GET", "/life")["settings"] == {**BUSY, "past_days": 0}
        wait_for(lambda: acts(second) > 0)
        second.control("DELETE", "/life")
    finally:
        second.stop()


@pytest.mark.parametrize(
    "wish", [{}, {"per_minute": 0}, {"per_minute": 1e9}, {"per_minute": 1, "speed": 2}, []]
)
def test_settings_that_make_no_sense_are_refused(living: Sandbox, wish: Any) -> None:
    assert requests.put(f"{living.control_url}/life", json=wish, timeout=10).status_code == 400
    assert living.control("GET", "/life")["settings"] is None
