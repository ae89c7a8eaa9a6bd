"""One seed's world: both systems, the engine's processes, people, faults, and the order of it all.

What lives here: playing a history to its end, and letting all heal. What does not: drawing it
(`history`), and what must hold (`watch`, `verdict`).
"""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson

from pardot_odoo_pipeline import event_batches, launching
from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store import inbox, retries
from pardot_odoo_pipeline.ledger.store.batches import Batch, RunRequest
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.opening import (
    open_due_retries,
    open_ids,
    open_initial,
    open_interval,
    open_range,
)
from pardot_odoo_pipeline.operations.probing import probe
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.pushed_events import HOT, EventType, PushedEvent, System
from pardot_odoo_pipeline.sandbox.http import Request, Response
from pardot_odoo_pipeline_tests.simulation.faults import (
    ODOO_HOST,
    PARDOT_HOST,
    Fault,
    Faults,
    Network,
)
from pardot_odoo_pipeline_tests.simulation.history import Event, History
from pardot_odoo_pipeline_tests.simulation.people import PARTNER, People
from pardot_odoo_pipeline_tests.simulation.process import Process
from pardot_odoo_pipeline_tests.simulation.scheduler import Scheduler
from pardot_odoo_pipeline_tests.simulation.site import Templates
from pardot_odoo_pipeline_tests.simulation.systems import System as Side
from pardot_odoo_pipeline_tests.simulation.trace import Trace
from pardot_odoo_pipeline_tests.simulation.watch import Watch, look
from pardot_odoo_pipeline_tests.world import EVERYONE, WRITES

__all__ = ["Runner", "World"]

Runner = Callable[[Process, str, RunRequest | None], None]
"""Runs a batch in a process, to its end."""

_ROUNDS = 24
_SETTLED = 3
"""Rounds without anything owed after which nothing may be left to be written."""

_HEALING = (400.0, 400.0, 400.0, 1_300.0, 2_600.0, 5_200.0, 7_300.0)
"""Seconds from one quiet round to the next: in the end longer than any record or batch rests."""


_GIVES_ADDRESSES_UP = re.compile(r"(optedOut|isDoNotEmail) False|now |merged|deleted|bin|email")
"""What people do in Pardot after which an address may be written to again."""


