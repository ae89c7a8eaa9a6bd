"""An installation whose processes run one by one, so that one of them can be killed.

What lives here: the world with its people, the processes of `pardot-odoo up`, killing and starting
them. What does not: the load (`load`), the judgement (`verdict`).
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg

from pardot_odoo_pipeline.cli.processes import Child, free_port, read_state
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import takeover, workers
from pardot_odoo_pipeline_tests.cli import environment
from pardot_odoo_pipeline_tests.world import World, wait_for

__all__ = ["CODE", "DAEMON", "KINDS", "PROCESSES", "RECEIVER", "RUN", "WORKER", "SoakSite"]

RECEIVER, DAEMON, CODE, WORKER, RUN = "receiver", "daemon", "code server", "worker", "run"
PROCESSES = (CODE, DAEMON, RECEIVER, WORKER)
"""In the order in which they are started."""
KINDS = (RECEIVER, DAEMON, CODE, WORKER, RUN)
"""What is killed; the last is the process of a run that the daemon launched."""

# An interval would bring what a lost event announced.
# The brakes would hold people: more than a thousand values a day are replaced here on purpose.
RULES = """sync_interval: 1440
safety: {odoo: {overwrites: null}, pardot: {overwrites: null}}
activities: {history_days: 0}
lists: {active: false}
webhooks:
  sources:
    salesforce: {system: pardot, authentication: signature, rate: 5000}
    odoo: {system: odoo, authentication: token, rate: 5000}
