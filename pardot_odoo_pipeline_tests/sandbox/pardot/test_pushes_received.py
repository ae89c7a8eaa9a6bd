"""The sandbox's pushes and the project's receiver: whatever the one sends, the other keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.mapping.emails import is_valid_email
from pardot_odoo_pipeline_tests.sandbox.pardot.conftest import Sandbox
from pardot_odoo_pipeline_tests.webhooks.receiver_process import BEARER, PATH, Receiver
from pardot_odoo_pipeline_tests.world import wait_for

FLOW = "/webhooks/pardot/flow"


@pytest.fixture(scope="module")
def receiver(_living: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A receiver whose clock is the world's."""
    clock = {"PIPELINE_CLOCK_URL": f"{_living.control_url}/clock"}
    with Receiver.running(tmp_path_factory.mktemp("receiving") / "home", env=clock) as running:
        yield running


@pytest.fixture
def sending(living: Sandbox) -> Iterator[Sandbox]:
    yield living
    living.control("DELETE", "/life")
    living.control("DELETE", "/pushes")


def addresses(sending: Sandbox, pushes: list[dict[str, Any]]) -> list[str]:
    """The addresses of the prospects of some pushes, as the account has them."""
    found = {}
    for number in {push["prospect"] for push in pushes}:
        answer = sending.get(f"prospects/{number}", fields="email")
        assert answer.status_code == 200, answer.text
        found[number] = answer.json()["email"] or ""
    return [str(found[push["prospect"]]).strip() for push in pushes]


def everything_arrives(
    sending: Sandbox, receiver: Receiver, acts: int, *, by_address: bool = False
) -> None:
    sending.control("PUT", "/life", {"per_minute": 6000, "seed": acts})
    wait_for(lambda: sending.control("GET", "/life")["acts"] >= acts)
    sending.control("DELETE", "/life")
    wait_for(lambda: "waiting" not in sending.control("GET", "/pushes")["pushes"])
    pushed = sending.control("GET", "/pushes/log")["pushes"]
    sent = [push for push in pushed if push["state"] == "sent"]
    refused = [push for push in pushed if push["state"] != "sent"]
    assert {push["status"] for push in refused} <= ({422} if by_address else set())
    if by_address:
        # Who is named by an address alone and has none that is valid is nobody, and only they.
        assert not any(map(is_valid_email, addresses(sending, refused)))
        assert all(map(is_valid_email, addresses(sending, sent)))
    kept = {event["event_id"]: event for event in receiver.events()}
    assert len(sent) >= acts / 2
    for push in sent:
        event = kept[push["event"]]
        assert event["type"] == push["kind"]
        assert event["prospect_id"] in (str(push["prospect"]), None)
        assert event["occurred_at"] is not None


@pytest.mark.parametrize(
    "settings",
    [
        {"path": PATH, "signed": True},
        {"path": PATH, "signed": True, "style": "PascalCase", "duplicate": 2},
        {"path": PATH, "signed": True, "style": "form", "email": "yes"},
        {"path": FLOW, "bearer": BEARER, "email": "only"},
    ],
)
def test_every_style_and_proof(
    sending: Sandbox, receiver: Receiver, settings: dict[str, Any]
) -> None:
    wish = {k: v for k, v in settings.items() if k not in ("path", "signed")}
    wish |= {"url": receiver.url + settings["path"]}
    wish |= {"secret": receiver.secret} if settings.get("signed") else {}
    sending.control("PUT", "/pushes", wish)
    everything_arrives(sending, receiver, 25, by_address=settings.get("email") == "only")


def test_the_worlds_clock_was_moved(sending: Sandbox, receiver: Receiver) -> None:
    sending.advance(3 * 86_400)
    sending.control("PUT", "/pushes", {"url": receiver.url + PATH, "secret": receiver.secret})
    everything_arrives(sending, receiver, 5)


def test_a_receiver_that_was_killed_meanwhile(sending: Sandbox, tmp_path: Path) -> None:
    with Receiver.running(tmp_path / "home") as receiver:
        port = receiver.url.rpartition(":")[2]
        receiver.env["WEBHOOK_PORT"] = port
        wish = {"url": receiver.url + PATH, "secret": receiver.secret, "retry_seconds": 0.2}
        sending.control("PUT", "/pushes", wish)
        sending.control("PUT", "/life", {"per_minute": 3000, "seed": 9})
        wait_for(lambda: sending.control("GET", "/pushes")["pushes"].get("sent", 0) > 5)
        receiver.kill()
        log = sending.control("GET", "/pushes/log")["pushes"]
        wait_for(lambda: len(sending.control("GET", "/pushes/log")["pushes"]) > len(log) + 10)
        receiver.start()
        everything_arrives(sending, receiver, 5)