class World:
    """Plays a history.

    Args:
        templates: What it begins with.
        history: What happens.

    Attributes:
        told: The story, in words.
        wrong: What was not as promised.
        written: The calls that changed something.
        died: What batches ended with, by code.
        lifted: Where the engine may undo an opt-out, as a person did so on the other side.
        healing: Whether all faults are over.
        opened: Whether the last round of the schedule opened a stretch of changes.
        runner: How batches are run.
        on_point: Told of every call of a process before it is made.
    """

    def __init__(self, templates: Templates, history: History) -> None:
        self.history = history
        self.seed = history.seed
        self.site = templates.copy(history.begin)
        self.clock = self.site.clock
        self.begun = self.clock.now()
        self.trace = Trace()
        self.told: list[str] = []
        self.wrong: list[str] = []
        self.died: list[str] = []
        self.keys: list[str] = []
        self.written: list[str] = []
        self.runs: dict[tuple[str, int], list[bool]] = {}
        self.runner: Runner = self._straight
        self.lifted: set[str] = set()
        self.acts = 0
        self.healing = False
        self.opened = False
        self.on_point: Callable[[Process, str], None] | None = None
        self.seen_records: tuple[Any, Any] | None = None
        self._shown: dict[str, tuple[Any, dict[str, Any]]] = {}
        self.edits: dict[str, int] = {}
        self.dooms: list[int] = []
        self.scheduler = Scheduler(self.clock, Random(f"{self.seed} turns"), history.restless)
        self.faults = Faults(self)
        self.network = Network(self)
        self.settings = self.site.settings(**history.settings)
        self._processes: list[Process] = []
        self._daemon: Process | None = None
        self.admin: OdooClient = self.site.admin
        self.ports: Ports = templates.observer
        self.site.systems.pardot.control("PATCH", "/switches", dict(history.switches))
        self.watch = Watch(self, look(self))
        self.watch.lag = bool(history.switches.get("read_lag_seconds"))

    def close(self) -> None:
        """Let go of everything."""
        self.site.systems.close()

    # As people see it

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    @property
    def ids(self) -> list[str]:
        """The prospects, those in the recycle bin included."""
        return self.site.ids

    @property
    def pardot(self) -> Side:
        """Pardot's control port."""
        return self.site.systems.pardot

    @property
    def odoo(self) -> Side:
        """Odoo's control port."""
        return self.site.systems.odoo

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.sleep(seconds)

    def edit(self, prospect_id: str, **values: Any) -> None:
        """What a person changes in Pardot's own pages."""
        self.pardot.control("POST", f"/prospects/{prospect_id}", {"values": values})

    def everybody(self) -> dict[str, dict[str, Any]]:
        """Prospects as Pardot holds them now, the recycle bin included."""
        stored = self.site.systems.prospects()
        zone = self.site.systems.switches["time_zone"]
        rows = {}
        for who in self.ids:
            raw = (zone, stored[who])
            if self._shown.get(who, (None, None))[0] != raw:
                shown = self.pardot.control("GET", f"/objects/prospects/{who}")
                self._shown[who] = (raw, shown)
            rows[who] = self._shown[who][1]
        return rows

    def records(self, model: str) -> list[int]:
        """The records of prospects, archived or not."""
        domain = [("x_pardot_prospect_id", "!=", False)]
        return self.admin.search(model, domain, order="id", context=EVERYONE)

    def prospect_of(self, model: str, record: int) -> str | None:
        """Whose record that is, as long as Pardot has them."""
        [row] = self.admin.read(model, [record], ["x_pardot_prospect_id"])
        who = row["x_pardot_prospect_id"]
        return who if who in self.ids else None

    def tell(self, text: str) -> None:
        """One more line of the story."""
        seconds = (self.now - self.begun).total_seconds()
        self.told.append(f"{seconds:9.2f} s  {text}")

    # What calls lead to

    def at_point(self, process: Process, what: str) -> None:
        """A process calls something."""
        if self.on_point is not None:
            self.on_point(process, what)

    def before_server(self, process: Process, host: str, request: Request) -> None:
        """A system is about to work on a call."""
        if host != PARDOT_HOST or request.method in ("GET", "POST"):
            return
        who = request.path.rpartition("/")[2]
        if self.edits.get(who, 0) > process.read_at.get("pardot", 0):
            # No read could see that edit, and Pardot knows no conditional write.
            self.watch.unseen.add(who)

    def after_server(self, process: Process, host: str, request: Request, answer: Response) -> None:
        """A system has worked on a call."""
        self.trace.add("server", f"{answer.status}")
        if (said := _change(host, request)) is not None:
            self.written.append(said)
            if host not in self.lifted and _lets_go(host, request):
                self.wrong.append(
                    f"an opt-out is undone, and nobody did so elsewhere: {said[:300]}"
                )
        if host == PARDOT_HOST:
            if request.method == "GET" and answer.status == 200:
                process.read_at["pardot"] = self.acts
        elif b"x_pardot" in request.body:
            self.wrong += [f"twins: {one}" for one in self._twins()]

    def _twins(self) -> list[str]:
        run = self.site.systems.database.connection.execute
        return [
            f"{table} {row[0]}"
            for table in ("crm_lead", "res_partner")
            for row in run(
                f"SELECT x_pardot_prospect_id FROM {table} WHERE x_pardot_prospect_id IS NOT NULL "
                "GROUP BY x_pardot_prospect_id HAVING count(*) > 1"
            )
        ]

    # Processes

    @contextmanager
    def _process(self) -> Iterator[Process]:
        """One that is free, or a new one."""
        free = (p for p in self._processes if p.alive and p.running is None)
        process = next(free, None)
        if process is None:
            process = Process(self, len(self._processes))
            self._processes.append(process)
        process.running = "something"
        if self.dooms:
            process.dies_at = process.calls + self.dooms.pop(0)
        try:
            yield process
        finally:
            process.running = None

    def _run(self, key: str, request: RunRequest | None = None) -> None:
        """Run a batch, to its end or that of its process."""
        over = [False]
        if request is not None:
            self.runs.setdefault((key, request.attempt), []).append(False)
        try:
            with self._process() as process:
                process.running = key
                self._steps(process, key, request)
        finally:
            if request is not None:
                self.runs[key, request.attempt] = [True]
            del over

    def _steps(self, process: Process, key: str, request: RunRequest | None) -> None:
        self.keys.append(key)
        self.tell(f"process {process.number} runs {key}")
        try:
            self.runner(process, key, request)
        except PipelineError as error:
            self._ended(key, str(error.code))
        except Exception as bug:
            where = traceback.extract_tb(bug.__traceback__)[-1]
            name = where.filename.rpartition("/")[2]
            self.wrong.append(
                f"{key} ended with {type(bug).__name__}: {str(bug)[:200]} ({name}:{where.lineno})"
            )
            self._ended(key, type(bug).__name__)
        else:
            self.tell(f"{key} is done")

    @staticmethod
    def _straight(process: Process, key: str, request: RunRequest | None) -> None:
        """A batch without Dagster; one that could not begin is given back, as its run would do."""
        attempt = None if request is None else request.attempt
        try:
            for _ in process.pipeline.steps(key, attempt=attempt, run_id=""):
                pass
        except PipelineError:
            if request is not None:
                launching.give_back(process.ledger, request, process.world.now)
            raise

    def _ended(self, key: str, code: str) -> None:
        self.died.append(code)
        self.tell(f"{key} ended with {code}")

    def _as_daemon(self, act: Callable[[Process], None]) -> None:
        """Something that the daemon does: sensors and schedules."""
        if self._daemon is None or not self._daemon.alive or self._daemon.running:
            self._daemon = Process(self, len(self._processes))
            self._daemon.running = "the daemon"
            self._processes.append(self._daemon)
        daemon = self._daemon
        daemon.running = "the daemon"
        if self.dooms and self.dooms[0] < 6:
            daemon.dies_at = daemon.calls + self.dooms.pop(0)
        try:
            act(daemon)
        except PipelineError as error:
            self.tell(f"the daemon ended with {error.code}")
        finally:
            daemon.running = None

    def launch(self, requests: Sequence[RunRequest]) -> None:
        """Run what was requested."""
        for request in requests:
            key = str(request.key)
            self.scheduler.spawn(key, lambda key=key, request=request: self._run(key, request))

    def _runs_of(self, batch: Batch) -> list[bool]:
        return self.runs.get((str(batch.key), batch.attempt), [])

    # What happens

    def tick(self) -> None:
        """Both sensors, once."""

        def look_around(daemon: Process) -> None:
            ledger, now = daemon.ledger, self.now
            launching.take_over(ledger, now)
            launching.free_lost(ledger, now, self._runs_of)
            rules = self.ports.rules
            probe(self.settings, ledger, rules, now, outside=daemon.outside, worker=daemon.worker)
            open_due_retries(ledger, now, batch_size=rules.batch_size)
            if not launching.shut_ways(ledger, BatchKind.WEBHOOK.value):
                for _ in range(event_batches.MOST_OPEN):
                    if not event_batches.open_event_batches(ledger, rules, now):
                        break
            self.launch(launching.take_requests(ledger, self.now))

        self._as_daemon(look_around)

    def interval(self) -> None:
        """The schedule, once."""

        def open_next(daemon: Process) -> None:
            key = open_interval(daemon.ledger, self.now)
            self.opened = key is not None
            if key is None:
                self.tell("the interval before is still under way")
                return
            self.launch(launching.take_requests(daemon.ledger, self.now, only=[str(key)]))

        self.opened = False
        self._as_daemon(open_next)

    def initial(self) -> None:
        """An initial sync that a person asks for, in a process of its own."""

        def whole() -> None:
            with self._process() as process:
                try:
                    keys = open_initial(process.ports())[0]
                except PipelineError as error:
                    self._ended("initial", str(error.code))
                    return
                self.launch(
                    launching.take_requests(process.ledger, self.now, only=list(map(str, keys)))
                )

        self.scheduler.spawn("initial", whole)

    def _do(self, event: Event) -> None:
        random = Random(f"{self.seed} {event.n} {event.do}")
        getattr(self, f"_do_{event.do}")(event, random)

    def _do_people(self, event: Event, random: Random) -> None:
        self._look(f"before act {event.n}")
        people = People(self, random, number=event.n * 100)
        people.act(event.how.get("act"))
        for line in people.told:
            self.tell(line)
            if "let go" in line:
                self.lifted.add(PARDOT_HOST)
            if _GIVES_ADDRESSES_UP.search(line):
                self.lifted.add(ODOO_HOST)
        self._acted()

    def _acted(self) -> None:
        self.acts += 1
        for kind, record, _ in self.watch.people_acted():
            if kind == "prospect":
                self.edits[record] = self.acts

    def _do_edit(self, event: Event, random: Random) -> None:
        """A person edits that prospect in Pardot."""
        self._look(f"before act {event.n}")
        who = self.ids[event.how["prospect"]]
        self.edit(who, **event.how["values"])
        self.tell(f"prospect {who}: {event.how['values']}")
        if "email" in event.how["values"]:
            self.lifted.add(ODOO_HOST)
        self._acted()

    def _do_edit_odoo(self, event: Event, random: Random) -> None:
        """A person edits the contact of that prospect."""
        self._look(f"before act {event.n}")
        who = self.ids[event.how["prospect"]]
        found = self.admin.search(PARTNER, [("x_pardot_prospect_id", "=", who)], context=EVERYONE)
        self.admin.write(PARTNER, found, event.how["values"])
        self.tell(f"contact of prospect {who}: {event.how['values']}")
        self._acted()

    def _do_interval(self, event: Event, random: Random) -> None:
        self.interval()

    def _do_begin(self, event: Event, random: Random) -> None:
        """Somebody sees that the initial sync never began, and asks for it again."""
        if not self._is_begun():
            self.initial()

    def _do_tick(self, event: Event, random: Random) -> None:
        self.tick()

    def _do_named(self, event: Event, random: Random) -> None:
        ids = random.sample(self.ids, min(3, len(self.ids)))
        self._as_daemon(lambda daemon: self._open_ids(daemon, ids))

    def _open_ids(self, daemon: Process, ids: list[str]) -> None:
        keys = open_ids(daemon.ledger, ids, self.now)
        self.tell(f"somebody names {', '.join(ids)}")
        self.launch(launching.take_requests(daemon.ledger, self.now, only=[str(k) for k in keys]))

    def _do_range(self, event: Event, random: Random) -> None:
        def open_some(daemon: Process) -> None:
            since = self.now - timedelta(seconds=event.how["seconds"])
            keys = open_range(daemon.ledger, since, self.now)
            self.launch(
                launching.take_requests(daemon.ledger, self.now, only=[str(k) for k in keys])
            )

        self._as_daemon(open_some)

    def _do_again(self, event: Event, random: Random) -> None:
        if self.keys:
            key = random.choice(sorted(set(self.keys)))
            self.scheduler.spawn(f"{key} again", lambda: self._run(key))

    def _do_push(self, event: Event, random: Random) -> None:
        """Salesforce pushes what just happened, once, twice, late or wrong."""
        who = random.choice(self.ids)
        kind = random.choice((EventType.PROSPECT_UPDATED, EventType.FORM_SUBMITTED))
        pushed = PushedEvent(
            source="salesforce",
            event_id=f"evt_{event.n}",
            system=System.PARDOT,
            type=kind.value,
            prospect_id=who,
            occurred_at=self.now,
            received_at=self.now,
            priority=random.choice((0, HOT)),
        )

        def receive(daemon: Process) -> None:
            with daemon.ledger.write() as connection:
                inbox.store(connection, [pushed])
            self.tell(f"{kind.value} of {who} is pushed")

        self._as_daemon(receive)

    def _do_fault(self, event: Event, random: Random) -> None:
        self.faults.waiting.append(Fault(**event.how))

    def _do_crash(self, event: Event, random: Random) -> None:
        self.dooms.append(event.how["calls"])

    def _do_outage(self, event: Event, random: Random) -> None:
        self.tell(f"outage: {event.how}")
        self.faults.outage(**event.how)

    def _do_lag(self, event: Event, random: Random) -> None:
        lag = 0.0 if self.watch.lag else random.choice((15.0, 60.0))
        self.watch.lag = bool(lag)
        self.tell(f"Pardot's reads lag {lag} s")
        self.pardot.control("PATCH", "/switches", {"read_lag_seconds": lag})

    def _do_revoke(self, event: Event, random: Random) -> None:
        self.tell("all access tokens are revoked")
        self.pardot.control("DELETE", "/tokens")

    def _do_full(self, event: Event, random: Random) -> None:
        self.tell(f"the disk is full for {event.how['seconds']} s")
        self.faults.full_until = self.now + timedelta(seconds=event.how["seconds"])

    def _do_jump(self, event: Event, random: Random) -> None:
        self.tell(f"the clock jumps by {event.how['seconds']} s")
        self.clock.advance(event.how["seconds"])

    # From begin to end

    def play(self) -> list[str]:
        """Everything; returns what was not as promised."""
        self.unfold()
        self._look("in the history")
        self.heal()
        return self.wrong

    def unfold(self) -> None:
        """All events, and what follows from them."""
        if self.history.begin == "planted":
            self.scheduler.spawn("initial", self.initial)
        for event in self.history.events:
            self.scheduler.spawn(
                f"{event.do} {event.n}", lambda event=event: self._do(event), after=event.at
            )
        self.scheduler.run()

    def heal(self) -> None:
        """No more faults; time passes until nobody is owed anything."""
        from pardot_odoo_pipeline_tests.simulation.left_over import left_over
        from pardot_odoo_pipeline_tests.simulation.verdict import judge

        self.tell("all faults end")
        self.healing = True
        self.faults.clear()
        self.dooms.clear()
        for process in self._processes:
            process.dies_at = None
        self.scheduler.restless = 0.0
        if self.watch.lag:
            self.pardot.control("PATCH", "/switches", {"read_lag_seconds": 0.0})
        if not self._is_begun():
            self.initial()
            self.scheduler.run()
        settled = 0
        for number in range(_ROUNDS):
            self.clock.advance(_HEALING[min(number, len(_HEALING) - 1)])
            self.written.clear()
            self.tick()
            self.interval()
            self.scheduler.run()
            self._look("in the quiet")
            self.watch.lag = False
            # Who waited for the batch before has not read yet what was typed after that was opened.
            rests = self.opened and not (self.owed() or self.unfinished())
            settled = settled + 1 if rests else 0
            if settled >= _SETTLED or (settled and number and not self.written):
                break
        else:
            owed = f"{self.owed()} owed, waiting: {self.unfinished()}"
            self.wrong.append(f"never quiet: {owed}; batches ended with {self.died[-5:]}")
            return
        self.wrong += [*judge(self, self.watch), *left_over(self)]
        self.wrong += [f"written in a further batch: {call}" for call in self.written]

    def _is_begun(self) -> bool:
        from pardot_odoo_pipeline.ledger.store import cursors
        from pardot_odoo_pipeline.steps.changes import UPDATED_CURSOR

        with self.site.ledger.read() as connection:
            return cursors.position(connection, UPDATED_CURSOR) is not None

    def _look(self, when: str) -> None:
        self.wrong += [f"{when}: {lost}" for lost in self.watch.batch_ran()]

    def owed(self) -> int:
        """How many records wait for another attempt."""
        with self.site.ledger.read() as connection:
            return retries.count(connection).get(retries.RetryState.WAITING, 0)

    def unfinished(self) -> list[str]:
        """The batches that wait for a run."""
        return launching.waiting(self.site.ledger)

    @property
    def endings(self) -> Counter[str]:
        """How often batches ended with what."""
        return Counter(self.died)


