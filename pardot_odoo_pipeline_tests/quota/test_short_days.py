"""A day's calls run short: what is urgent goes on, the rest waits, nothing is lost.

All worlds have the same people: one that was synced undisturbed, and copies of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store import quota as store
from pardot_odoo_pipeline.operations.budget import account_day
from pardot_odoo_pipeline.operations.quota import SYSTEM
from pardot_odoo_pipeline_tests.outages.operation import INTERVAL, Operation, end_state
from pardot_odoo_pipeline_tests.world import PEOPLE_ONLY, World, api_calls, refused

PEOPLE = 14
ZONE = "America/New_York"
RULES = f"{PEOPLE_ONLY}account_time_zone: {ZONE}\nbatch_size: 7\n"


class Calm(NamedTuple):
    """A world whose initial sync had all the calls that it wanted.

    Attributes:
        home: Where it lay down.
        needed: The calls that it made.
        state: What both systems show.
    """

    home: Path
    needed: int
    state: dict[str, Any]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    home = tmp_path_factory.mktemp("calm")
    with World.running(home, PEOPLE) as world:
        assert world.run("provision").code == 0
        world.sync("--initial", **rules(world))
        return Calm(home, len(api_calls(world.pardot)), end_state(world))


def rules(world: World, text: str = "") -> dict[str, str]:
    """An environment with these rules; each text has a file of its own, as files are read once."""
    number = len(list(world.home.glob("own_rules_*.yaml")))
    path = world.home / f"own_rules_{number}.yaml"
    path.write_text(RULES + text)
    return {"PIPELINE_CONFIG": str(path)}


def now(world: World) -> datetime:
    return datetime.fromisoformat(world.pardot.control("GET", "/clock")["now"])


def quota_of(world: World, env: dict[str, str]) -> dict[str, Any]:
    done = world.run("status", "--json", env=env)
    assert done.code == 0, done.stderr
    found: dict[str, Any] = done.report["quota"]
    return found


def test_an_initial_sync_that_a_day_does_not_suffice_for(calm: Calm, tmp_path: Path) -> None:
    """It is said before, pauses in mid-run, and ends as if undisturbed."""
    with World.running(tmp_path, PEOPLE) as world:
        assert world.run("provision").code == 0
        before = world.run("sync", "--initial", env=rules(world, "quota: {daily_calls: 10}\n"))
        refused(before, "calls to Pardot", "--yes", code=2)
        assert api_calls(world.pardot) == []
        assert world.status()["batches"] == []

        # A day has just enough of them, but other programs were at it and left three.
        limit = math.ceil((calm.needed + 3) / 0.6)
        env = rules(world, f"quota: {{daily_calls: {limit}, our_share: 1.0, reserve: 0}}\n")
        world.pardot.control("PATCH", "/switches", {"daily_maximum": limit})
        world.pardot.control("PUT", "/quota", {"used": calm.needed})
        refused(world.run("sync", "--initial", "--yes", env=env), "other programs", code=1)
        quota = quota_of(world, env)
        assert quota["lanes"]["initial"]["left"] == 0
        assert quota["used_by_others"] == calm.needed
        assert world.pardot.control("GET", "/quota")["used"] == calm.needed + 3

        left = account_day(now(world), ZONE).resets_at - now(world)
        world.advance(math.ceil(left.total_seconds()) + 120)
        world.sync("--initial", **env)
        assert world.pardot.control("GET", "/quota")["used"] == quota_of(world, env)["used"]
        assert not [entry for entry in world.pardot.asked if entry["status"] == 429]
        assert world.pardot.control("GET", "/quota")["most_in_flight"] <= 5
        assert world.twins() == []
        assert end_state(world) == calm.state


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

    def pass_time(self, minutes: float, *, step: float = INTERVAL, intervals: bool = True) -> None:
        for one in self:
            one.pass_time(minutes, step=step, intervals=intervals)


@pytest.fixture
def twins(calm: Calm, tmp_path: Path) -> Iterator[Twins]:
    with ExitStack() as stack:
        both = []
        for name in ("short", "calm"):
            running = Operation.running(tmp_path / name, PEOPLE, like=calm.home)
            both.append(stack.enter_context(running))
            both[-1].env |= rules(both[-1].world)
        yield Twins(*both)


def of_which_half_is_kept(operation: Operation, interval: int) -> int:
    """A day of which half is kept for opt-outs, and that has this much left for intervals."""
    limit = math.ceil((spent(operation) + interval) / 0.45)
    if interval == 0:
        limit = math.floor(spent(operation) / 0.45)
    text = f"quota: {{daily_calls: {limit}, our_share: 1.0, reserve: 0.5}}\n"
    operation.env |= rules(operation.world, text)
    operation.world.pardot.control("PATCH", "/switches", {"daily_maximum": limit})
    operation.world.pardot.control("PUT", "/quota", {"used": spent(operation)})
    return limit


def spent(operation: Operation) -> int:
    with operation.ledger.read() as connection:
        today = account_day(now(operation.world), ZONE).name
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
    edited, moved, blocked, opted_out, stubborn, *_ = sorted(
        row["x_pardot_prospect_id"] for row in rows
    )
    twins.pass_time(INTERVAL)
    assert spent(short) == spent(twins.calm)

    # An opt-out that Pardot does not take at once is owed when the calls run short, and is not
    # looked for: nobody opens a batch of opt-outs yet.
    twins.block_in_odoo(stubborn)
    path = f"/api/v5/objects/prospects/{stubborn}"
    world.pardot.fault({"code": 80}, method="PATCH", path=path)
    twins.pass_time(INTERVAL)
    assert in_pardot(short, stubborn)["optedOut"] is False
    assert short.retries() == {"waiting": 1}
    of_which_half_is_kept(short, interval=0)
    twins.pass_time(6, step=6, intervals=False)
    assert in_pardot(short, stubborn)["optedOut"] is True
    assert short.retries() == {}
    assert kinds(short)[0] == BatchKind.CONSENT
    assert short.circuits() == short.open_incidents() == []

    limit = of_which_half_is_kept(short, interval=3)
    world.pardot.forget()

    twins.edit_in_pardot(edited, jobTitle="Head of Engines")
    twins.edit_in_odoo(moved, city="Laterton")
    twins.pass_time(2 * INTERVAL)
    [circuit] = short.circuits()
    assert (circuit.system, circuit.lane, circuit.code) == ("pardot", "interval", "lane_spent")
    resets_at = account_day(now(short.world), ZONE).resets_at
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
    night = 15 * math.ceil((resets_at - now(short.world)).total_seconds() / 900)
    twins.pass_time(night, step=night)
    twins.pass_time(4 * INTERVAL)
    assert short.circuits() == short.open_incidents() == []
    assert short.unfinished() == []
    assert short.faults() == []
    assert end_state(short.world) == end_state(twins.calm.world)
    assert in_pardot(short, moved)["city"] == "Laterton"
