"""Four processes want the same things at once: nothing is lost, nothing is given twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

from pardot_odoo_pipeline.batches import BatchKind, IdsScope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, call_slots, claims, cursors, quota, sql
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.cursors import Position

PROCESSES = 4


class Rivals:
    """Processes that are ready before any of them begins."""

    def __init__(self, address: str, task: str, **arguments: object) -> None:
        command = [sys.executable, "-m", "pardot_odoo_pipeline_tests.ledger.rival", address, task]
        self.running = [
            subprocess.Popen(
                [*command, json.dumps(arguments | {"me": me})],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for me in range(PROCESSES)
        ]
        for process in self.running:
            assert process.stdout.readline() == "ready\n"

    def go(self) -> None:
        for process in self.running:
            process.stdin.write("go\n")
            process.stdin.flush()

    def results(self) -> list:
        found = [process.communicate(timeout=120)[0] for process in self.running]
        assert {process.returncode for process in self.running} == {0}
        return [json.loads(text) for text in found]


def compete(address: str, task: str, **arguments: object) -> list:
    rivals = Rivals(address, task, **arguments)
    rivals.go()
    return rivals.results()


def test_no_number_is_lost_or_given_twice(address: str, ledger: Ledger) -> None:
    given = [n for numbers in compete(address, "numbers", times=150) for n in numbers]
    assert sorted(given) == list(range(1, PROCESSES * 150 + 1))


def test_a_write_transaction_may_look_before_it_writes(address: str, ledger: Ledger) -> None:
    with ledger.write() as tx:
        sql.next_numbers(tx, "n")
    given = [n for numbers in compete(address, "look_then_add", times=150) for n in numbers]
    assert sorted(given) == list(range(2, PROCESSES * 150 + 2))


def test_each_claim_is_granted_to_one_batch(address: str, ledger: Ledger, now) -> None:
    # Every rival wants all 300 people, in calls of 30 in its own random order.
    granted = compete(address, "claims", people=300, size=30, now=now.isoformat())
    times = Counter(value for values in granted for value in values)
    assert sorted(times, key=int) == [str(i) for i in range(300)]
    assert set(times.values()) == {1}
    with ledger.read() as tx:
        held = claims.holders(tx, [claims.Claim(claims.ClaimKind.EMAIL, v, "0") for v in times])
    for me, values in enumerate(granted):
        assert {held[claims.ClaimKind.EMAIL, v].batch_key for v in values} <= {f"b{me}"}


def test_each_batch_is_requested_and_started_once(address: str, ledger: Ledger, now) -> None:
    with ledger.write() as tx:
        keys = batches.open_batches(tx, BatchKind.RETRY, [NewBatch(IdsScope())] * 60, now=now)
    requested = compete(address, "requests", now=now.isoformat())
    assert sorted(k for found in requested for k in found) == [f"{key}:1" for key in keys]
    started = compete(address, "starts", now=now.isoformat())
    assert sorted(k for found in started for k in found) == [str(key) for key in keys]
    with ledger.read() as tx:
        assert {batches.get(tx, key).attempt for key in keys} == {1}


def test_batches_opened_together_have_different_keys(address: str, ledger: Ledger, now) -> None:
    opened = [
        k for found in compete(address, "opens", now=now.isoformat(), times=40) for k in found
    ]
    assert len(set(opened)) == len(opened) == PROCESSES * 40


def test_a_cursor_moves_once_for_each_stretch(address: str, ledger: Ledger, now) -> None:
    moved = compete(address, "cursor", times=40, now=now.isoformat())
    assert sum(moved) > 0
    with ledger.read() as tx:
        at = cursors.position(tx, "c")
    assert at == Position(now + timedelta(seconds=sum(moved)), 0)


def test_killing_a_rival_in_mid_transaction_stops_nobody(address: str, ledger: Ledger) -> None:
    rivals = Rivals(address, "numbers_until_killed", times=60, victim=0, survives=3)
    rivals.go()
    victim, *others = rivals.running
    # It has written, its transaction is open and holds the lock that all others wait for.
    assert victim.stdout.readline() == "holding\n"
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=60)
    rivals.running = others
    given = [n for numbers in rivals.results() for n in numbers]
    assert len(given) == len(set(given)) == len(others) * 60
    with ledger.write() as tx:
        # Its three committed numbers stay taken, the fourth was never given.
        assert sql.next_numbers(tx, "n")[0] == len(given) + 3 + 1


def test_the_last_call_of_the_budget_is_given_once(address: str, ledger: Ledger, now) -> None:
    """Four processes of three threads want 240 calls, and a day has 100, of which half is ours."""
    ran = [
        one
        for result in compete(address, "calls", times=20, limit=100, threads=3, now=now.isoformat())
        for one in result
    ]
    made = sum((Counter(one["made"]) for one in ran), Counter())
    assert made.total() == 4 * 3 * 20
    assert made.total() - made["refused"] == 50
    assert max(one["crowded"] for one in ran) <= 3
    with ledger.read() as tx:
        counted = quota.usage(tx, "pardot", now.date().isoformat())
        assert call_slots.under_way(tx, "pardot", now) == 0
    assert counted.spent == 50
    assert counted.lanes == {lane: number for lane, number in made.items() if lane != "refused"}
