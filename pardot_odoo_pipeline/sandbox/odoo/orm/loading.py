"""`load`: rows of text, created or updated by external id.

What lives here: the transaction of one load and its messages. What does not: reading one cell
(`cells.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import check_access
from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError, value_error
from pardot_odoo_pipeline.sandbox.odoo.orm.cells import CellReader, Complaint
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create, insert
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["load"]

Row = dict[str, Any]
_PREFIX = "The operation cannot be completed: "


def load(env: Env, model: str, fields: list[str], data: list[list[Any]]) -> Row:
    """Create or update records from rows; any error and nothing is kept.

    Returns:
        `ids` (False after an error), `messages` and `nextrow`.
    """
    m = env.model(model)
    for column in fields:
        name = column.partition("/")[0]
        if name not in m.fields and name != ".id":
            raise value_error(f"Invalid field name '{name}'")
    messages: list[Row] = []
    ids: list[int] = []
    env.run("SAVEPOINT load_rows")
    batch = _Batch(env, m, fields, data, messages)
    ids = batch.carry_out()
    if any(message["type"] == "error" for message in messages):
        env.run("ROLLBACK TO load_rows")
        env.run("RELEASE load_rows")
        env.cache.clear()
        messages.sort(key=lambda message: message["record"])
        return {"ids": False, "messages": messages, "nextrow": 0}
    env.run("RELEASE load_rows")
    return {"ids": ids, "messages": messages, "nextrow": 0}


class _Batch:
    """The rows of one call."""

    def __init__(
        self, env: Env, m: Model, fields: list[str], data: list[list[Any]], messages: list[Row]
    ) -> None:
        self._env, self._m, self._data, self._messages = env, m, data, messages
        self._columns = fields
        self._reader = CellReader(env, m)

    def carry_out(self) -> list[int]:
        """Create and update; the ids in the rows' order, as far as nothing failed."""
        prepared = [self._row(number, cells) for number, cells in enumerate(self._data)]
        known = self._known([name for name, _, _ in prepared if name])
        ids: list[int] = [0] * len(prepared)
        fresh: dict[str, int] = {}
        creates: list[int] = []
        updates: list[tuple[int, int]] = []
        for number, (name, database_id, _) in enumerate(prepared):
            target = known.get(name) if name else None
            if target is not None and target[0] != self._m.name:
                self._complain(
                    number,
                    f"For external id {name} when trying to create/update a record of model "
                    f"{self._m.name} found record of different model {target[0]} ({target[2]})",
                )
            elif target is not None:
                updates.append((number, target[1]))
            elif database_id:
                updates.append((number, database_id))
            elif name and name in fresh:
                updates.append((number, -fresh[name] - 1))
            else:
                creates.append(number)
                if name:
                    fresh[name] = number
        self._create(creates, prepared, ids)
        for number, target_id in updates:
            found = target_id if target_id > 0 else ids[-target_id - 1]
            ids[number] = found
            if found:
                self._guarded(number, write, self._env, self._m.name, [found], prepared[number][2])
        return ids

    def _row(self, number: int, cells: list[Any]) -> tuple[str, int, Row]:
        name, database_id, values = "", 0, {}
        for column, cell in zip(self._columns, cells, strict=False):
            try:
                if column == "id":
                    name = str(cell or "")
                elif column == ".id":
                    database_id = self._reader.database_id(cell)
                else:
                    field, value = self._reader.read(column, cell)
                    values[field] = value
            except Complaint as complaint:
                self._messages.append(
                    {
                        "rows": {"from": number, "to": number},
                        "type": "error",
                        "record": number,
                        **complaint.facts,
                    }
                )
        return name if not name or "." in name else f"__import__.{name}", database_id, values

    def _known(self, names: list[str]) -> dict[str, tuple[str, int, int]]:
        found = self._env.rows(
            "SELECT module || '.' || name, model, res_id, id FROM ir_model_data "
            "WHERE module IN (SELECT value FROM json_each(?)) "
            "AND name IN (SELECT value FROM json_each(?))",
            (
                as_json({n.partition(".")[0] for n in names}),
                as_json({n.partition(".")[2] for n in names}),
            ),
        )
        return {full: (model, res_id, row) for full, model, res_id, row in found}

    def _create(self, numbers: list[int], prepared: list[Any], ids: list[int]) -> None:
        if not numbers:
            return
        env, model = self._env, self._m.name
        env.run("SAVEPOINT load_batch")
        try:
            made = create(env, model, [prepared[n][2] for n in numbers])
        except OdooError:
            # One row is bad: name it by trying each alone, as Odoo does.
            env.run("ROLLBACK TO load_batch")
            env.run("RELEASE load_batch")
            env.cache.clear()
            made = []
            for n in numbers:
                result = self._guarded(n, create, env, model, [prepared[n][2]])
                made.append(result[0] if result else 0)
        else:
            env.run("RELEASE load_batch")
        for n, number in zip(numbers, made, strict=True):
            ids[n] = number
        self._name(
            [(n, number) for n, number in zip(numbers, made, strict=True) if number], prepared
        )

    def _name(self, pairs: list[tuple[int, int]], prepared: list[Any]) -> None:
        rows: list[Row] = []
        for n, number in pairs:
            full = prepared[n][0]
            if not full:
                continue
            module, _, name = full.partition(".")
            if " " in name:
                self._complain(
                    n,
                    'new row for relation "ir_model_data" violates check constraint '
                    '"ir_model_data_name_nospaces"\n',
                )
                continue
            rows.append(
                {
                    "module": module,
                    "name": name,
                    "model": self._m.name,
                    "res_id": number,
                    "noupdate": 0,
                }
            )
        insert(self._env, self._env.model("ir.model.data"), rows)

    def _guarded(self, number: int, function: Any, *arguments: Any) -> Any:
        self._env.run("SAVEPOINT load_row")
        try:
            result = function(*arguments)
        except OdooError as error:
            self._env.run("ROLLBACK TO load_row")
            self._env.cache.clear()
            self._complain(number, error.message.removeprefix(_PREFIX))
            result = None
        self._env.run("RELEASE load_row")
        return result

    def _complain(self, number: int, message: str) -> None:
        told: Row = {
            "rows": {"from": number, "to": number},
            "record": number,
            "type": "error",
            "message": message,
        }
        if message.startswith("Missing required value"):
            told["field"] = message.partition("(")[2].partition(")")[0]
        self._messages.append(told)


def load_checked(env: Env, model: str, fields: list[str], data: list[list[Any]]) -> Row:
    """`load` for whoever may create or write."""
    check_access(env, model, "write")
    return load(env, model, fields, data)
