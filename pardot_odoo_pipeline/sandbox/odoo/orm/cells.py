"""One cell of a loaded row.

What lives here: text to a field's value, or the complaint that Odoo makes. What does not: rows and
transactions (`loading.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.fields import Field
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.search import search
from pardot_odoo_pipeline.sandbox.odoo.registry import Model

__all__ = ["CellReader", "Complaint"]

Row = dict[str, Any]
_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"", "0", "false", "no"})


class Complaint(Exception):
    """A cell that cannot be used; `facts` are the message's own keys."""

    def __init__(self, field: str, message: str, label: str = "", more: Any = None) -> None:
        super().__init__(message)
        self.facts: Row = {"field": field, "message": message}
        if more is not None:
            self.facts["moreinfo"] = more
        if label:
            self.facts["field_name"] = label


class CellReader:
    """Reads the cells of one load; look-ups are remembered, because columns repeat themselves."""

    def __init__(self, env: Env, model: Model) -> None:
        self._env = env
        self._model = model
        self._seen: dict[tuple[str, str], Any] = {}

    def database_id(self, cell: Any) -> int:
        """The record that a `.id` column names; 0 when the cell is empty."""
        if not cell:
            return 0
        number = int(cell) if str(cell).isdecimal() else 0
        if not self._exists(self._model.name, number):
            raise Complaint(".id", f"Unknown database identifier '{cell}'")
        return number

    def read(self, column: str, cell: Any) -> tuple[str, Any]:
        """The field's name and its value."""
        name, _, part = column.partition("/")
        field = self._model.fields[name]
        if field.relation:
            key = (column, str(cell))
            if key not in self._seen:
                self._seen[key] = self._related(field, part, cell)
            return name, self._seen[key]
        return name, self._plain(field, cell)

    def _plain(self, field: Field, cell: Any) -> Any:
        if field.type == "boolean":
            return self._boolean(field, cell)
        if cell is None or cell is False or cell == "":
            return False
        if field.type == "selection":
            return self._selection(field, cell)
        number = {
            "integer": (int, "an integer"),
            "float": (float, "a number"),
            "monetary": (float, "a number"),
        }.get(field.type)
        if number is not None:
            try:
                return number[0](cell)
            except ValueError:
                raise self._refuse(field, f"does not seem to be {number[1]}", cell) from None
        if field.type in ("date", "datetime"):
            return self._moment(field, str(cell))
        return str(cell)

    def _refuse(self, field: Field, words: str, cell: Any, more: Any = None) -> Complaint:
        message = f"'{cell}' {words} for field '{field.label}'"
        return Complaint(field.name, message, field.label, more)

    def _boolean(self, field: Field, cell: Any) -> bool:
        text = str(cell if cell is not None and cell is not False else "").lower()
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise Complaint(
            field.name,
            f"Unknown value '{cell}' for boolean field '{field.label}'",
            field.label,
            "Use '1' for yes and '0' for no",
        )

    def _selection(self, field: Field, cell: Any) -> str:
        text = str(cell)
        for key, label in field.selection:
            if text == key or text.lower() == label.lower():
                return key
        raise Complaint(
            field.name,
            f"Value '{cell}' not found in selection field '{field.label}'",
            field.label,
            [label for _, label in field.selection],
        )

    def _moment(self, field: Field, text: str) -> str:
        form = "%Y-%m-%d" if field.type == "date" else "%Y-%m-%d %H:%M:%S"
        try:
            datetime.strptime(text, form)  # noqa: DTZ007 - only its form is of interest
        except ValueError:
            example = "2012-12-31" if field.type == "date" else "2012-12-31 23:59:59"
            raise self._refuse(
                field,
                f"does not seem to be a valid {field.type}",
                text,
                f"Use the format '{example}'",
            ) from None
        return text

    def _related(self, field: Field, part: str, cell: Any) -> Any:
        if cell is None or cell is False or cell == "":
            return [[6, 0, []]] if field.is_many else False
        if not field.is_many:
            return self._record(field, part, str(cell))
        found = [self._record(field, part, one.strip()) for one in str(cell).split(",")]
        return [[6, 0, found]]

    def _record(self, field: Field, part: str, text: str) -> int:
        if part == ".id":
            if not text.isdecimal():
                raise Complaint(
                    field.name,
                    f"Invalid database id '{text}' for the field '{field.label}'",
                    field.label,
                )
            number = int(text) if self._exists(field.relation, int(text)) else 0
            kind = "database id"
        elif part == "id":
            full = text if "." in text else f"__import__.{text}"
            module, _, name = full.partition(".")
            number = self._env.value(
                "SELECT res_id FROM ir_model_data WHERE module = ? AND name = ? AND model = ?",
                (module, name, field.relation),
            )
            kind = "external id"
        else:
            found = search(self._env, field.relation, [("display_name", "=", text)], limit=1)
            number = found[0] if found else 0
            kind = "name"
        if not number:
            raise Complaint(
                field.name,
                f"No matching record found for {kind} '{text}' in field '{field.label}'",
                field.label,
            )
        return number

    def _exists(self, model: str, number: int) -> bool:
        table = self._env.model(model).table
        return bool(self._env.value(f'SELECT 1 FROM "{table}" WHERE id = ?', (number,)))
