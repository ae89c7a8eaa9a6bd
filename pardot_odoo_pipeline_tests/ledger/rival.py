"""One of several processes that compete for the same rows; run by test_competition.py."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, IdsScope
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, call_slots, claims, cursors, sql
from pardot_odoo_pipeline.ledger.store.claims import Claim, ClaimKind
from pardot_odoo_pipeline.ledger.tables import counters
from pardot_odoo_pipeline.mapping.quota_rules import QuotaRules
from pardot_odoo_pipeline.operations.budget import Lane
from pardot_odoo_pipeline.operations.quota import CallBudget
from pardot_odoo_pipeline.pardot.errors import PardotQuotaExceeded
from pardot_odoo_pipeline.pardot.gate import Ending
from pardot_odoo_pipeline_tests.clocks import StandingClock


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def numbers(ledger: Ledger, me: int, times: int):
    for _ in range(times):
        with ledger.write() as tx:
            given = sql.next_numbers(tx, "n")
        yield given[0]


def look_then_add(ledger: Ledger, me: int, times: int):
    row = counters.c.name == "n"
    for _ in range(times):
        with ledger.write() as tx:
            # A lock on the row for PostgreSQL; SQLite must have locked everything at BEGIN.
            value = tx.execute(sa.select(counters.c.value).where(row).with_for_update()).scalar()
            tx.execute(sa.update(counters).where(row).values(value=value + 1))
        yield value + 1


def numbers_until_killed(ledger: Ledger, me: int, times: int, victim: int, survives: int):
    for turn in range(times):
        with ledger.write() as tx:
            given = sql.next_numbers(tx, "n")
            if me == victim and turn == survives:
                say("holding")
                sys.stdin.readline()
        yield given[0]


def wanted_claims(ledger: Ledger, me: int, people: int, size: int, now: str):
    at = datetime.fromisoformat(now)
    everybody = [str(i) for i in range(people)]
    random.Random(me).shuffle(everybody)
    for chunk in sql.chunks(everybody, size):
        wanted = [Claim(ClaimKind.EMAIL, value, f"{me}{value}") for value in chunk]
        with ledger.write() as tx:
            got = claims.take(
                tx, wanted, batch_key=f"b{me}", now=at, expires_at=at + timedelta(minutes=1)
            )
        yield from (claim.value for claim in got)


def opens(ledger: Ledger, me: int, times: int, now: str):
    for _ in range(times):
        with ledger.write() as tx:
            new = [batches.NewBatch(IdsScope())]
            [key] = batches.open_batches(tx, BatchKind.BULK, new, now=datetime.fromisoformat(now))
        yield str(key)


def requests(ledger: Ledger, me: int, now: str):
    for key in everything(ledger):
        with ledger.write() as tx:
            request = batches.request_run(tx, key, now=datetime.fromisoformat(now))
        if request is not None:
            yield request.run_key


def starts(ledger: Ledger, me: int, now: str):
    for key in everything(ledger):
        try:
            with ledger.write() as tx:
                batches.start(tx, key, f"w{me}", now=datetime.fromisoformat(now), attempt=1)
        except PipelineError as error:
            if error.code != "batch_not_startable":
                raise
        else:
            yield str(key)


def everything(ledger: Ledger) -> list[BatchKey]:
    with ledger.read() as tx:
        return [batch.key for batch in batches.recent(tx, 1000)]


def move(ledger: Ledger, me: int, times: int, now: str) -> int:
    start = datetime.fromisoformat(now)
    moved = 0
    with ledger.write() as tx:
        cursors.advance(tx, "c", expected=None, to=cursors.Position(start), now=start)
    for _ in range(times):
        # Looked at in one transaction, moved in another: only the condition protects it.
        with ledger.read() as tx:
            seen = cursors.position(tx, "c")
        to = cursors.Position(seen.time + timedelta(seconds=1))
        with ledger.write() as tx:
            moved += cursors.advance(tx, "c", expected=seen, to=to, now=start)
    return moved


def calls(ledger: Ledger, me: int, times: int, limit: int, threads: int, now: str):
    """Calls from several threads, each with a place for as long as it lasts."""
    lanes = [Lane.CONSENT, Lane.WEBHOOK, Lane.BULK, Lane.INITIAL]
    rules = QuotaRules(daily_calls=limit, our_share=0.5, max_in_flight=3)
    clock = StandingClock(datetime.fromisoformat(now))
    budget = CallBudget(ledger, clock, rules, "Europe/Berlin", f"w{me}")
    crowded = 0

    def some(number: int) -> Counter[str]:
        nonlocal crowded
        made: Counter[str] = Counter()
        lane = lanes[(me + number) % len(lanes)]
        for _ in range(times):
            try:
                passage = budget.gate(lane).enter("GET", "/api")
            except PardotQuotaExceeded:
                made["refused"] += 1
                continue
            with ledger.read() as tx:
                crowded = max(crowded, call_slots.under_way(tx, "pardot", clock.now()))
            passage.leave(Ending.ANSWERED)
            made[lane.value] += 1
        return made

    with ThreadPoolExecutor(threads) as pool:
        made = sum(pool.map(some, range(threads)), Counter())
    yield {"made": made, "crowded": crowded}


TASKS = {
    "numbers": numbers,
    "look_then_add": look_then_add,
    "numbers_until_killed": numbers_until_killed,
    "claims": wanted_claims,
    "opens": opens,
    "requests": requests,
    "starts": starts,
    "cursor": move,
    "calls": calls,
}


if __name__ == "__main__":
    address, task, arguments = sys.argv[1:]
    with open_ledger(address) as ledger:
        say("ready")
        sys.stdin.readline()
        result = TASKS[task](ledger, **json.loads(arguments))
        say(json.dumps(result if isinstance(result, int) else list(result)))
