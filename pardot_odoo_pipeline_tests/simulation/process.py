"""A process of the engine: its ports, each call of which may be its last.

What lives here: ports that tell the trace, give others their turn, and die when they are told to.
What does not: which faults strike (`faults`), and who runs what in it (`world`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pardot_odoo_pipeline.assembly import build_ports
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.errors import translate
from pardot_odoo_pipeline.outside import Outside, replace_file
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.sandbox.http import Request, Response
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.simulation.network import Line
from pardot_odoo_pipeline_tests.simulation.scheduler import Crash
from pardot_odoo_pipeline_tests.simulation.site import HOST, SimWorker
from pardot_odoo_pipeline_tests.simulation.trace import joined

if TYPE_CHECKING:
    from pardot_odoo_pipeline_tests.simulation.world import World

__all__ = ["Process"]


class Process:
    """One process.

    Attributes:
        number: Which one.
        alive: Whether it has not been killed.
        calls: How many calls it made so far.
        dies_at: The call that is its last, if it is to die.
        running: The batch that it works on.
    """

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.name = f"p{number}"
        self.alive = True
        self.calls = 0
        self.dies_at: int | None = None
        self.running: str | None = None
        self.read_at: dict[str, int] = {}
        self.random = Random(f"{world.seed} process {number}")
        self.ledger = _Ledger(world.site.ledger.engine, self)
        self.worker = SimWorker(HOST, 1000 + number, f"{number:08x}")
        self.outside = Outside(
            adapter=Line(self._carry),
            chance=self.random.random,
            new_id=self._new_id,
            side_by_side=self._side_by_side,
            beside=self._beside,
            replace_file=self._replace,
            stopwatch=world.clock.timestamp,
            is_real=False,
        )
        self._inside = 0
        self._ids = 0
        self.pipeline = _Pipeline(self)

    def ports(self) -> Ports:
        """Its ports, opened at first need: that takes calls, too."""
        return self.pipeline.ports()

    def point(self, what: str, *contents: bytes) -> None:
        """A call leaves or comes back: the last chance of others to be first."""
        self._live()
        self.calls += 1
        self.world.trace.add(self.name, what, *contents)
        self.world.at_point(self, what)
        if self.calls == self.dies_at:
            self.die(what)
        if not self._inside:
            self.world.scheduler.pause()
            self._live()

    def die(self, what: str) -> None:
        """Its end."""
        self.alive = False
        self.world.tell(f"process {self.number} is killed at {what}")
        raise Crash

    def _live(self) -> None:
        if not self.alive:
            raise Crash

    # Ports

    def _carry(self, host: str, request: Request, timeout: Any) -> Response:
        if self._inside:
            self.world.wrong.append(f"{request.path} is called inside a transaction of the ledger")
        query = joined(request.query)
        self.point(f"{request.method} {host}{request.path}?{query}", request.body)
        answer = self.world.network.exchange(self, host, request, timeout)
        self._live()
        body = answer.body if isinstance(answer.body, bytes) else b"(stream)"
        self.point(f"answer {answer.status}", body)
        return answer

    def _new_id(self) -> str:
        self._ids += 1
        return f"{self.number:016x}{self._ids:016x}"

    def _side_by_side(
        self, do: Callable[[Any], Any], subjects: list[Any], at_once: int
    ) -> list[Any]:
        """In any order: whoever is first on the network is so by chance."""
        results: list[Any] = [None] * len(subjects)
        order = list(range(len(subjects)))
        self.random.shuffle(order)
        for position in order:
            results[position] = do(subjects[position])
        return results

    @contextmanager
    def _beside(self, seconds: float, act: Callable[[], bool], name: str) -> Iterator[None]:
        scheduler = self.world.scheduler

        def work() -> None:
            while self.alive:
                scheduler.sleep(seconds)
                if not self.alive or not act():
                    return

        actor = scheduler.spawn(name, work)
        try:
            yield
        finally:
            scheduler.cancel(actor)

    def _replace(self, written: Path, name: Path) -> None:
        self.point(f"write {name.name}")
        if self.world.faults.disk_is_full():
            raise OSError(28, "No space left on device")
        replace_file(written, name)
        self.point(f"wrote {name.name}")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A transaction: nobody else has a turn."""
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1


class _Pipeline(PipelineResource):
    """What a process of the engine has in its hands, over the ports of this one."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    def settings(self) -> Settings:
        return self._process.world.settings

    def ports(self) -> Ports:
        process = self._process
        if self._ports is None:
            with self.noting():
                self._ports = build_ports(
                    self.settings(),
                    outside=process.outside,
                    ledger=process.ledger,
                    worker=process.worker,
                )
        return self._ports

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        yield self._process.ledger


class _Ledger(Ledger):
    """The ledger as one process has it open."""

    def __init__(self, engine: sa.Engine, process: Process) -> None:
        super().__init__(engine)
        self._process = process

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[sa.Connection]:
        process = self._process
        process.point("ledger: write" if options else "ledger: read")
        with process.inside(), super()._transaction(options) as connection:
            yield connection
            if options:
                process.point("ledger: commit")
                if process.world.faults.disk_is_full():
                    raise translate(_full())
        if options:
            process.point("ledger: committed")

    def close(self) -> None:
        """The engine is everybody's."""


def _full() -> sqlite3.Error:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error
