"""Which address senders are given, and what is said of one that is not fit for real use."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.address import Address, receiver_address


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WEBHOOK_PUBLIC_URL", raising=False)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def running_as(pid: int) -> None:
    Path("webhooks.json").write_text(json.dumps({"pid": pid, "url": "http://127.0.0.1:8025"}))


@pytest.mark.parametrize(
    ("given", "is_fit"),
    [
        ("https://hooks.example.com/crm/", True),
        ("http://127.0.0.1:8025", True),
        ("http://[::1]:8025", True),
        ("http://localhost:8025", True),
        ("http://hooks.example.com", False),
        ("http://10.0.0.5", False),
    ],
)
def test_only_what_others_can_read_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, given: str, is_fit: bool
) -> None:
    monkeypatch.setenv("WEBHOOK_PUBLIC_URL", given)
    running_as(os.getpid())
    address = receiver_address(Settings())
    assert address.url == given.rstrip("/"), "what is set goes before what runs here"
    assert (address.warning == "") is is_fit


@pytest.mark.parametrize(
    "given",
    ["hooks.test", "https://", "https://h.test/?x=1", "https://h.test/#x", "https://u@h.test"],
)
def test_what_is_no_base_of_an_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("WEBHOOK_PUBLIC_URL", given)
    with pytest.raises(ConfigurationError) as caught:
        receiver_address(Settings())
    assert "h.test" not in str(caught.value)


def test_a_receiver_that_runs_here_is_found_with_a_warning() -> None:
    running_as(os.getpid())
    address = receiver_address(Settings())
    assert isinstance(address, Address)
    assert address.url == "http://127.0.0.1:8025"
    assert "this machine only" in address.warning


@pytest.mark.parametrize("state", ["", "{}", "[]", '{"pid": "x", "url": 1}'])
def test_a_state_file_that_says_nothing_counts_for_none(state: str) -> None:
    Path("webhooks.json").write_text(state)
    with pytest.raises(ConfigurationError, match="WEBHOOK_PUBLIC_URL is not set"):
        receiver_address(Settings())


def test_a_receiver_that_died_counts_for_none() -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    running_as(gone.pid)
    with pytest.raises(ConfigurationError) as caught:
        receiver_address(Settings())
    assert caught.value.code == "webhook_address"
