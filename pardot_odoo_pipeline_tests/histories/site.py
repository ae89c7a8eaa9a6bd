"""Both sandboxes with a clock that stands still, and batches run in this process.

What lives here: starting, copying and driving them. What does not: what people do (`people`) and
what must hold (`watch`, `verdict`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline import launching, run_batch
from pardot_odoo_pipeline.assembly import build_ports
from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store import retries
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.opening import open_due_retries, open_initial, open_interval
from pardot_odoo_pipeline.ports import Ports, Worker
from pardot_odoo_pipeline.sandbox.world import WorldClock
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.people_world import PEOPLE_ALONE
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user
from pardot_odoo_pipeline_tests.world import EVERYONE, World

PLANTED = 10
CLEAN = 6
NOBODY = 4_194_303
"""A process id that is nobody's."""

# One field of each sort of policy, beside the defaults: a blank that empties, a field that only
# fills, Pardot as master of what people edit, and the later edit where Odoo is the master else.
RULES = """
fields:
  website: {blank: clear}
  addressTwo: {blank: fill_only}
  zip: {authority: pardot}
  city: {authority: latest}
"""


class _Killed(BaseException):
    """The machine went away."""


class _StandingSettings(Settings):
    def clock(self) -> Clock:
        return WorldClock(self.home.sandbox / "clock.json")


@dataclass
class Site:
    """Both systems and an engine that is called by hand.

    Attributes:
        world: The servers.
        ports: The engine's.
        ids: The prospects, those in the recycle bin included.
        keys: The batches run so far.
        died: What batches ended with, by code.
    """

    world: World
    ports: Ports
    ids: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    died: list[str] = field(default_factory=list)

    @property
    def admin(self) -> OdooClient:
        """A person in Odoo, who is not the engine."""
        return self.world.client

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.ports.clock.now()

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.ports.clock.sleep(seconds)

    def everybody(self) -> dict[str, dict[str, Any]]:
        """Prospects as Pardot holds them now, the recycle bin included."""
        pardot = self.world.pardot
        return {who: pardot.control("GET", f"/objects/prospects/{who}") for who in self.ids}

    def records(self, model: str) -> list[int]:
        """The records of prospects, archived or not."""
        domain = [("x_pardot_prospect_id", "!=", False)]
        return self.admin.search(model, domain, order="id", context=EVERYONE)

    def prospect_of(self, model: str, record: int) -> str | None:
        """Whose record that is, as long as Pardot has them."""
        [row] = self.admin.read(model, [record], ["x_pardot_prospect_id"])
        who = row["x_pardot_prospect_id"]
        return who if who in self.ids else None

    # Batches

    def interval(self, stop: Stop | None = None) -> bool:
        """Run the next interval; False where one is still under way."""
        key = open_interval(self.ports.ledger, self.now)
        if key is not None:
            self.run(str(key), stop)
        return key is not None

    def waiting(self, stop: Stop | None = None) -> int:
        """Run what waits: abandoned batches, followers, retries that are due."""
        launching.take_over(self.ports.ledger, self.now)
        open_due_retries(self.ports.ledger, self.now, batch_size=1000)
        keys = launching.waiting(self.ports.ledger)
        for key in keys:
            self.run(key, stop)
        return len(keys)

    def owed(self) -> int:
        """How many records wait for another attempt."""
        with self.ports.ledger.read() as connection:
            return retries.count(connection).get(retries.RetryState.WAITING, 0)

    def unfinished(self) -> list[str]:
        """The batches that wait for a run."""
        return launching.waiting(self.ports.ledger)

    def run(self, key: str, stop: Stop | None = None) -> bool:
        """Run a batch, to its end or to where it is stopped; whether it came to its end."""
        stop = stop or Stop()
        self.keys.append(key)
        dead = Worker(pid=NOBODY) if stop.kills else None
        ports = replace(self.ports, worker=dead) if dead else self.ports
        if stop.in_the_call:
            ports = replace(ports, loader=_Dying(ports.loader))
        give_back = run_batch._give_back
        if stop.kills:
            run_batch._give_back = lambda batch, failure, tries=(): None
        try:
            steps = run_batch.run_batch(key, ports)
            for number, _ in enumerate(steps, start=1):
                if number == stop.after and stop.meanwhile is not None:
                    stop.meanwhile()
                elif number == stop.after:
                    steps.close()
                    self.died.append("stopped")
                    return False
        except PipelineError as error:
            self.died.append(str(error.code))
            return False
        except _Killed:
            self.died.append("killed")
            return False
        finally:
            run_batch._give_back = give_back
        return True


@dataclass(frozen=True)
class Stop:
    """How a batch ends before its end, or what comes in between.

    Attributes:
        after: The step after which it is stopped; 0: none.
        meanwhile: What happens there instead of a stop.
        in_the_call: Whether it ends right after Odoo did the work and before that is noted.
        kills: Whether nobody is left to give the batch back.
    """

    after: int = 0
    meanwhile: Callable[[], None] | None = None
    in_the_call: bool = False
    kills: bool = False


@dataclass
class _Dying:
    """A loader whose process dies when Odoo has committed."""

    loader: Any

    def apply(self, *args: Any, **kwargs: Any) -> Any:
        self.loader.apply(*args, **kwargs)
        raise _Killed


def make_template(home: Path) -> Path:
    """A home after the initial sync, to be copied: each history begins from the same moment."""
    with World.running(home, PLANTED) as world:
        clock = WorldClock(home / "sandbox" / "clock.json")
        clock.set_now(clock.now().replace(microsecond=0))
        clock.freeze()
        assert world.run("provision").code == 0
        own = world.odoo.credentials
        login = OdooLogin(
            world.odoo.url, own["database"], own["username"], own.get("password"), own["api_key"]
        )
        sales = make_sales_user(login, "pipeline", with_key=False)
        (home / "password").write_text(str(sales.password))
        ids = [str(person.prospect_id) for person in world.population.truth()]
        for number in range(CLEAN):
            values = {
                "email": f"person{number}@example.org",
                "firstName": f"First{number}",
                "lastName": f"Last{number}",
                "jobTitle": f"Title {number}",
                "company": f"Company {number}",
                "city": f"City {number}",
                "country": "Germany",
                "phone": f"+49 30 90{number}3456",
            }
            made = world.pardot.control("POST", "/objects/prospects", {"values": values})
            ids.append(str(made["id"]))
        (home / "ids.json").write_text(json.dumps(ids))
        clock.advance(600)
        (home / "rules.yaml").write_text(PEOPLE_ALONE + RULES)
        site = Site(world, _ports(world))
        for key in open_initial(site.ports)[0]:
            assert site.run(str(key))
        site.ports.ledger.close()
    return home


@contextmanager
def copied(template: Path, home: Path) -> Iterator[Site]:
    """Start a copy of the template."""
    shutil.copytree(template, home)
    shutil.rmtree(home / "cache", ignore_errors=True)
    with World.running(home, PLANTED) as world:
        ports = _ports(world)
        try:
            yield Site(world, ports, json.loads((home / "ids.json").read_text()))
        finally:
            ports.ledger.close()


def _ports(world: World) -> Ports:
    odoo: Mapping[str, Any] = world.odoo.credentials
    settings = _StandingSettings(
        _env_file=None,
        pardot_api_url="sandbox",
        odoo_url=world.odoo.url,
        odoo_database=odoo["database"],
        odoo_username="pipeline",
        odoo_password=(world.home / "password").read_text(),
        pipeline_home=world.home,
        pipeline_config=world.home / "rules.yaml",
    )
    return build_ports(settings)
