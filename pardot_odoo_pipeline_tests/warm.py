"""A warm worker in a process of its own over a world, and the inbox it takes events from."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from unittest import mock

import dagster as dg
import sqlalchemy as sa

from pardot_odoo_pipeline.clock import RemoteClock
from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, inbox, workers
from pardot_odoo_pipeline.ledger.store.batches import Batch
from pardot_odoo_pipeline.ledger.store.workers import Process
from pardot_odoo_pipeline.pushed_events import HOT, EventType, PushedEvent, System
from pardot_odoo_pipeline_tests.cli import environment
from pardot_odoo_pipeline_tests.world import World, wait_for

PARTITION = "dagster/partition"


class WarmSite:
    """A worker over a world.

    Args:
        world: What it works on.
        ledger: The ledger of that world's home.
        process: The worker's process.
    """

    def __init__(self, world: World, ledger: Ledger, process: subprocess.Popen[bytes]) -> None:
        self.world = world
        self.ledger = ledger
        self.process = process
        self._numbers = 0
        self._clock = RemoteClock(world.environment["PIPELINE_CLOCK_URL"])

    @classmethod
    @contextlib.contextmanager
    def running(cls, world: World) -> Iterator[WarmSite]:
        """Start a worker and wait until it is ready."""
        log = world.home / "logs" / "worker.log"
        log.unlink(missing_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pardot_odoo_pipeline.worker"],
                cwd=world.home,
                env=cls.environment(world),
                stdout=output,
                stderr=output,
            )
        try:
            with open_ledger(world.home / "ledger.sqlite") as ledger:
                site = cls(world, ledger, process)
                wait_for(lambda: " ready: " in site.log, 90)
                yield site
        finally:
            process.kill()
            process.wait()

    @staticmethod
    def environment(world: World) -> dict[str, str]:
        """What a process of this world finds around it."""
        home = {"DAGSTER_HOME": str(world.home / "dagster")}
        return environment(world.home, {**world.environment, **home})

    @property
    def log(self) -> str:
        return (self.world.home / "logs" / "worker.log").read_text()

    def kill(self) -> None:
        """End it without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def push(self, prospect: str, kind: str = EventType.FORM_SUBMITTED) -> str:
        """What the receiver does with an event; its id."""
        self._numbers += 1
        now = self._clock.now()
        name = f"{now.isoformat()}-{self._numbers}"
        event = PushedEvent(
            source="salesforce",
            event_id=name,
            system=System.PARDOT,
            type=kind,
            received_at=now,
            occurred_at=now,
            priority=HOT,
            prospect_id=prospect,
        )
        with self.ledger.write() as connection:
            assert inbox.store(connection, [event]) == 1
        return name

    def submit(self, prospect: str, score: int) -> str:
        """Somebody fills a form in: the record shows it, and the event is pushed."""
        self.world.edit(prospect, score=score)
        return self.push(prospect)

    def event(self, name: str) -> sa.Row[tuple[object, ...]]:
        """An event's row."""
        query = sa.select(inbox_events).where(inbox_events.c.event_id == name)
        with self.ledger.read() as connection:
            return connection.execute(query).one()

    def closed(self, name: str, seconds: float = 30) -> sa.Row[tuple[object, ...]]:
        """The same when it is closed."""

        def seen() -> sa.Row[tuple[object, ...]] | None:
            row = self.event(name)
            return row if row.state == "closed" else None

        return wait_for(seen, seconds)

    def batch_of(self, name: str) -> Batch | None:
        """The batch that an event is in."""
        key = self.event(name).batch_key
        with self.ledger.read() as connection:
            found = [b for b in batches.recent(connection, 100) if str(b.key) == key]
        return found[0] if found else None

    def running_batch(self, name: str) -> Batch:
        """The same when it runs, and its run has started in Dagster."""

        def seen() -> Batch | None:
            batch = self.batch_of(name)
            return batch if batch and batch.state == "running" else None

        return wait_for(seen, 30)

    def processes(self) -> list[Process]:
        """What the ledger knows of processes."""
        with self.ledger.read() as connection:
            return workers.listed(connection)

    def now(self) -> datetime:
        """The world's time."""
        return self._clock.now()

    def score(self, prospect: str) -> int:
        """What sales sees."""
        [lead] = self.world.of_prospect("crm.lead", prospect, "x_pardot_score")
        return int(lead["x_pardot_score"])


@contextlib.contextmanager
def dagster_of(world: World) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a world, with this process in its environment."""
    with (
        mock.patch.dict(os.environ, WarmSite.environment(world), clear=True),
        contextlib.chdir(world.home),
        dg.DagsterInstance.from_config(str(world.home / "dagster")) as instance,
    ):
        yield instance


def run_of(instance: dg.DagsterInstance, key: object) -> dg.DagsterRun | None:
    """The newest run of a batch."""
    runs = instance.get_runs(filters=dg.RunsFilter(tags={PARTITION: str(key)}), limit=1)
    return runs[0] if runs else None


def a_lead(world: World, number: int) -> str:
    """A prospect who has a lead, by a number of one's own."""
    rows = world.client.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"]
    )
    return sorted(row["x_pardot_prospect_id"] for row in rows)[number]


def copied_package(folder: Path) -> Path:
    """A copy of the package's code, to be changed."""
    import shutil

    import pardot_odoo_pipeline

    source = Path(pardot_odoo_pipeline.__file__).parent
    target = folder / "code" / source.name
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(source.parent / name, target.parent / name)
    return target
