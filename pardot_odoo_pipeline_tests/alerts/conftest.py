"""What the tests of alerts share: a clock that they move, a ledger, a mail server, a webhook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.mapping.alert_rules import AlertRules
from pardot_odoo_pipeline.operations.channels import channels_of
from pardot_odoo_pipeline.operations.notice_texts import Pages
from pardot_odoo_pipeline.operations.notices import Delivery, deliver
from pardot_odoo_pipeline_tests.alerts.receivers import Hook, Mailbox

START = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)


class HandClock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def pass_minutes(self, minutes: float) -> datetime:
        self.moment += timedelta(minutes=minutes)
        return self.moment


class Desk:
    """Tells people of what is in a ledger, as the sensor does."""

    def __init__(self, ledger: Ledger, clock: HandClock, urls: str, rules: AlertRules) -> None:
        self.ledger, self.clock, self.rules = ledger, clock, rules
        self.urls = urls

    def tell(self) -> Delivery:
        channels = channels_of(SecretStr(self.urls), LookupKey(b"k" * 32))
        return deliver(
            self.ledger, channels, self.rules, clock=self.clock, pages=Pages("http://pages.example")
        )


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox.open() as mailbox:
        yield mailbox


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook.open() as hook:
        yield hook


@pytest.fixture
def desk(ledger: Ledger, clock: HandClock, mailbox: Mailbox) -> Desk:
    return Desk(ledger, clock, mailbox.url, AlertRules.model_validate({}))
