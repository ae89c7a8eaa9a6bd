"""Fills a new store from the population.

What lives here: creating, recognising and refusing an existing state, and the bulk inserts. What
does not: the people themselves (`sandbox.population`).

Memberships, activities and what else outnumbers the people or follows from them is planted when
somebody first asks for it: most runs never look.
"""

from __future__ import annotations

import secrets
import shutil
import string
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Kind, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.store import INDEXES, Store
from pardot_odoo_pipeline.sandbox.population import Population
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["STATE_VERSION", "open_state"]

STATE_VERSION = 3
_PLANTED_FIRST = ("users", "campaigns", "lists", "custom-fields", "prospects", "account")
_ROWS_A_TRANSACTION = 2_000
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
    store.fill_late = lambda collection: _plant_late(store, population, collection)
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
    _insert(store, catalogue["users"], population.users())
    _insert(store, catalogue["campaigns"], population.campaigns())
    _insert(store, catalogue["lists"], population.lists())
    _insert(store, catalogue["custom-fields"], population.custom_fields())
    store.load_custom_fields()
    _insert(
        store,
        store.catalogue["prospects"],
        _counted((planted.row for planted in population.prospects()), size),
    )
    small = population.small_tables()
    for collection, records in small.items():
        _insert(store, catalogue[collection], records)
    for sql in INDEXES:
        with store.writing() as connection:
            connection.execute(sql)
    _plant_account(store, clock)
    for collection in (*small, *_PLANTED_FIRST):
        store.mark_full(collection)
    store.set_fact("credentials", _credentials())


def _plant_late(store: Store, population: Population, collection: str) -> None:
    sources = {
        "list-memberships": population.memberships,
        "visitor-activities": population.activities,
        "visitors": population.visitors,
        "visits": population.visits,
        "visitor-page-views": population.page_views,
        "lifecycle-histories": population.lifecycle_histories,
        "opportunities": population.opportunities,
        "tagged-objects": population.taggings,
    }
    source = sources.get(collection)
    if source is None:
        return
    target = store.catalogue[collection]
    if collection == "visitor-page-views":
        store.ensure_full("visitors")
    with store.writing() as connection:
        # An earlier planting may have been cut short.
        connection.execute(f'DELETE FROM "{target.table}"')
    _insert(store, target, source())
    if store.fact("erased"):
        _forget_the_erased(store, target)


def _forget_the_erased(store: Store, target: ObjectType) -> None:
    """Whoever was deleted for good before this planting left nothing behind."""
    with store.writing() as connection:
        if "prospectId" in target.fields:
            connection.execute(
                f'DELETE FROM "{target.table}" WHERE "prospectId" IS NOT NULL '
                'AND "prospectId" NOT IN (SELECT id FROM prospects)'
            )
        elif target.collection == "visitor-page-views":
            connection.execute(
                f'DELETE FROM "{target.table}" WHERE "visitorId" NOT IN (SELECT id FROM visitors)'
            )


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
    _insert(store, store.catalogue["account"], [account])


def _insert(store: Store, target: ObjectType, records: Iterable[dict[str, Any]]) -> None:
    """Write records; all of them have the keys of the first."""
    rows = iter(records)
    first = next(rows, None)
    if first is None:
        return
    given = [name for name in target.fields if name in first]
    # Most values are stored as they come: those are fetched in one step, a million times.
    asis = [name for name in given if target.fields[name].kind in _AS_IS]
    converted = [(name, _FORMS[target.fields[name].kind]) for name in given if name not in asis]
    absent = [name for name in target.fields if name not in first]
    defaults = tuple(_FORMS[Kind.STRING](target.fields[name].default) for name in absent)
    names = [*asis, *(name for name, _ in converted), *absent]
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    fetch = itemgetter(*asis)

    def stored(row: dict[str, Any]) -> tuple[Any, ...]:
        return (*fetch(row), *[form(row[name]) for name, form in converted], *defaults)

    sql = f'INSERT INTO "{target.table}" ({columns}) VALUES ({marks})'
    waiting = map(stored, chain((first,), rows))
    # Many transactions, so that the log is folded in while it grows.
    while part := list(islice(waiting, _ROWS_A_TRANSACTION)):
        if store.closing.is_set():
            raise InterruptedError("the sandbox is closing")
        with store.writing() as connection:
            connection.executemany(sql, part)


def _second(value: datetime | None) -> int | None:
    return None if value is None else int(value.timestamp())


def _bit(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _other(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return orjson.dumps(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


_AS_IS = frozenset({Kind.STRING, Kind.INTEGER})
_FORMS: dict[Kind, Callable[[Any], Any]] = {
    Kind.DATETIME: _second,
    Kind.BOOLEAN: _bit,
    Kind.STRING: _other,
    Kind.INTEGER: _other,
    Kind.FLOAT: _other,
    Kind.DATE: _other,
    Kind.ARRAY: _other,
}


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
