"""`python -m pardot_odoo_pipeline.worker`: the warm worker.

What lives here: its life as a process: start, signs of life, reasons to begin anew, end. What does
not: which batches it takes and when it rests (`warm_path`).

It ends with exit code 0 when it should be started again: code on disk changed, or memory grew. Who
supervises it (`pardot-odoo up`, systemd) starts it again; meanwhile the sensor takes what comes.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

import dagster as dg

from pardot_odoo_pipeline import assembly, process_logs
from pardot_odoo_pipeline.ahead import PipelineAhead
from pardot_odoo_pipeline.batch_jobs import BatchJobs
from pardot_odoo_pipeline.dead_runs import take_over_dead
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import workers
from pardot_odoo_pipeline.local_runs import place_dagster_home
from pardot_odoo_pipeline.ports import Worker
from pardot_odoo_pipeline.recording import Recorder
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.warm_path import WarmPath

__all__ = ["WarmWorker", "main"]

_LOG = logging.getLogger(f"{assembly.__name__.partition('.')[0]}.worker")

_GLANCE_SECONDS = 0.02
_LOOK_SECONDS = {"sqlite": 0.25, "postgresql": 0.1}
_BEAT_SECONDS = 5.0
_END_SECONDS = 8.0
_MOST_BATCHES = 5_000
_MOST_GROWTH_MIB = 400


class WarmWorker:
    """The process.

    Args:
        settings: The installation.
        instance: Its Dagster instance.
        stop: Set when it shall end.
    """

    def __init__(
        self, settings: Settings, instance: dg.DagsterInstance, stop: threading.Event
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._me = Worker()
        self._ledger = assembly.ledger_of(settings)
        self._clock = settings.clock()
        self._instance = instance
        self._pipeline = PipelineAhead()
        jobs = BatchJobs(settings, instance, self._pipeline)
        self._recorder = Recorder(instance, jobs, self._pipeline, self._me.id)
        self._path = WarmPath(
            self._ledger, self._clock, self._pipeline, self._recorder, self._me.id
        )
        self._watch = _Watch(self._ledger)
        self._old_at = 0.0
        self._configuration = _stamp(self._configuration_files())
        self._code = _stamp(_code_files())
        self._memory = 0.0

    def run(self) -> str:
        """Work until something ends it; why it ended."""
        self._register()
        self._open_ports()
        beat = threading.Thread(target=self._beat, name="signs of life", daemon=True)
        beat.start()
        self._path.go_on(take_over_dead(self._instance, self._ledger, self._clock.now()))
        _LOG.info("ready: %s", self._me.id)
        looked = time.monotonic()
        reason = ""
        while not (self._stop.is_set() or reason):
            worked = self._watch.is_worth_a_look() and self._path.turn(self._stop)
            if time.monotonic() >= looked + _BEAT_SECONDS:
                looked = time.monotonic()
                self._renew()
                reason = self._reason_to_end()
            if not worked:
                self._stop.wait(_GLANCE_SECONDS)
        self._stop.set()
        self._path.let_go()
        if not self._recorder.end(_END_SECONDS):
            _LOG.warning("a batch or its records takes too long; the sensors go on from there")
            self._path.hand_back()
        with self._ledger.write() as connection:
            workers.stop(connection, self._me.id, now=self._clock.now())
        return reason or "asked to"

    def _open_ports(self) -> None:
        minutes = 1
        try:
            minutes = max(self._pipeline.ports().rules.reference_minutes, minutes)
        except PipelineError as failure:
            _LOG.warning("not ready: %s", failure.code or type(failure).__name__)
        self._old_at = time.monotonic() + minutes * 60

    def _renew(self) -> None:
        """Make the ports anew where what they were made of changed, or grew old."""
        now = _stamp(self._configuration_files())
        changed, self._configuration = now != self._configuration, now
        if changed or time.monotonic() > self._old_at:
            self._pipeline.close()
            self._open_ports()

    def _reason_to_end(self) -> str:
        code = _stamp(_code_files())
        if any(code[path] != seen for path, seen in self._code.items()):
            return "its code changed"
        self._code = code
        if self._path.done >= _MOST_BATCHES:
            return f"{_MOST_BATCHES} batches are done"
        self._memory = self._memory or (_memory_mib() if self._path.done else 0.0)
        if self._memory and _memory_mib() > self._memory + _MOST_GROWTH_MIB:
            return "its memory grew"
        return ""

    def _register(self) -> None:
        me = self._me
        with self._ledger.write() as connection:
            workers.register(
                connection,
                me.id,
                workers.WARM,
                host=me.host,
                pid=me.pid,
                now=self._clock.now(),
                detail=self._detail(),
            )

    def _detail(self) -> dict[str, object]:
        return {"state": self._path.state, "batches": self._path.done}

    def _beat(self) -> None:
        while not self._stop.wait(_BEAT_SECONDS):
            try:
                with self._ledger.write() as connection:
                    known = workers.heartbeat(
                        connection, self._me.id, now=self._clock.now(), detail=self._detail()
                    )
                if not known:
                    self._register()
                self._recorder.heed_terminations()
            except Exception as failure:
                _LOG.warning("no sign of life could be given: %s", type(failure).__name__)

    def _configuration_files(self) -> list[Path]:
        home = self._settings.home
        named = [self._settings.pipeline_config] if self._settings.pipeline_config else []
        return [*named, Path(".env"), *(home.sandbox / f"{n}.json" for n in ("pardot", "odoo"))]


class _Watch:
    """Whether the inbox is worth a look: an idle worker must cost next to nothing.

    On SQLite every commit changes the write-ahead log, which costs a glance instead of a query.
    """

    def __init__(self, ledger: Ledger) -> None:
        engine = ledger.engine
        self._log = Path(f"{engine.url.database}-wal")
        self._seconds = _LOOK_SECONDS[engine.dialect.name]
        self._looked = 0.0
        self._seen: tuple[int, int] | None = None

    def is_worth_a_look(self) -> bool:
        """Whether something was written, or some time passed: events fall due by themselves."""
        seen, before = _seen(self._log), self._seen
        if seen == before and time.monotonic() < self._looked + self._seconds:
            return False
        self._seen, self._looked = seen, time.monotonic()
        return True


def _code_files() -> list[Path]:
    """The project's modules as this process loaded them."""
    package = assembly.__name__.partition(".")[0]
    return [
        Path(file)
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] == package and (file := getattr(module, "__file__", None))
    ]


def _stamp(files: Iterable[Path]) -> dict[Path, tuple[int, int] | None]:
    return {path: _seen(path) for path in files}


def _seen(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size


def _memory_mib() -> float:
    """Resident memory (known on Linux alone)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Run the worker until it is asked to end, or should be started again."""
    settings = Settings()
    process_logs.set_up("worker", log_format=settings.log_format, stream=sys.stdout)
    warnings.simplefilter("ignore", dg.PreviewWarning)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    place_dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        reason = WarmWorker(settings, instance, stop).run()
    _LOG.info("ended: %s", reason)


if __name__ == "__main__":
    main()