def _change(host: str, request: Request) -> str | None:
    """What a call changes, in a few words; None where it only reads."""
    if host == PARDOT_HOST:
        if not request.path.startswith("/api/") or request.method == "GET":
            return None
        return f"{request.method} {request.path} {request.body[:300].decode('utf-8', 'replace')}"
    if request.path == "/jsonrpc":
        arguments = orjson.loads(request.body)["params"]["args"]
        if len(arguments) < 5:
            return None
        model, method, named = arguments[3], arguments[4], arguments[6]
    elif request.path.startswith("/json/2/"):
        model, method = request.path.split("/")[3:5]
        named = orjson.loads(request.body)
    else:
        return None
    consent = (named.get("context") or {}).get("pardot_consent")
    if method not in WRITES or (consent and not (consent.get("block") or consent.get("unblock"))):
        return None
    return f"{model}.{method} {orjson.dumps(named).decode()[:1500]}"


def _lets_go(host: str, request: Request) -> bool:
    """Whether a call undoes an opt-out."""
    if host == PARDOT_HOST:
        if request.method != "PATCH":
            return False
        values = orjson.loads(request.body)
        return any(values.get(flag) is False for flag in ("optedOut", "isDoNotEmail"))
    return b'"pardot_consent"' in request.body and b'"unblock": [{' in request.body
