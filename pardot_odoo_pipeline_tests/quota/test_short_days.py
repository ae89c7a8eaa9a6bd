"""A day's calls run short while people go on working: what is urgent goes on, nothing is lost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store import quota as store
from pardot_odoo_pipeline.operations.budget import account_day
from pardot_odoo_pipeline.operations.quota import SYSTEM
from pardot_odoo_pipeline_tests.outages.operation import INTERVAL, Operation, end_state
from pardot_odoo_pipeline_tests.world import PEOPLE_ONLY

PEOPLE = 30
ZONE = "America/New_York"
RULES = f"{PEOPLE_ONLY}account_time_zone: {ZONE}\n"


class Twins(NamedTuple):
    """The same people twice; only one of the two is ever short of calls."""

    short: Operation
    calm: Operation

    def edit_in_pardot(self, who: str, **values: object) -> None:
        for one in self:
            one.world.edit(who, **values)

    def edit_in_odoo(self, who: str, **values: object) -> None:
        for one in self:
            [lead] = one.world.of_prospect("crm.lead", who, "partner_id")
            one.world.client.write("res.partner", [lead["partner_id"][0]], values)

    def block_in_odoo(self, who: str) -> None:
        for one in self:
            [contact] = one.world.of_prospect("res.partner", who, "email")
            one.world.client.create("mail.blacklist", [{"email": contact["email"]}])

    def pass_time(self, minutes: float, *, step: float = INTERVAL) -> None:
        for one in self:
            one.pass_time(minutes, step=step)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    with ExitStack() as stack:
        both = Twins(
            *(
                stack.enter_context(Operation.running(tmp_path_factory.mktemp(name), PEOPLE))
                for name in ("short", "calm")
            )
        )
        for one in both:
            rules(one, "")
        yield both


def rules(operation: Operation, text: str) -> None:
    path = operation.world.home / "own_rules.yaml"
    path.write_text(RULES + text)
    operation.env["PIPELINE_CONFIG"] = str(path)


def now(operation: Operation) -> datetime:
    shown = operation.world.pardot.control("GET", "/clock")["now"]
    return datetime.fromisoformat(shown)


def spent(operation: Operation) -> int:
    with operation.ledger.read() as connection:
        today = account_day(now(operation), ZONE).name
        return store.usage(connection, SYSTEM, today).spent


def in_pardot(operation: Operation, who: str) -> dict[str, Any]:
    row: dict[str, Any] = operation.world.pardot.control("GET", f"/objects/prospects/{who}")
    return row


def is_blocked(operation: Operation, who: str) -> bool:
    [contact] = operation.world.of_prospect("res.partner", who, "is_blacklisted")
    return bool(contact["is_blacklisted"])


def kinds(operation: Operation) -> list[str]:
    with operation.ledger.read() as connection:
        return [str(batch.key.kind) for batch in batches.recent(connection, 1000)]


def test_opt_outs_go_on_while_intervals_wait_for_the_next_day(twins: Twins) -> None:
    short, world = twins.short, twins.short.world
    rows = twins.calm.world.client.search_read(
        "crm.lead",
        [("x_pardot_prospect_id", "!=", False), ("is_blacklisted", "=", False)],
        ["x_pardot_prospect_id"],
    )
    edited, moved, blocked, opted_out, *_ = sorted(row["x_pardot_prospect_id"] for row in rows)
    twins.pass_time(INTERVAL)
    assert spent(short) == spent(twins.calm)

    # The interval lane has three calls left of a day of which half is kept for opt-outs.
    limit = math.ceil((spent(short) + 3) / 0.45)
    rules(short, f"quota: {{daily_calls: {limit}, our_share: 1.0, reserve: 0.5}}\n")
    world.pardot.control("PATCH", "/switches", {"daily_maximum": limit})
    world.pardot.control("PUT", "/quota", {"used": spent(short)})
    world.pardot.forget()

    twins.edit_in_pardot(edited, jobTitle="Head of Engines")
    twins.edit_in_odoo(moved, city="Laterton")
    twins.pass_time(2 * INTERVAL)
    [circuit] = short.circuits()
    assert (circuit.system, circuit.lane, circuit.code) == ("pardot", "interval", "lane_spent")
    resets_at = account_day(now(short), ZONE).resets_at
    assert resets_at <= circuit.until <= resets_at + timedelta(minutes=1)
    [incident] = short.open_incidents()
    assert incident.cause_key == "pardot:lane:interval"

    twins.block_in_odoo(blocked)
    twins.edit_in_pardot(opted_out, optedOut=True)
    twins.pass_time(2 * INTERVAL)
    assert in_pardot(short, blocked)["optedOut"] is True
    assert is_blocked(short, opted_out)
    assert in_pardot(short, moved)["city"] != "Laterton"
    assert in_pardot(twins.calm, moved)["city"] == "Laterton"
    assert kinds(short)[0] == BatchKind.CONSENT
    quiet = spent(short)
    twins.pass_time(2 * INTERVAL)
    assert spent(short) - quiet <= 2 * 2, "what was told is told once"

    # The server never had to refuse, and it counted what we counted.
    counted = world.pardot.control("GET", "/quota")
    assert counted["used"] == spent(short) <= limit
    assert counted["most_in_flight"] <= 5
    assert not [entry for entry in world.pardot.asked if entry["status"] == 429]

    # The next day everything goes on by itself.
    night = 15 * math.ceil((resets_at - now(short)).total_seconds() / 900)
    twins.pass_time(night, step=night)
    twins.pass_time(4 * INTERVAL)
    assert short.circuits() == short.open_incidents() == []
    assert short.unfinished() == []
    assert short.faults() == []
    assert end_state(short.world) == end_state(twins.calm.world)
    assert in_pardot(short, moved)["city"] == "Laterton"
