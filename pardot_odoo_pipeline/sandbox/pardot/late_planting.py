"""What is planted when somebody first asks for it.

What lives here: memberships, activities, visitors and all else that outnumbers the people or
follows from them; most runs never look. What does not: the people (`planting.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from pardot_odoo_pipeline.sandbox.pardot.catalogue import ObjectType
from pardot_odoo_pipeline.sandbox.pardot.inserting import insert
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.population import Population

__all__ = ["plant_late"]

_WEB = ("visitors", "visits", "visitor-page-views")
_VISITORS_A_TIME = 2_000


def plant_late(store: Store, population: Population, collection: str) -> tuple[str, ...]:
    """Fill the tables of a collection and of those that come from the same source.

    Returns:
        The collections that have their records now.
    """
    sources: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
        "list-memberships": population.memberships,
        "visitor-activities": population.activities,
        "lifecycle-histories": population.lifecycle_histories,
        "opportunities": population.opportunities,
        "tagged-objects": population.taggings,
    }
    group = _WEB if collection in _WEB else (collection,)
    for name in group:
        with store.writing() as connection:
            # An earlier planting may have been cut short.
            connection.execute(f'DELETE FROM "{store.catalogue[name].table}"')
    if group == _WEB:
        for part in _parts(population.browsing()):
            for name, records in zip(_WEB, zip(*part, strict=True), strict=True):
                insert(store, store.catalogue[name], [one for few in records for one in few])
    elif collection in sources:
        insert(store, store.catalogue[collection], sources[collection]())
    if store.fact("erased"):
        for name in group:
            _forget_the_erased(store, store.catalogue[name])
    return group


def _parts(
    browsing: Iterable[tuple[list[dict[str, Any]], ...]],
) -> Iterator[list[tuple[list[dict[str, Any]], ...]]]:
    rest = iter(browsing)
    while part := list(islice(rest, _VISITORS_A_TIME)):
        yield part


def _forget_the_erased(store: Store, target: ObjectType) -> None:
    """Whoever was deleted for good before this planting left nothing behind."""
    gone = {
        "tagged-objects": '"objectId" NOT IN (SELECT id FROM prospects)',
        "visitor-page-views": '"visitorId" NOT IN (SELECT id FROM visitors)',
    }.get(target.collection, '"prospectId" NOT IN (SELECT id FROM prospects)')
    if target.collection in ("tagged-objects", "visitor-page-views") or (
        "prospectId" in target.fields
    ):
        with store.writing() as connection:
            connection.execute(f'DELETE FROM "{target.table}" WHERE {gone}')
