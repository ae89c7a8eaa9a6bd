"""One installation over both systems, from a template that is copied for each seed.

What lives here: making templates, copying them, opening the ports of a process. What does not: who
runs what when (`scheduler`, `actors`).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pardot_odoo_pipeline import run_batch
from pardot_odoo_pipeline.assembly import build_ports
from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.connection import OdooConnection
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline.opening import open_initial
from pardot_odoo_pipeline.outside import Outside
from pardot_odoo_pipeline.ports import Ports, Worker
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.people_world import PEOPLE_ALONE
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin
from pardot_odoo_pipeline_tests.simulation.clock import SimClock
from pardot_odoo_pipeline_tests.simulation.network import Carrier, Line
from pardot_odoo_pipeline_tests.simulation.systems import (
    ADMIN,
    CREDENTIALS,
    ODOO,
    PARDOT,
    PASSWORD,
    Systems,
    plant,
)

__all__ = ["HOST", "RULES", "SimWorker", "Site", "Templates"]

SEED = 7
MESSY, CLEAN = 4, 4
USER, USER_PASSWORD, USER_KEY = "pipeline", "a-long-simulated-password", "0" * 39 + "2"
HOST = "sim"

# One field of each sort of policy, beside the defaults: a blank that empties, a field that only
# fills, Pardot as master of what people edit, and the later edit where Odoo is the master else.
RULES = (
    PEOPLE_ALONE
    + """
fields:
  website: {blank: clear}
  addressTwo: {blank: fill_only}
  zip: {authority: pardot}
  city: {authority: latest}
"""
)


class _Settings(Settings):
    """An installation whose clock is the simulated world's."""

    def clock(self) -> Clock:
        return self.__dict__["_clock"]


class SimWorker(Worker):
    """A worker on a machine of its own, whose processes are none of this one's."""

    @property
    def id(self) -> str:
        """Unique among the simulated processes."""
        return f"{self.host}:{self.pid}:sim.0:{self.nonce}"


@dataclass
class Site:
    """A folder with an installation and both systems.

    Attributes:
        home: The folder.
        clock: The world's.
        systems: As they are after a start.
        ledger: Opened once for all seeds: what it compiled is compiled.
        ids: The prospects, those in the recycle bin included.
    """

    home: Path
    clock: SimClock
    systems: Systems
    ledger: Ledger
    ids: list[str] = field(default_factory=list)

    @property
    def admin(self) -> OdooClient:
        """A person in Odoo, who is not the engine."""
        return self._client(ADMIN, PASSWORD)

    def _client(self, login: str, password: str) -> OdooClient:
        connection = OdooConnection(
            url=ODOO, database="odoo", username=login, password=SecretStr(password), api_key=None
        )
        outside = Outside(adapter=Line(self.systems.handle), is_real=False)
        return OdooClient(connection, session=outside.session())

    def settings(self, *, with_key: bool = True, refreshing: bool = False) -> Settings:
        """The installation's."""
        settings = _Settings(
            _env_file=None,
            pardot_api_url=PARDOT,
            pardot_token_url=f"{PARDOT}/services/oauth2/token",
            pardot_client_id=CREDENTIALS["client_id"],
            pardot_client_secret=CREDENTIALS["client_secret"],
            pardot_refresh_token=CREDENTIALS["refresh_token"] if refreshing else None,
            pardot_business_unit_id=CREDENTIALS["business_unit_id"],
            odoo_url=ODOO,
            odoo_database="odoo",
            odoo_username=USER,
            odoo_api_key=USER_KEY if with_key else None,
            odoo_password=None if with_key else USER_PASSWORD,
            pipeline_home=self.home,
            pipeline_config=self.home / "rules.yaml",
        )
        settings.__dict__["_clock"] = self.clock
        return settings

    def ports(
        self,
        worker: Worker,
        carry: Carrier | None = None,
        ledger: Ledger | None = None,
        **settings: Any,
    ) -> Ports:
        """The ports of a process that starts now."""
        outside = Outside(adapter=Line(carry or self.systems.handle), is_real=False)
        return build_ports(
            self.settings(**settings), outside=outside, ledger=ledger or self.ledger, worker=worker
        )

    def close(self) -> None:
        """Let go of everything."""
        self.systems.close()
        self.ledger.close()


