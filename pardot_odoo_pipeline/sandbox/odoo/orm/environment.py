"""The surroundings of one call: who, when, with which context, on which database.

What lives here: `Env` and `Behaviour`, the slots that a model's own rules fill. What does not: the
rules (`behaviour/`), the operations (`create.py`, `write.py` and so on).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.odoo.registry import Model, Registry

__all__ = ["Behaviour", "Env", "as_json"]

Row = dict[str, Any]


def as_json(values: Iterable[Any]) -> str:
    """A list as one SQL parameter, for `json_each`."""
    return orjson.dumps(list(values)).decode()


def _nothing(*_: Any) -> None:
    return None


@dataclass(frozen=True)
class Behaviour:
    """What a model does beyond storing values. Every slot works on whole batches.

    Attributes:
        defaults: `(env) -> values` for fields that a create leaves out.
        completing: `(env, rows, given)` fills computed columns of rows about to be inserted;
            `given` are the calls' own values.
        created: `(env, rows, given)` after the insert.
        changing: `(env, current, changes)` extends column changes before an update; both by id.
        changed: `(env, current, changes)` after the update.
        deleting: `(env, ids)` before rows go.
        computed: readers of unstored fields, `(env, ids) -> {id: value}`.
        written: writers of unstored fields, `(env, value) -> values` of stored ones.
        searched: `(env, operator, value) -> domain` for unstored fields.
        names: `(env, ids) -> {id: display name}`.
    """

    defaults: Callable[[Env], Row] = lambda env: {}
    completing: Callable[[Env, list[Row], list[Row]], None] = _nothing
    created: Callable[[Env, list[Row], list[Row]], None] = _nothing
    changing: Callable[[Env, dict[int, Row], dict[int, Row]], None] = _nothing
    changed: Callable[[Env, dict[int, Row], dict[int, Row]], None] = _nothing
    deleting: Callable[[Env, list[int]], None] = _nothing
    computed: dict[str, Callable[[Env, list[int]], dict[int, Any]]] = field(default_factory=dict)
    written: dict[str, Callable[[Env, Any], Row]] = field(default_factory=dict)
    searched: dict[str, Callable[[Env, str, Any], list[Any]]] = field(default_factory=dict)
    names: Callable[[Env, list[int]], dict[int, str]] | None = None


_PLAIN = Behaviour()


@dataclass
class Env:
    """One call's view of the database.

    Attributes:
        connection: The open SQLite connection, inside the call's transaction.
        registry: The models.
        behaviours: Their rules by model name.
        uid: The calling user.
        context: The call's context.
        now: Start of the transaction as a column value, with microseconds.
        reserve: `(table, count) -> first` of newly reserved ids.
        sudo: Whether access rights are passed over.
        after_commit: What to do once the transaction is kept, before the call is answered.
        notes: Facts of this transaction that code far apart shares (such as "the schema changed").
    """

    connection: sqlite3.Connection
    registry: Registry
    behaviours: dict[str, Behaviour]
    uid: int
    context: Row
    now: str
    reserve: Callable[[str, int], int]
    sudo: bool = False
    notes: set[str] = field(default_factory=set)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    cache: dict[Any, Any] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Odoo's major version."""
        return self.registry.version

    def model(self, name: str) -> Model:
        """A model by its name."""
        return self.registry[name]

    def behaviour(self, name: str) -> Behaviour:
        """A model's rules."""
        return self.behaviours.get(name, _PLAIN)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        return self.connection.execute(sql, parameters).fetchall()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Carry out a statement."""
        return self.connection.execute(sql, parameters)

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def records(self, model: str, ids: Iterable[int]) -> dict[int, Row]:
        """Whole rows as column values, by id; ids that do not exist are left out."""
        m = self.model(model)
        columns = list(m.columns)
        names = ",".join(f'"{c}"' for c in columns)
        at = columns.index("id")
        found = self.connection.execute(
            f'SELECT {names} FROM "{m.table}" WHERE id IN (SELECT value FROM json_each(?))',
            (as_json(ids),),
        )
        return {row[at]: dict(zip(columns, row, strict=True)) for row in found}

    def as_superuser(self) -> Env:
        """The same call without access checks."""
        return self._with(sudo=True)

    def with_context(self, **more: Any) -> Env:
        """The same call with a changed context."""
        return self._with(context={**self.context, **more})

    def with_exactly(self, context: Row) -> Env:
        """The same call with that context alone."""
        return self._with(context=context)

    def as_user(self, uid: int) -> Env:
        """The same call in another user's name."""
        return self._with(uid=uid, sudo=False)

    def _with(self, **changes: Any) -> Env:
        return Env(**{**self.__dict__, **changes})
