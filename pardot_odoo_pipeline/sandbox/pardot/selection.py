"""From a `fields` list to columns of SQL and from their rows to JSON.

What lives here: resolving names (relations with dots, custom fields), the SELECT list with its
joins, and the row renderer. What does not: filters, ordering and paging (`query.py`), CSV
(`export_files.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.pardot.catalogue import Catalogue, Field, Kind, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone

__all__ = ["Column", "Selection", "related", "select"]

_MAXIMUM_TRACKS = 3


@dataclass(frozen=True)
class Column:
    """One selected value: its name as asked for, and where it comes from."""

    name: str
    sql: str
    kind: Kind


@dataclass
class Selection:
    """The columns of an answer, and the joins that they need.

    Attributes:
        columns: What was asked for, in that order, without repetition.
        joins: SQL of each join by the path of the relation.
        presence: For each relation's path the SQL that is null when nobody is there.
    """

    columns: list[Column] = field(default_factory=list)
    joins: dict[str, str] = field(default_factory=dict)
    presence: dict[str, str] = field(default_factory=dict)

    @property
    def expressions(self) -> str:
        """The SELECT list: the columns, then one presence mark per relation."""
        return ", ".join([c.sql for c in self.columns] + list(self.presence.values()))

    @property
    def sources(self) -> str:
        """The joins, ready to follow `FROM <table> AS t`."""
        return " ".join(self.joins.values())

    def renderer(self, zone: AccountZone) -> Callable[[tuple[Any, ...]], dict[str, Any]]:
        """A function from a row to the JSON object of the answer."""
        names = [c.name for c in self.columns] + [f"{path}." for path in self.presence]
        times = [c.name for c in self.columns if c.kind is Kind.DATETIME]
        flags = [c.name for c in self.columns if c.kind is Kind.BOOLEAN]
        arrays = [c.name for c in self.columns if c.kind is Kind.ARRAY]
        # Deepest first, so that a folder is in its campaign before the campaign moves.
        paths = sorted(self.presence, key=lambda path: -path.count("."))
        members = {
            path: [
                (name, name[len(path) + 1 :])
                for name in [c.name for c in self.columns] + paths
                if name.startswith(f"{path}.") and "." not in name[len(path) + 1 :]
            ]
            for path in paths
        }
        render = zone.render

        def row_to_object(row: tuple[Any, ...]) -> dict[str, Any]:
            record = dict(zip(names, row, strict=True))
            for name in times:
                value = record[name]
                if value is not None:
                    record[name] = render(value)
            for name in flags:
                value = record[name]
                if value is not None:
                    record[name] = value == 1
            for name in arrays:
                value = record[name]
                if value is not None:
                    record[name] = orjson.Fragment(value)
            for path in paths:
                related = {short: record.pop(name) for name, short in members[path]}
                present = record.pop(f"{path}.") is not None
                record[path] = related if present else None
            return record

        return row_to_object


def related(catalogue: Catalogue, target: ObjectType, names: list[str]) -> set[str]:
    """The collections into which the names of a `fields` list lead."""
    found: set[str] = set()
    for name in names:
        current = target
        for track in name.split(".")[:-1]:
            relation = current.relations.get(track)
            if relation is None:
                break
            found.add(relation.target)
            current = catalogue[relation.target]
    return found


def select(
    catalogue: Catalogue, target: ObjectType, names: list[str], *, single: bool
) -> Selection:
    """Resolve the names of a `fields` list.

    Args:
        catalogue: All objects.
        target: The object asked for.
        names: What the caller wants.
        single: Whether one record is read; a query refuses what only a single read can return.

    Raises:
        ApiError: 180 for an unknown name, 224 for one that this kind of request cannot return.
    """
    selection = Selection()
    unknown: list[str] = []
    refused: list[str] = []
    for name in dict.fromkeys(names):
        found = _resolve(catalogue, target, name, selection)
        if found is None:
            unknown.append(name)
            continue
        column, described = found
        if not single and not described.in_query:
            refused.append(name)
        selection.columns.append(column)
    if unknown:
        raise ApiError(180, ", ".join(unknown))
    if refused:
        raise ApiError(224, ", ".join(refused))
    return selection


def _resolve(
    catalogue: Catalogue, target: ObjectType, name: str, selection: Selection
) -> tuple[Column, Field] | None:
    *tracks, last = name.split(".")
    if len(tracks) >= _MAXIMUM_TRACKS:
        return None
    alias, path, joins = "t", "", {}
    presence: dict[str, str] = {}
    for track in tracks:
        relation = target.relations.get(track)
        if relation is None:
            return None
        target = catalogue[relation.target]
        path = f"{path}.{track}" if path else track
        inner = path.replace(".", "_")
        joins[path] = (
            f'LEFT JOIN "{target.table}" AS "{inner}" ON "{inner}".id = {alias}."{relation.column}"'
        )
        alias = f'"{inner}"'
        presence[path] = f"{alias}.id"
    described = target.fields.get(last)
    if described is None:
        return None
    selection.joins.update(joins)
    selection.presence.update(presence)
    return Column(name, f'{alias}."{last}"', described.kind), described