def _provisioned(home: Path) -> Site:
    """Both systems with a few people, and an Odoo that is ready."""
    clock = SimClock()
    plant(home, clock, people=MESSY, seed=SEED)
    (home / "keys").mkdir()
    (home / "keys" / "lookup.key").write_text("5a" * 32 + "\n")
    (home / "rules.yaml").write_text(RULES)
    site = Site(home, clock, Systems(home, clock), open_ledger(home / "ledger.sqlite"))
    admin = site.admin
    provision(admin)
    _make_user(site, admin)
    with site.systems.store.reading() as connection:
        rows = connection.execute("SELECT id FROM prospects ORDER BY id").fetchall()
    site.ids += [str(row[0]) for row in rows]
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
        made = site.systems.pardot.control("POST", "/objects/prospects", {"values": values})
        site.ids.append(str(made["id"]))
    clock.advance(600)
    return site


def _make_user(site: Site, admin: OdooClient) -> None:
    """The engine's: a plain salesperson with a password and a key."""
    from pardot_odoo_pipeline.sandbox.odoo.users import add_key, set_password
    from pardot_odoo_pipeline_tests.real_odoo import server

    class _Login(OdooLogin):
        def client(self, **_: Any) -> OdooClient:  # type: ignore[override]
            return admin

    server.make_sales_user(_Login(ODOO, "odoo", ADMIN, PASSWORD, None), USER, with_key=False)
    with site.systems.database.transaction(1, sudo=True) as env:
        uid = env.value("SELECT id FROM res_users WHERE login = ?", (USER,))
        set_password(env, uid, USER_PASSWORD)
        add_key(env, uid, USER_KEY)


@dataclass
class Templates:
    """The worlds that seeds begin with, made once per process.

    Attributes:
        folder: Where they are, and where seeds live: in memory, where there is such a place.
    """

    folder: Path
    _moments: dict[str, Any] = field(default_factory=dict)
    _ids: dict[str, list[str]] = field(default_factory=dict)
    _ledger: Ledger | None = None
    _observer: Ports | None = None

    @classmethod
    def make(cls) -> Templates:
        """Make them all."""
        memory = Path("/dev/shm")
        root = memory if os.access(memory, os.W_OK) else None
        made = cls(Path(tempfile.mkdtemp(prefix="simulation-", dir=root)))
        site = _provisioned(made.folder / "work")
        made._keep("planted", site)
        site = made.copy("planted")
        worker = SimWorker(HOST, 1, "0" * 8)
        ports = site.ports(worker)
        for key in open_initial(ports)[0]:
            for _ in run_batch.run_batch(str(key), ports):
                pass
        site.clock.advance(900)
        made._keep("synced", site)
        # What it asks for is remembered in its own copy, and in none of a seed.
        site = made.copy("synced")
        made._observer = site.ports(SimWorker(HOST, 1, "0" * 8))
        site.systems.close()
        return made

    def _keep(self, name: str, site: Site) -> None:
        site.close()
        shutil.rmtree(site.home / "logs", ignore_errors=True)
        site.home.rename(self.folder / name)
        self._moments[name] = site.clock.now()
        self._ids[name] = site.ids

    def copy(self, name: str) -> Site:
        """A fresh world, in the place of the one before it."""
        home = self.folder / "work"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.folder / name, home)
        clock = SimClock()
        clock.set_now(self._moments[name])
        if self._ledger is None:
            self._ledger = open_ledger(home / "ledger.sqlite")
        # What it compiled stays, its connections belong to the file that was there before.
        self._ledger.close()
        return Site(home, clock, Systems(home, clock), self._ledger, list(self._ids[name]))

    @property
    def observer(self) -> Ports:
        """Ports of somebody who only looks: their mapping says when values are the same."""
        assert self._observer is not None
        return self._observer

    def remove(self) -> None:
        """Take everything away."""
        shutil.rmtree(self.folder, ignore_errors=True)


def dump(value: Any) -> str:
    """A value in one line, the same in every process."""
    return json.dumps(value, sort_keys=True, default=str)
