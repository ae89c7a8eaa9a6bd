"""The processes of an installation as `up` starts them, in two settings, and what CPU they spend.

``ours``: receiver, Dagster with the project's dagster.yaml, warm worker. ``stock``: the same
receiver, the same definitions (with their jobs, sensors and executor), and Dagster on a
dagster.yaml that says nothing but to send no telemetry; no warm worker.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import requests

from pardot_odoo_pipeline.cli.processes import Child, free_port, read_state
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import workers
from pardot_odoo_pipeline.local_runs import WORKSPACE

OURS, STOCK = "ours", "stock"
_TICK = os.sysconf("SC_CLK_TCK")
_HEALTH = "{ instance { daemonHealth { allDaemonStatuses { required healthy } } } }"
# The words of a command line by which a process of Dagster's is known; its children are its own.
_ROLES = {
    "dagster_webserver": "webserver",
    "dagster._daemon": "daemon",
    "code-server": "code server",
    "grpc": "code server",
}


@dataclass(frozen=True)
class Running:
    """Processes that run.

    Attributes:
        receiver: The address of the webhook receiver.
        children: By what they are.
    """

    receiver: str
    children: Mapping[str, Child]

    @property
    def warm(self) -> int | None:
        """The process id of the warm worker, where there is one."""
        worker = self.children.get("worker")
        return worker.pid if worker else None

    def cpu(self) -> dict[str, float]:
        """CPU seconds since their start by role, those of ended children included."""
        parents: dict[int, int] = {}
        spent: dict[int, float] = {}
        roles: dict[int, str | None] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
                pid = int(entry.name)
                parents[pid] = int(fields[1])
                spent[pid] = sum(map(int, fields[11:15])) / _TICK
                roles[pid] = next((role for word, role in _ROLES.items() if word in words), None)
        own = {child.pid: name for name, child in self.children.items()}
        told: dict[str, float] = defaultdict(float)
        for pid, seconds in spent.items():
            role: str | None = None
            at = pid
            while at in parents and at not in own:
                role, at = role or roles[at], parents[at]
            if at in own:
                told[role or own[at]] += seconds
        return told

    def check(self) -> None:
        """Fail where one of them ended by itself: the figures would be another system's."""
        ended = [name for name, child in self.children.items() if child.ended]
        if ended:
            raise RuntimeError(f"ended while it was measured: {', '.join(ended)}")


@contextlib.contextmanager
def running(
    settings: str, home: Path, environment: Mapping[str, str], ledger: Ledger
) -> Iterator[Running]:
    """Start them and wait until each is ready; end them with the block."""
    with contextlib.ExitStack() as stack:

        def start(name: str, module: str, *words: str, **more: str) -> Child:
            child = Child(
                name,
                module,
                words,
                home / "logs" / f"{settings}-{name}.log",
                env={**environment, **more},
            )
            stack.callback(child.end)
            return child

        children = {"receiver": start("receiver", "pardot_odoo_pipeline.webhooks")}
        port = free_port()
        folder = home / "dagster" if settings == OURS else _stock_home(home)
        words = ["dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
        children["dagster"] = start("dagster", "dagster", *words, DAGSTER_HOME=str(folder))
        if settings == OURS:
            children["worker"] = start("worker", "pardot_odoo_pipeline.worker")
            children["worker"].wait_until(lambda: _works(ledger, children["worker"]), 120)
        pid = children["receiver"].pid
        state = children["receiver"].wait_until(lambda: read_state(home / "webhooks.json", pid), 60)
        children["dagster"].wait_until(lambda: _is_healthy(f"http://127.0.0.1:{port}"), 240)
        yield Running(state["url"], children)


def _stock_home(home: Path) -> Path:
    folder = home / "dagster-stock"
    folder.mkdir(exist_ok=True)
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    # Its processes would else make the storage at the same time.
    with dg.DagsterInstance.from_config(str(folder)):
        return folder


def _is_healthy(url: str) -> bool:
    with contextlib.suppress(requests.RequestException, KeyError, TypeError, ValueError):
        told = requests.post(f"{url}/graphql", json={"query": _HEALTH}, timeout=5).json()
        statuses = told["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
        return all(one["healthy"] for one in statuses if one["required"])
    return False


def _works(ledger: Ledger, child: Child) -> bool:
    with ledger.read() as connection:
        return any(
            process.kind == workers.WARM and process.pid == child.pid
            for process in workers.listed(connection)
        )


def spent_idle(processes: Running, seconds: float) -> dict[str, float]:
    """CPU of each role while nothing happens, in percent of one core."""
    before = processes.cpu()
    time.sleep(seconds)  # the time that is measured
    after = processes.cpu()
    return {role: round(100 * (after[role] - before[role]) / seconds, 1) for role in after}
