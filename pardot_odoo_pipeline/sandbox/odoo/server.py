"""Opening a sandbox's Odoo: state, seeding, application, control port.

What lives here: putting the parts together. What does not: the command line (`__main__.py`).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.sandbox.control import ControlApp, Switches
from pardot_odoo_pipeline.sandbox.faults import ObservedApp
from pardot_odoo_pipeline.sandbox.odoo.app import OdooApp, error_envelope
from pardot_odoo_pipeline.sandbox.odoo.behaviour.table import BEHAVIOURS
from pardot_odoo_pipeline.sandbox.odoo.database import Database
from pardot_odoo_pipeline.sandbox.odoo.seed_population import seed_population
from pardot_odoo_pipeline.sandbox.odoo.seeding import seed_database
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["OdooSandbox", "open_sandbox"]

_FORMAT = "1"


@dataclass(frozen=True)
class OdooSandbox:
    """A ready sandbox: what to serve, and how to log in."""

    database: Database
    app: ObservedApp
    control: ControlApp
    credentials: dict[str, str]


def open_sandbox(
    home: Path, *, version: int = 19, seed: int = 0, prospects: int = 0, fresh: bool = False
) -> OdooSandbox:
    """Open the Odoo of a home, creating and filling it when it is not there.

    Args:
        home: The pipeline's home; state lives in `sandbox/odoo/` below it.
        version: 19 or 18.
        seed: The population's seed.
        prospects: The population's size; 0 for an Odoo without people.
        fresh: Throw away what is there.

    Raises:
        PipelineError: The state was made with another seed, size or version.
    """
    folder = home / "sandbox" / "odoo"
    if fresh and folder.exists():
        shutil.rmtree(folder)
    clock = WorldClock(home / "sandbox" / "clock.json")
    database = Database(folder / "odoo.sqlite", version, BEHAVIOURS, clock.now)
    wanted = {
        "seed": str(seed),
        "prospects": str(prospects),
        "version": str(version),
        "format": f"{_FORMAT}.{_generator(prospects)}",
    }
    stamp = dict(database.connection.execute("SELECT key, value FROM sandbox_stamp").fetchall())
    if "complete" not in stamp:
        if stamp:
            # An interrupted first start left half a population behind.
            database.close()
            shutil.rmtree(folder)
            database = Database(folder / "odoo.sqlite", version, BEHAVIOURS, clock.now)
        _fill(database, wanted, seed, prospects)
        stamp = dict(database.connection.execute("SELECT key, value FROM sandbox_stamp").fetchall())
    _refuse_another(stamp, wanted, database)
    credentials = {
        key.partition(".")[2]: value
        for key, value in stamp.items()
        if key.startswith("credentials.")
    }
    observed = ObservedApp(OdooApp(database, credentials["database"]), clock, error_envelope)
    control = ControlApp(observed, clock, Switches(()))
    return OdooSandbox(database, observed, control, credentials)


def _generator(prospects: int) -> Any:
    if not prospects:
        return 0
    from pardot_odoo_pipeline.sandbox import population

    return getattr(population, "GENERATOR_VERSION", 1)


def _fill(database: Database, wanted: dict[str, str], seed: int, prospects: int) -> None:
    run = database.connection.execute
    for key, value in wanted.items():
        run("INSERT INTO sandbox_stamp VALUES (?, ?)", (key, value))
    seed_database(database)
    if prospects:
        # Generating people needs a heavy import that an empty Odoo can do without.
        from pardot_odoo_pipeline.sandbox.population import Population

        seed_population(database, Population(seed=seed, size=prospects).odoo_seed())
    run("INSERT INTO sandbox_stamp VALUES ('complete', '1')")


def _refuse_another(stamp: dict[str, str], wanted: dict[str, str], database: Database) -> None:
    different = [key for key, value in wanted.items() if stamp.get(key) != value]
    if different:
        database.close()
        facts = ", ".join(f"{k} {stamp.get(k)} instead of {wanted[k]}" for k in different)
        raise PipelineError(
            f"The Odoo sandbox in this home was made with {facts}",
            fix="add --fresh or use another PIPELINE_HOME",
        )