"""
_ROOT = Path(__file__).parents[2]
_PLANTED = 12
_START_SECONDS = 120
_END_SECONDS = 6
_DAEMON = "SENSOR"


@dataclass
class SoakSite:
    """A running installation.

    Attributes:
        world: Both systems.
        ledger: Open, to look.
        instance: Dagster's, to look.
        people: Prospects with a lead and a contact each.
        secret: Signs events of Pardot's side.
        token: Stands in the path of Odoo's.
        url: Of the receiver, the same over all its lives.
        env: Of every process.
    """

    world: World
    ledger: Ledger
    instance: dg.DagsterInstance
    people: list[str]
    secret: str
    token: str
    url: str
    code_port: int
    env: dict[str, str]
    children: dict[str, Child] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)

    @classmethod
    @contextlib.contextmanager
    def running(
        cls, home: Path, *, people: int, ledger_url: str | None = None, start: bool = True
    ) -> Iterator[SoakSite]:
        """A new world after its initial sync, and all processes; they end with the block."""
        with contextlib.ExitStack() as stack:
            world = stack.enter_context(World.running(home, _PLANTED, sides=True))
            site = cls._made(stack, world, people, ledger_url)
            try:
                if start:
                    site.start_all()
                yield site
            finally:
                site.end_all()

    @classmethod
    def _made(
        cls, stack: contextlib.ExitStack, world: World, people: int, ledger_url: str | None
    ) -> SoakSite:
        home = world.home
        rules, port, code_port = home / "rules.yaml", free_port(), free_port()
        rules.write_text(RULES)
        folder = home / "dagster"
        folder.mkdir(exist_ok=True)
        (folder / "dagster.yaml").write_text((_ROOT / "dagster.yaml").read_text())
        (home / "workspace.yaml").write_text(
            f"load_from: [{{grpc_server: {{host: 127.0.0.1, port: {code_port}, "
            "location_name: pardot_odoo_pipeline}}]\n"
        )
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        token = secrets.token_urlsafe(32)
        env = {
            **world.environment,
            "PIPELINE_CONFIG": str(rules),
            "DAGSTER_HOME": str(folder),
            "WEBHOOK_PORT": str(port),
            "WEBHOOK_SECRET_SALESFORCE": secret,
            "WEBHOOK_SECRET_ODOO": token,
            **({"LEDGER_URL": ledger_url} if ledger_url else {}),
        }
        ids = [make_person(world, number) for number in range(people)]
        for words in (("provision",), ("sync", "--initial", "--json")):
            done = world.run(*words, env=env)
            assert done.code == 0, done.stderr
        ledger = stack.enter_context(open_ledger(ledger_url or home / "ledger.sqlite"))
        # Made here, before several processes would make its storage at once.
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(folder)))
        return cls(
            world, ledger, instance, ids, secret, token, f"http://127.0.0.1:{port}", code_port, env
        )

    def prospect(self, who: str) -> dict[str, Any]:
        """A prospect as Pardot holds it now."""
        row: dict[str, Any] = self.world.pardot.control("GET", f"/objects/prospects/{who}")
        return row

    # Processes

    def start_all(self, kinds: Sequence[str] = PROCESSES) -> None:
        """Start these processes, and wait until each does its work."""
        for kind in kinds:
            self.start(kind)
        for kind in kinds:
            self.wait_until_ready(kind)

    def ended(self) -> list[str]:
        """The processes that ended by themselves."""
        return [kind for kind, child in self.children.items() if child.ended]

    def end_all(self) -> None:
        """End every process."""
        for child in self.children.values():
            if not child.ended:
                os.killpg(child.pid, signal.SIGTERM)
        for child in self.children.values():
            child.end(_END_SECONDS)
        self._end_orphans()

    def _end_orphans(self) -> None:
        """Runs whose code server was killed go on by themselves, which is as it should be."""
        mine = f"PIPELINE_HOME={self.world.home}\0".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mine in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                    os.kill(int(entry.name), signal.SIGKILL)

    def start(self, kind: str) -> None:
        """Start one process, without waiting for it."""
        module, *words = {
            RECEIVER: ("pardot_odoo_pipeline.webhooks",),
            WORKER: ("pardot_odoo_pipeline.worker",),
            DAEMON: ("dagster._daemon", "run", "-w", str(self.world.home / "workspace.yaml")),
            CODE: (
                *("dagster", "api", "grpc", "-h", "127.0.0.1", "-p", str(self.code_port)),
                *("-m", "pardot_odoo_pipeline.definitions"),
                *("--location-name", "pardot_odoo_pipeline"),
            ),
        }[kind]
        clean = environment(self.world.home, self.env)
        with mock.patch.dict(os.environ, clean, clear=True):
            log = self.world.home / "logs" / f"{kind.replace(' ', '-')}.log"
            self.begun[kind] = time.time()
            self.children[kind] = Child(kind, module, words, log)

    def wait_until_ready(self, kind: str) -> None:
        """Wait until a process does its work."""
        self.children[kind].wait_until(self._ready(kind), _START_SECONDS)

    def kill(self, kind: str) -> None:
        """End one process at once, and nothing that it started."""
        child = self.children[kind]
        os.kill(child.pid, signal.SIGKILL)
        wait_for(lambda: child.ended, 10)

    def run_process(self) -> int | None:
        """The process of a run that the daemon launched and that is at its batch, if any."""
        with self.ledger.read() as connection:
            held = [b for b in takeover.held(connection) if b.state.value == "running"]
        worker = self.children[WORKER].pid
        for batch in held:
            pid = int((batch.worker_id or "::").split(":")[1] or 0)
            if pid and pid != worker and pid != os.getpid():
                return pid
        return None

    def _ready(self, kind: str) -> Callable[[], Any]:
        child, begun = self.children[kind], self.begun[kind]

        def receives() -> bool:
            return read_state(self.world.home / "webhooks.json", child.pid) is not None

        def serves() -> bool:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.code_port), 1).close()
                return True
            return False

        def works() -> bool:
            with self.ledger.read() as connection:
                known = workers.listed(connection)
            return any(one.kind == workers.WARM and one.pid == child.pid for one in known)

        def ticks() -> bool:
            beat = self.instance.get_daemon_heartbeats().get(_DAEMON)
            return beat is not None and beat.timestamp > begun

        return {RECEIVER: receives, CODE: serves, WORKER: works, DAEMON: ticks}[kind]


def values_of(number: int, name: str = "soak") -> dict[str, Any]:
    """A person whom nothing in either system stands in the way."""
    return {
        "email": f"{name}{number}@example.org",
        "firstName": "Ada",
        "lastName": f"{name.title()} {number}",
        "company": f"Company {name} {number}",
        "jobTitle": f"Beginner {number}",
        "country": "Germany",
    }


def make_person(world: World, number: int, name: str = "soak") -> str:
    """Somebody new in Pardot; the prospect's id."""
    made = world.pardot.control("POST", "/objects/prospects", {"values": values_of(number, name)})
    return str(made["id"])
