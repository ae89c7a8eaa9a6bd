"""Consent decided, written into an Odoo as a plain salesperson's user, and read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent import Blacklist
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.steps.consent import (
    Consent,
    ConsentPlan,
    apply_blocks,
    consent_fields,
)
from pardot_odoo_pipeline.steps.consent_changes import blocks_changed
from pardot_odoo_pipeline_tests.contract.support import address, lead, partner
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo

NO = dict.fromkeys(consent_fields()["pardot"], "false")
OUT = {**NO, "optedOut": "true"}


@dataclass
class Desk:
    """The ports that consent needs, and one person on both sides."""

    odoo: OdooClient
    ledger: Ledger
    blacklist: Blacklist
    lookup_key: LookupKey = field(default_factory=lambda: LookupKey(b"k" * 32))
    rules: Rules = field(default_factory=lambda: load_rules(None))
    mail: str = field(default_factory=address)

    def sync(self, raw: dict[str, str]) -> ConsentPlan:
        """Read, decide, remember, write, remember: as a batch does it."""
        with self.ledger.read() as connection:
            [link] = links.by_email_hashes(connection, [self.hash])[self.hash]
        rows = [self._read(model) for model in (LEAD, PARTNER)]
        person = {"prospect_id": "1", "email_key": self.mail}
        plan = Consent.of(self).decide(raw, person, *rows, link.consent)  # type: ignore[arg-type]
        self._remember(plan.memory)
        for model, changes in ((LEAD, plan.lead), (PARTNER, plan.partner)):
            if changes:
                self.odoo.write(model, self._ids(model), changes)
        if plan.block is not None:
            done = apply_blocks(self, {self.mail: plan.block}, {self.mail: plan.cause})  # type: ignore[arg-type]
            assert done == {self.mail}
        self._remember(plan.settled)
        return plan

    @property
    def hash(self) -> str:
        return self.lookup_key.hash(self.mail)

    def begin(self) -> None:
        with self.ledger.write() as connection:
            links.upsert(
                connection,
                [Link("1", email_hash=self.hash)],
                batch_key="manual-20260101T000000Z-0001",
                now=datetime.now(UTC),
            )

    def shown(self, name: str = "is_blacklisted") -> list[bool]:
        return [self._read(model)[name] for model in (LEAD, PARTNER)]

    def news(self, since: datetime) -> list[str]:
        until = datetime.now(UTC) + timedelta(seconds=5)
        return [who for _, who in blocks_changed(self, since, until)]  # type: ignore[arg-type]

    def _ids(self, model: str) -> list[int]:
        return self.odoo.search(model, [["x_pardot_email_key", "=", self.mail]])

    def _read(self, model: str) -> dict[str, Any]:
        return self.odoo.read(model, self._ids(model), consent_fields()[model])[0]

    def _remember(self, document: dict[str, Any]) -> None:
        with self.ledger.write() as connection:
            links.remember_consent(connection, {"1": document})


@pytest.fixture
def desk(provisioned: ProvisionedOdoo, admin: OdooClient, tmp_path: Path) -> Iterator[Desk]:
    sales = provisioned.sales.client()
    with open_ledger(str(tmp_path / "ledger.sqlite")) as ledger:
        desk = Desk(sales, ledger, Blacklist.of(sales))
        lead(admin, email_from=desk.mail)
        partner(admin, email=desk.mail)
        desk.begin()
        yield desk


def toggle(admin: OdooClient, mail: str) -> None:
    """What somebody does in Odoo's list of blacklisted addresses."""
    found = admin.search("mail.blacklist", [["email", "=", mail]])
    if found:
        admin.write("mail.blacklist", found, {"active": False})
        return
    asleep = admin.search("mail.blacklist", [["email", "=", mail], ["active", "=", False]])
    if asleep:
        admin.write("mail.blacklist", asleep, {"active": True})
    else:
        admin.create("mail.blacklist", [{"email": mail}])


def test_an_opt_out_and_its_withdrawal(desk: Desk) -> None:
    desk.sync(OUT)
    assert desk.shown() == [True, True]
    assert desk.shown("x_pardot_opted_out") == [True, True]
    quiet = desk.sync(OUT)
    assert (quiet.block, quiet.lead, quiet.partner, quiet.pardot) == (None, {}, {}, {})
    desk.sync(NO)
    assert desk.shown() == [False, False]
    assert desk.shown("x_pardot_opted_out") == [False, False]


def test_a_block_removed_in_odoo_is_noticed_and_put_back(desk: Desk, admin: OdooClient) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    desk.sync(OUT)
    assert desk.news(since) == [], "our own block is no news"
    toggle(admin, desk.mail)
    assert desk.shown() == [False, False]
    assert desk.news(since) == ["1"]
    plan = desk.sync(OUT)
    assert [loser.rule for loser in plan.losers] == ["consent:set_in_pardot"]
    assert desk.shown() == [True, True]
    assert desk.news(since) == []


def test_a_block_made_in_odoo_is_noticed_and_only_odoo_lifts_it(
    desk: Desk, admin: OdooClient
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    desk.sync(NO)
    toggle(admin, desk.mail)
    assert desk.news(since) == ["1"]
    assert desk.sync(NO).pardot == {"optedOut": True}
    withdrawn = desk.sync(NO)
    assert withdrawn.pardot == {"optedOut": True}
    assert [loser.winner for loser in withdrawn.losers] == ["odoo"]
    assert desk.shown() == [True, True]
    toggle(admin, desk.mail)
    assert desk.sync(OUT).pardot == {"optedOut": False}
    assert desk.shown() == [False, False]


def test_a_block_of_somebody_else_survives_a_lift(desk: Desk, admin: OdooClient) -> None:
    """A crash left us thinking that the block is ours; meanwhile a person made it theirs."""
    desk.sync(OUT)
    toggle(admin, desk.mail)
    toggle(admin, desk.mail)
    desk.sync(NO)
    assert desk.shown() == [True, True]
    assert desk.sync(NO).pardot == {"optedOut": True}, "and Pardot hears of it"
