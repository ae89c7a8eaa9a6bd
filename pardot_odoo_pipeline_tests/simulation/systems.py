"""Both sandboxes in this process: their real code, without sockets.

What lives here: building them over a folder, answering requests, their control ports. What does
not: the network between them and the engine (`network`), what people do (`people`).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.control import ControlApp, Switches
from pardot_odoo_pipeline.sandbox.faults import ObservedApp
from pardot_odoo_pipeline.sandbox.http import Request, Response
from pardot_odoo_pipeline.sandbox.odoo.app import OdooApp, error_envelope
from pardot_odoo_pipeline.sandbox.odoo.behaviour.table import BEHAVIOURS
from pardot_odoo_pipeline.sandbox.odoo.database import Database
from pardot_odoo_pipeline.sandbox.odoo.server import open_sandbox
from pardot_odoo_pipeline.sandbox.odoo.users import add_key, set_password
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.control_routes import pardot_routes
from pardot_odoo_pipeline.sandbox.pardot.errors import error_response
from pardot_odoo_pipeline.sandbox.pardot.planting import open_state
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.pardot.switches import SWITCHES
from pardot_odoo_pipeline_tests.simulation.clock import SimClock

__all__ = ["CREDENTIALS", "ODOO", "PARDOT", "System", "Systems", "plant"]

PARDOT, ODOO = "http://pardot.sim", "http://odoo.sim"

# The same in every process: they are part of what is said on the network.
CREDENTIALS = {
    "client_id": "3MVG9simulation",
    "client_secret": "SIMULATED",
    "refresh_token": "5Aep861simulated",
    "business_unit_id": "0Uv5g0000000001AAA",
    "username": "integration@sandbox.example.com",
    "password": "simulated",
}
ADMIN, PASSWORD, KEY = "admin", "a-simulated-password", "0" * 39 + "1"
_STATES = ("pardot/pardot.sqlite", "odoo/odoo.sqlite")


@dataclass
class System:
    """One of them.

    Attributes:
        app: What the network leads to.
        control_app: Its control port.
    """

    app: ObservedApp
    control_app: ControlApp

    def control(self, method: str, path: str, value: Any = None, **params: Any) -> Any:
        """Ask its control port.

        Raises:
            LookupError: There is no such record.
            ValueError: It does not take that.
        """
        body = b"" if value is None else orjson.dumps(value)
        query = [(name, str(one)) for name, one in params.items()]
        answer = self.control_app.handle(Request(method, path, query, {}, body))
        told = orjson.loads(answer.body) if answer.body else None  # type: ignore[arg-type]
        if answer.status == 404:
            raise LookupError(told["error"])
        if answer.status >= 400:
            raise ValueError(told["error"])
        return told


class Systems:
    """Pardot and Odoo over one folder, as they are after they were started.

    Args:
        home: The folder.
        clock: The world's.
        odoo_version: 18 or 19.
    """

    def __init__(self, home: Path, clock: SimClock, odoo_version: int = 19) -> None:
        self.clock = clock
        state = home / "sandbox"
        self.store = Store(state / _STATES[0], clock.timestamp, clock.timestamp)
        self.switches = Switches(SWITCHES)
        self._words = 0
        self._pardot_app = PardotApp(
            self.store,
            clock,  # type: ignore[arg-type]
            self.switches,
            state / "pardot" / "exports",
            background=False,
            word=self._word,
        )
        observed = ObservedApp(self._pardot_app, clock, error_response)
        self.pardot = System(
            observed,
            ControlApp(
                observed,
                clock,  # type: ignore[arg-type]
                self.switches,
                pardot_routes(self._pardot_app),
            ),
        )
        self.database = Database(state / _STATES[1], odoo_version, BEHAVIOURS, clock.now)
        behind = ObservedApp(OdooApp(self.database, "odoo"), clock, error_envelope)
        control = ControlApp(behind, clock, Switches(()))  # type: ignore[arg-type]
        self.odoo = System(behind, control)

    def _word(self, size: int) -> str:
        self._words += 1
        return hashlib.sha256(f"word {self._words}".encode()).hexdigest()[:size]

    def handle(self, host: str, request: Request, timeout: Any = None) -> Response:
        """Answer a request."""
        del timeout
        return (self.pardot if host == "pardot.sim" else self.odoo).app.handle(request)

    def prospects(self) -> dict[str, tuple[Any, ...]]:
        """The prospects' rows as they are stored, by id."""
        run = self.store._writer.execute
        return {str(row[0]): row for row in run("SELECT id, * FROM prospects").fetchall()}

    def records(self) -> tuple[Any, ...]:
        """Odoo's leads and contacts as they are stored."""
        run = self.database.connection.execute
        return tuple(
            run(f"SELECT * FROM {table} ORDER BY id").fetchall()
            for table in ("crm_lead", "res_partner")
        )

    def close(self) -> None:
        """Let go of the files; whatever was not committed is gone."""
        self.store.close()
        self.database.close()


def plant(home: Path, clock: SimClock, *, people: int, seed: int) -> None:
    """Fill a new folder with both systems and a few messy people, the same in every process."""
    shutil.rmtree(home / "sandbox", ignore_errors=True)
    directory = home / "sandbox" / "pardot"
    store = open_state(directory, clock, seed=seed, size=people, fresh=True)  # type: ignore[arg-type]
    store.set_fact("credentials", CREDENTIALS)
    store.close()
    frozen = {"frozen_at": clock.now().isoformat()}
    (home / "sandbox" / "clock.json").write_text(orjson.dumps(frozen).decode())
    made = open_sandbox(home, seed=seed, prospects=people)
    made.database._now = clock.now
    with made.database.transaction(1, sudo=True) as env:
        uid = env.value("SELECT id FROM res_users WHERE login = 'admin'")
        set_password(env, uid, PASSWORD)
        env.run("DELETE FROM sandbox_secret WHERE kind = 'key'")
        add_key(env, uid, KEY)
    made.database.connection.execute(
        "UPDATE ir_config_parameter SET value = 'simulated' WHERE key = 'database.uuid'"
    )
    made.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made.database.close()


def control_value(system: System, path: str, **params: Any) -> Mapping[str, Any]:
    """What a control port shows."""
    return dict(system.control("GET", path, **params))
