"""Credentials: their age by a fingerprint alone, warnings in time, and what replaces them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey, load_lookup_key
from pardot_odoo_pipeline.ledger.store import credentials as store
from pardot_odoo_pipeline.ledger.store import incidents
from pardot_odoo_pipeline.ledger.store.credentials import Credential
from pardot_odoo_pipeline.mapping.quota_rules import CredentialRules
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.operations import credentials
from pardot_odoo_pipeline.settings import Settings

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
RULES = CredentialRules()
SYSTEMS = {
    "PARDOT_API_URL": "https://pi.pardot.com",
    "PARDOT_TOKEN_URL": "https://login.salesforce.com/services/oauth2/token",
    "PARDOT_CLIENT_ID": "client",
    "PARDOT_CLIENT_SECRET": "canary-client-secret",
    "PARDOT_REFRESH_TOKEN": "canary-refresh-token",
    "PARDOT_BUSINESS_UNIT_ID": "0Uv000000000001AAA",
    "ODOO_URL": "https://odoo.example.com",
    "ODOO_DATABASE": "crm",
    "ODOO_USERNAME": "pipeline",
    "ODOO_API_KEY": "canary-api-key",
    "WEBHOOK_SECRET_ODOO": "c4n4ry-0f-a-source_which.is-long-enough",
}


class Installation:
    """An installation whose environment and clock a test holds."""

    def __init__(self, home: Path, ledger: Ledger) -> None:
        self.ledger = ledger
        self.key: LookupKey = load_lookup_key(home)
        self.env = {**SYSTEMS, "PIPELINE_HOME": str(home)}

    def look(self, now: datetime) -> list[str]:
        """What the daily look does, without asking Odoo; the causes that it warns of."""
        rules = default_rules()
        with mock.patch.dict("os.environ", self.env, clear=True):
            settings = Settings(_env_file=None)
            credentials.note(self.ledger, settings, rules, self.key, now)
        with self.ledger.write() as connection:
            found = credentials.warn(connection, rules.credentials, now)
        return sorted(one.cause_key for one in found)

    def listed(self) -> list[Credential]:
        with self.ledger.read() as connection:
            return store.listed(connection)

    def open(self) -> dict[str, dict]:
        with self.ledger.read() as connection:
            return {i.cause_key: i.detail for i in incidents.open_incidents(connection)}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        yield Installation(tmp_path, ledger)


def test_each_is_known_since_it_was_seen_first(installation: Installation) -> None:
    installation.look(START)
    installation.look(START + timedelta(days=40))
    known = {one.name: one for one in installation.listed()}
    assert sorted(known) == [
        "odoo_api_key",
        "pardot_client_secret",
        "pardot_refresh_token",
        "webhook_odoo",
    ]
    assert {one.first_seen_at for one in known.values()} == {START}
    assert {one.last_seen_at for one in known.values()} == {START + timedelta(days=40)}


def test_no_secret_is_kept(installation: Installation, tmp_path: Path) -> None:
    installation.look(START)
    installation.look(START + timedelta(days=100))
    kept = repr(installation.listed()) + repr(installation.open())
    kept += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.glob("ledger*"))
    assert [secret for secret in SYSTEMS.values() if "canary" in secret and secret in kept] == []
    assert SYSTEMS["WEBHOOK_SECRET_ODOO"] not in kept


def test_an_old_one_is_told_two_weeks_ahead_and_recovers_when_replaced(
    installation: Installation,
) -> None:
    installation.look(START)
    assert installation.look(START + timedelta(days=75)) == []
    late = START + timedelta(days=76)
    assert installation.look(late) == [
        "credentials:age:odoo_api_key",
        "credentials:age:pardot_client_secret",
        "credentials:age:pardot_refresh_token",
        "credentials:age:webhook_odoo",
    ]
    told = installation.open()["credentials:age:pardot_client_secret"]
    assert told["title"] == "The pardot client secret is in use for 76 days"
    assert told["severity"] == "warning"
    assert told["until"] == (START + timedelta(days=90)).isoformat()
    assert "PARDOT_CLIENT_SECRET" in told["fix"]

    installation.env["PARDOT_CLIENT_SECRET"] = "another one"
    # While a secret is replaced at its sender both are taken, and the old one is still old.
    old, new = SYSTEMS["WEBHOOK_SECRET_ODOO"], "n3w-" + SYSTEMS["WEBHOOK_SECRET_ODOO"]
    installation.env["WEBHOOK_SECRET_ODOO"] = f"{new},{old}"
    left = installation.look(late + timedelta(hours=2))
    assert "credentials:age:pardot_client_secret" not in left
    assert "credentials:age:webhook_odoo" in left
    installation.env["WEBHOOK_SECRET_ODOO"] = new
    left = installation.look(late + timedelta(hours=4))
    assert left == ["credentials:age:odoo_api_key", "credentials:age:pardot_refresh_token"]
    assert sorted(installation.open()) == left


def test_an_end_that_odoo_tells_goes_before_the_age() -> None:
    def warned(days_left: float, age: int = 80) -> tuple[str, bool] | None:
        now = START + timedelta(days=age)
        ends = now + timedelta(days=days_left)
        one = Credential("odoo_api_key", "f", START, now, ends)
        warning = credentials.warning_of(one, RULES, now)
        return None if warning is None else (warning.title, warning.is_serious)

    assert warned(10) == ("The odoo api key ends in 10 days", False)
    assert warned(2) == ("The odoo api key ends in 2 days", True)
    assert warned(-1) == ("The odoo api key has ended", True)
    assert warned(15) == ("The odoo api key is in use for 80 days", False)
    assert warned(15, age=10) is None
