"""The receiver alone: signed events at a constant rate, on both kinds of ledger.

Each run has a receiver of its own and a sender of its own, in processes of their own. PostgreSQL
runs with its defaults: every commit is synced to the disk, as SQLite's are in the receiver. After a
run every acknowledged event is looked up in the inbox.

CPU seconds of an event are the figure to watch on a busy machine: latencies there say more about
the neighbours.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.harness import save
from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline_tests.postgres import postgres_server

SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
RATE = float(os.environ.get("BENCH_RATE", "1000"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "128"))
LEDGERS = os.environ.get("BENCH_LEDGERS", "sqlite,postgresql").split(",")
_BOUND_MILLISECONDS = 50
_TICK = os.sysconf("SC_CLK_TCK")


def run() -> None:
    """Measure each kind of ledger and save the figures."""
    results = {}
    for kind in LEDGERS:
        with tempfile.TemporaryDirectory(prefix="bench-receiver-") as folder, _ledger(kind) as url:
            results[kind] = _measure(Path(folder), url)
        print(kind, json.dumps(results[kind]), flush=True)
    save(
        "receiver",
        {
            "events_a_second": RATE,
            "seconds": SECONDS,
            "connections": CONNECTIONS,
            "bound": f"p99 <= {_BOUND_MILLISECONDS} ms, none lost",
            **results,
        },
        {"BENCH_SECONDS": f"{SECONDS:g}", "BENCH_RATE": f"{RATE:g}"},
    )


@contextmanager
def _ledger(kind: str) -> Iterator[str | None]:
    if kind == "sqlite":
        yield None
        return
    with postgres_server(fsync=True) as server:
        yield server.create_database()


def _measure(home: Path, url: str | None) -> dict[str, Any]:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    ran = f"bench-{secrets.token_hex(4)}"
    env = {
        **os.environ,
        "PIPELINE_HOME": str(home),
        "WEBHOOK_PORT": "0",
        "WEBHOOK_SECRET_SALESFORCE": secret,
        **({} if url is None else {"LEDGER_URL": url}),
    }
    receiver = subprocess.Popen([sys.executable, "-m", "pardot_odoo_pipeline.webhooks"], env=env)
    try:
        base = _ready(home / "webhooks.json", receiver)
        _send(base, secret, f"{ran}-warm", seconds=1)
        before = _cpu(receiver.pid)
        told = _send(base, secret, ran, seconds=SECONDS)
        cpu = _cpu(receiver.pid) - before
    finally:
        receiver.terminate()
        receiver.wait(30)
    accepted = {f"{ran}-{number}" for number in told.pop("accepted")}
    with open_ledger(url or home / "ledger.sqlite") as ledger, ledger.read() as connection:
        stored = set(
            connection.scalars(
                sa.select(inbox_events.c.event_id).where(inbox_events.c.event_id.like(f"{ran}-%"))
            )
        )
    told |= {
        "acknowledged": len(accepted),
        "acknowledged_and_lost": len(accepted - stored),
        "receiver_cpu_milliseconds_per_event": round(cpu / told["sent"] * 1000, 3),
    }
    told["within_the_bound"] = (
        told["acknowledged"] == told["sent"]
        and not told["acknowledged_and_lost"]
        and told["milliseconds"]["p99"] <= _BOUND_MILLISECONDS
    )
    return told


def _ready(state: Path, receiver: subprocess.Popen[bytes]) -> str:
    limit = time.monotonic() + 60
    while not state.exists():
        if receiver.poll() is not None or time.monotonic() > limit:
            raise SystemExit("the receiver did not start")
        time.sleep(0.05)  # it says that it is ready by a file
    return str(json.loads(state.read_text())["url"])


def _send(base: str, secret: str, ran: str, *, seconds: float) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench.receiver_load"),
            *("--url", f"{base}/webhooks/pardot/salesforce", "--run", ran),
            *("--rate", str(RATE), "--seconds", str(seconds), "--connections", str(CONNECTIONS)),
        ],
        input=f"{secret}\n",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
