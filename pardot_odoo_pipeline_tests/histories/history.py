"""One history: people, outages, crashes and batches in random order, then quiet.

What lives here: the order of things. What does not: acts (`people`) and judgement (`watch`,
`verdict`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from pardot_odoo_pipeline.opening import open_ids
from pardot_odoo_pipeline_tests.histories.people import People
from pardot_odoo_pipeline_tests.histories.site import Site, Stop
from pardot_odoo_pipeline_tests.histories.verdict import judge, told_again
from pardot_odoo_pipeline_tests.histories.watch import Watch, look

ODOO_LOST = {"after": True, "reset": True}
FAULTS = [
    ("odoo", ODOO_LOST, {"contains": "crm.lead"}),
    ("odoo", {"after": True, "status": 504, "html": True}, {"contains": "run"}),
    ("odoo", {"status": 502, "html": True}, {}),
    ("odoo", {"reset": True}, {"contains": "search_read"}),
    ("pardot", {"status": 503}, {"path": "/api/v5/objects/prospects"}),
    ("pardot", {"after": True, "reset": True}, {"method": "PATCH"}),
    ("pardot", {"after": True, "status": 504, "html": True}, {"method": "PATCH"}),
    ("pardot", {"reset": True}, {"method": "PATCH"}),
    ("pardot", {"code": 66}, {"method": "PATCH"}),
]

KINDS = ("people", "time", "batch", "broken", "fault", "lag", "again", "named", "meanwhile")
USUAL = (50, 12, 18, 10, 8, 3, 4, 4, 8)
PATIENT = (50, 12, 22, 10, 8, 3, 4, 4, 0)
"""Nobody acts while a batch runs, and there are more of them."""


@dataclass
class History:
    """A seed's story.

    Attributes:
        site: Both systems, after the initial sync.
        seed: What makes it this story.
        weights: How often what of `KINDS` happens.
        wrong: What was not as promised.
    """

    site: Site
    seed: int
    weights: Sequence[int] = USUAL
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.people = People(self.site, self.random)
        self.watch = Watch(self.site, look(self.site))

    @property
    def told(self) -> list[str]:
        """What happened, in words."""
        return self.people.told

    def play(self, steps: int) -> None:
        """Everything, to the verdict."""
        for _ in range(steps):
            self._step()
        self._quiet()
        self.wrong += judge(self.site, self.watch)
        again = told_again(self.site)
        self.wrong += [f"written in a further batch: {call}" for call in again]

    def _step(self) -> None:
        kind = self.random.choices(KINDS, weights=self.weights)[0]
        getattr(self, f"_{kind}")()

    def _people(self) -> None:
        self.people.act()
        self.watch.people_acted()

    def _time(self) -> None:
        seconds = self.random.choice([1, 20, 70, 400, 1000])
        self.site.later(seconds)
        self.told.append(f"{seconds} s pass")

    def _batch(self) -> None:
        self.site.later(self.random.choice([0, 5, 61, 310]))
        self._run("interval")

    def _broken(self) -> None:
        how = self.random.choice(["step", "call", "kill", "kill in the call"])
        stop = Stop(
            after=self.random.randint(1, 7) if how in ("step", "kill") else 0,
            in_the_call="call" in how,
            kills="kill" in how,
        )
        self._run(f"interval with a crash: {how} {stop.after}", stop)

    def _meanwhile(self) -> None:
        """People do not wait until a batch is over."""

        def act() -> None:
            self.wrong += [f"before an act meanwhile: {lost}" for lost in self.watch.batch_ran()]
            self.site.later(2)
            self.told.append(f"after step {stop.after}:")
            for _ in range(self.random.choice([1, 2, 4])):
                self._people()

        stop = Stop(self.random.randint(3, 6), act)
        self._run("interval with people at work", stop)

    def _fault(self) -> None:
        side, action, match = self.random.choice(FAULTS)
        times = self.random.choice([1, 1, 2, 6])
        getattr(self.site.world, side).fault(action, times, **match)
        self.told.append(f"fault in {side}, {times} times: {action} {match}")
        self._run("interval")

    def _lag(self) -> None:
        self.watch.lag = not self.watch.lag
        self._set_lag()
        self.told.append(f"Pardot's reads lag: {self.watch.lag}")

    def _set_lag(self) -> None:
        seconds = 60.0 if self.watch.lag else 0.0
        self.site.world.pardot.control("PATCH", "/switches", {"read_lag_seconds": seconds})

    def _again(self) -> None:
        if self.site.keys:
            key = self.random.choice(self.site.keys)
            self._run(f"again {key}", key=key)

    def _named(self) -> None:
        ids = self.random.sample(self.site.ids, 3)
        [key] = open_ids(self.site.ports.ledger, ids, self.site.now)
        if self.random.random() < 0.5:
            self._run(f"named {ids}", key=str(key))
        else:
            self.told.append(f"named {ids}, later")

    def _run(self, what: str, stop: Stop | None = None, *, key: str | None = None) -> None:
        # No batch begins within the second of an earlier one's writes.
        self.site.later(2)
        deaths = len(self.site.died)
        if key is not None:
            self.site.run(key, stop)
        else:
            if self.random.random() < 0.7:
                self.site.waiting()
            if not self.site.interval(stop):
                what += " (another one waits)"
        self.site.world.odoo.control("DELETE", "/faults")
        self.site.world.pardot.control("DELETE", "/faults")
        ended = self.site.died[deaths:]
        self.told.append(f"{self.site.now:%H:%M:%S} batch {what} {ended or ''}")
        self.wrong += [f"after {self.told[-1]}: {lost}" for lost in self.watch.batch_ran()]

    def _quiet(self) -> None:
        self.told.append("quiet")
        self.watch.lag = False
        self._set_lag()
        for number in range(12):
            self.site.later(400)
            self.site.waiting()
            self.site.interval()
            self.wrong += [f"in the quiet: {lost}" for lost in self.watch.batch_ran()]
            if number >= 2 and not self.site.owed() and not self.site.unfinished():
                return
        owed = f"{self.site.owed()} people owed, waiting: {self.site.unfinished()}"
        self.wrong.append(f"never quiet: {owed}; batches ended with {self.site.died[-5:]}")
