"""Fills a new store from the population.

What lives here: creating, recognising and refusing an existing state. What
does not: the people themselves (`sandbox.population`), what is planted when somebody first asks for
it (`late_planting.py`).
"""

from __future__ import annotations

import secrets
import shutil
import string
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.sandbox.pardot.inserting import insert
from pardot_odoo_pipeline.sandbox.pardot.late_planting import plant_late
from pardot_odoo_pipeline.sandbox.pardot.store import INDEXES, Store
from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["STATE_VERSION", "open_state"]

STATE_VERSION = 3
_PLANTED_FIRST = ("users", "campaigns", "lists", "custom-fields", "prospects", "account")
_ROWS_A_REPORT = 50_000
_ALPHABET = string.ascii_letters + string.digits


def open_state(directory: Path, clock: WorldClock, *, seed: int, size: int, fresh: bool) -> Store:
    """Open the state in that directory, or create it.

    Args:
        directory: Where the database and result files live.
        clock: The world's clock.
        seed: The population's seed.
        size: How many prospects.
        fresh: Throw an existing state away first.

    Raises:
        ConfigurationError: There is a state of another seed, size or version.
    """
    if fresh:
        shutil.rmtree(directory, ignore_errors=True)
    path = directory / "pardot.sqlite"
    stamp = {"seed": seed, "size": size, "version": STATE_VERSION, "population": _generation()}
    store = Store(path, clock.timestamp)
    found = store.fact("stamp")
    if found is None and store.fact("planting") is not None:
        # The last creation was cut short: nobody has seen that state, so begin again.
        store.close()
        return open_state(directory, clock, seed=seed, size=size, fresh=True)
    if found is not None and found != stamp:
        store.close()
        raise ConfigurationError(
            f"The Pardot sandbox in {directory} holds another population ({found})",
            fix="Add --fresh or use another PIPELINE_HOME",
        )
    population = Population(seed=seed, size=size)
    store.fill_late = lambda collection: plant_late(store, population, collection)
    if found is None:
        store.set_fact("planting", stamp)
        _plant(store, population, clock, size)
        store.set_fact("stamp", stamp)
    return store


def _generation() -> int:
    """The population generator's version, where it has one."""
    from pardot_odoo_pipeline.sandbox import population

    return int(getattr(population, "GENERATOR_VERSION", 1))


def _plant(store: Store, population: Population, clock: WorldClock, size: int) -> None:
    catalogue = store.catalogue
    insert(store, catalogue["users"], population.users())
    insert(store, catalogue["campaigns"], population.campaigns())
    insert(store, catalogue["lists"], population.lists())
    insert(store, catalogue["custom-fields"], population.custom_fields())
    store.load_custom_fields()
    insert(
        store,
        store.catalogue["prospects"],
        _counted((planted.row for planted in population.prospects()), size),
    )
    small = population.small_tables()
    for collection, records in small.items():
        insert(store, catalogue[collection], records)
    for sql in INDEXES:
        with store.writing() as connection:
            connection.execute(sql)
    _plant_account(store, clock)
    for collection in (*small, *_PLANTED_FIRST):
        store.mark_full(collection)
    store.set_fact("credentials", _credentials())


def _plant_account(store: Store, clock: WorldClock) -> None:
    with store.writing() as connection:
        first = connection.execute('SELECT min("createdAt") FROM prospects').fetchone()[0]
        seconds = min(first or int(clock.timestamp()), int(clock.timestamp())) - 86_400
    created = datetime.fromtimestamp(seconds, UTC)
    account = {
        "id": 1,
        "company": "Sandbox Company",
        "level": "Advanced",
        "website": "https://sandbox.example.com",
        "createdAt": created,
        "updatedAt": created,
    }
    insert(store, store.catalogue["account"], [account])


def _counted(rows: Iterable[dict[str, Any]], size: int) -> Iterator[dict[str, Any]]:
    """Pass rows on and tell a waiting person how far it is."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % _ROWS_A_REPORT == 0:
            sys.stderr.write(f"pardot sandbox: {number:,} of {size:,} prospects\n")
            sys.stderr.flush()


def _credentials() -> dict[str, str]:
    def word(length: int) -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(length))

    return {
        "client_id": f"3MVG9{word(80)}",
        "client_secret": secrets.token_hex(32).upper(),
        "refresh_token": f"5Aep861{word(80)}",
        "business_unit_id": f"0Uv{word(15)}",
        "username": "integration@sandbox.example.com",
        "password": word(24),
    }
