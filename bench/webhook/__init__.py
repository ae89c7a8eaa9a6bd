"""From a pushed event to the lead in Odoo: idle, against Dagster's stock settings, and under load.

Phases, each of which replaces its own part of the last result (``BENCH_PHASES`` chooses):

- ``real``: a real Odoo 19, the pipeline a plain salesperson; our settings and Dagster's stock
  ones in alternating blocks;
- ``sandbox``: the same with the Odoo sandbox;
- ``initial``: our settings beside a real Odoo while an initial sync of ``BENCH_PEOPLE`` loads.

``stock`` is what `processes` says: the same code, jobs and sensors, with nothing tuned and nothing
warm. Events are form submissions of random people, three of four by somebody who has a lead, one by
somebody new whom the event names by address; in idle phases the next one comes an exponential gap
after the one before was seen.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.harness import RESULTS, code_version, save
from bench.webhook import figures
from bench.webhook.installation import REAL, SANDBOX, SEED, Installation, finished, installed
from bench.webhook.measuring import (
    GIVE_UP_SECONDS,
    Timed,
    batches_since,
    send_and_watch,
    timed,
)
from bench.webhook.people import People
from bench.webhook.processes import OURS, STOCK, Running, running, spent_idle

PART = "webhook"
INITIAL = "initial"
PHASES = os.environ.get("BENCH_PHASES", f"{REAL},{SANDBOX},{INITIAL}").split(",")
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "100000"))
EVENTS = {REAL: (60, 25), SANDBOX: (30, 10)}
"""Of ours and of stock; ``BENCH_EVENTS=20,5`` for others."""

MEAN_GAP = 3.0
"""Of exponential gaps, on an idle system, in seconds."""

MEAN_GAP_LOADING = 5.0
MOST_LOADING = 200
BLOCKS = 2
PROSPECTS = 1000
IDLE_SECONDS = 15.0
WARM_UP = 2


def run() -> None:
    """Measure the chosen phases, and keep those that were measured before."""
    for phase in PHASES:
        document = {"people": PEOPLE, **_loading()} if phase == INITIAL else _idle(phase)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        _keep(phase, {"at": at, "code": code_version(), **document})


def _idle(kind: str) -> dict[str, Any]:
    """Ours and stock in alternating blocks over one installation."""
    blocks: dict[str, list[_Block]] = {OURS: [], STOCK: []}
    with installed(kind, PROSPECTS) as made:
        made.run("sync", "--initial", "--yes")
        people = made.people(SEED)
        for number in range(BLOCKS):
            for settings, most in zip((OURS, STOCK), _events(kind), strict=True):
                events = len(range(number, most, BLOCKS))
                blocks[settings].append(_Block(made, settings, people, events))
    ours, stock = (_summary(blocks[name]) for name in (OURS, STOCK))
    return {"prospects": PROSPECTS, "ours": ours, "stock": stock, **figures.verdict(ours, stock)}


def _events(kind: str) -> tuple[int, ...]:
    chosen = os.environ.get("BENCH_EVENTS")
    return tuple(map(int, chosen.split(","))) if chosen else EVENTS[kind]


class _Block:
    """One start of the processes, an idle while, and some events."""

    def __init__(self, made: Installation, settings: str, people: People, events: int) -> None:
        with running(settings, made.home, made.environment, made.ledger) as processes:
            _send(made, processes, people, lambda sent: sent < WARM_UP)
            time.sleep(IDLE_SECONDS)  # until what follows the first events is done, too
            self.idle = spent_idle(processes, IDLE_SECONDS)
            before, begun, at = processes.cpu(), time.perf_counter(), datetime.now(UTC)
            self.events = _send(made, processes, people, lambda sent: sent < events)
            seconds = time.perf_counter() - begun
            spent = {role: used - before[role] for role, used in processes.cpu().items()}
            self.batches = batches_since(made.ledger, at, processes.warm)
            processes.check()
        self.cpu = figures.cpu_of_events(spent, self.idle, seconds, events)
        told = figures.spread(event.seen or GIVE_UP_SECONDS for event in self.events)
        print(f"  {settings}: {len(self.events)} events in {seconds:.0f} s: {told}", flush=True)


def _send(
    made: Installation, processes: Running, people: People, goes_on: Callable[[int], bool]
) -> list[Timed]:
    sent = send_and_watch(
        people, made.odoo, processes.receiver, MEAN_GAP, goes_on, one_at_a_time=True
    )
    return timed(made.ledger, sent)


def _summary(blocks: list[_Block]) -> dict[str, Any]:
    return {
        **figures.summary([event for block in blocks for event in block.events]),
        "batches": dict(sum((block.batches for block in blocks), Counter())),
        "cpu_seconds_per_event": figures.mean_by_role([block.cpu for block in blocks]),
        "idle_cpu_percent": figures.mean_by_role([block.idle for block in blocks]),
    }


def _loading() -> dict[str, Any]:
    """Events while an operator's initial sync loads beside the processes."""
    with installed(REAL, PEOPLE) as made:
        # So that there are people with a lead before the load reaches them.
        some = made.prospects(2 * MOST_LOADING)
        made.run("sync", *(word for one in some for word in ("--prospect", one)))
        people = made.people(SEED)
        with running(OURS, made.home, made.environment, made.ledger) as processes:
            _send(made, processes, people, lambda sent: sent < WARM_UP)
            at = datetime.now(UTC)
            command = made.start("sync", "--initial", "--yes")
            sent = send_and_watch(
                people,
                made.odoo,
                processes.receiver,
                MEAN_GAP_LOADING,
                lambda sent: command.poll() is None and sent < MOST_LOADING,
                one_at_a_time=False,
            )
            events = timed(made.ledger, sent)
            report = finished(command)
            begun = batches_since(made.ledger, at, processes.warm)
            processes.check()
    told = figures.summary(events)
    return {
        "ours": {**told, "batches": dict(begun)},
        "p95_holds": told["seconds_to_odoo"]["p95"] <= figures.P95_LOADING,
        "initial": {
            name: report[name]
            for name in ("seconds", "prospects_read", "leads_created", "pardot_calls", "odoo_calls")
        },
        "people_per_second": round(report["prospects_read"] / report["seconds"], 1),
    }


def _keep(phase: str, told: dict[str, Any]) -> None:
    """Put one phase into the result file, beside what the others said."""
    before: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        before = json.loads((RESULTS / f"{PART}.json").read_text())
    variables = {"BENCH_PHASES": ",".join(PHASES)}
    if chosen := os.environ.get("BENCH_EVENTS"):
        variables["BENCH_EVENTS"] = chosen
    if INITIAL in PHASES:
        variables["BENCH_PEOPLE"] = str(PEOPLE)
    document = {"phases": {**before.get("phases", {}), phase: told}}
    save(PART, document, variables)
    print(figures.table(document), flush=True)
