"""Fields: what they are, what they store and what they answer.

What lives here: `Field` and the conversions between a value in a call, in a column and in an
answer. What does not: which model has which field (`schema/*.txt`), relations' commands
(`orm/commands.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError, value_error
from pardot_odoo_pipeline.sandbox.odoo.html_text import sanitize_html

__all__ = ["SQL_TYPES", "Field", "reader", "writer"]

SQL_TYPES = {
    "char": "TEXT",
    "text": "TEXT",
    "html": "TEXT",
    "selection": "TEXT",
    "date": "TEXT",
    "datetime": "TEXT",
    "integer": "INTEGER",
    "boolean": "INTEGER",
    "many2one": "INTEGER",
    "many2one_reference": "INTEGER",
    "float": "REAL",
    "monetary": "REAL",
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one model.

    Attributes:
        relation: The other model of a relational field.
        inverse: A one2many's field on the other model, or the many2many that owns the shared table.
        store: Whether the value is kept; otherwise it is computed when it is read.
        related: Dotted path that an unstored field follows.
        size: Longer text is cut to it without a word.
        follows: Field of the same record that a stored custom field copies.
        folded: Whether what it copies is lower-cased.
        manual: Created over the wire.
    """

    name: str
    type: str
    label: str
    relation: str = ""
    inverse: str = ""
    required: bool = False
    readonly: bool = False
    store: bool = True
    related: str = ""
    size: int = 0
    translate: bool = False
    selection: tuple[tuple[str, str], ...] = ()
    index: bool = False
    follows: str = ""
    folded: bool = False
    manual: bool = False

    @property
    def is_many(self) -> bool:
        """Whether the value is a list of records."""
        return self.type in ("one2many", "many2many")

    @property
    def has_column(self) -> bool:
        """Whether the model's table has a column for it."""
        return self.store and self.type in SQL_TYPES


def writer(field: Field, model: str) -> Callable[[Any], Any]:
    """The conversion from a value in a call to one in a column."""
    make = _WRITERS.get(field.type)
    return make(field, model) if make else _same


def reader(field: Field) -> Callable[[Any], Any] | None:
    """The conversion from a column to an answer; None where the value stays as it is."""
    return _READERS.get(field.type)


def _same(value: Any) -> Any:
    return value


def _text(field: Field, model: str) -> Callable[[Any], Any]:
    size = field.size

    def convert(value: Any) -> Any:
        if value is None or value is False:
            return None
        if type(value) is not str:
            value = str(value)
        if "\0" in value:
            raise value_error("A string literal cannot contain NUL (0x00) characters.")
        if field.folded:
            value = value.lower()
        return value[:size] if size else value

    return convert


def _html(field: Field, model: str) -> Callable[[Any], Any]:
    text = _text(field, model)

    def convert(value: Any) -> Any:
        value = text(value)
        return sanitize_html(value) if value else value

    return convert


def _integer(field: Field, model: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if not value:
            return 0
        try:
            number = int(value)
        except (ValueError, TypeError) as wrong:
            raise value_error(str(wrong)) from None
        if not -(2**31) <= number < 2**31:
            raise OdooError("psycopg2.errors.NumericValueOutOfRange", "integer out of range\n")
        return number

    return convert


def _float(field: Field, model: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        try:
            number = float(value or 0.0)
        except (ValueError, TypeError) as wrong:
            raise value_error(str(wrong)) from None
        return round(number, 2) if field.type == "monetary" else number

    return convert


def _boolean(field: Field, model: str) -> Callable[[Any], Any]:
    return lambda value: 1 if value else 0


def _date(field: Field, model: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if not value:
            return None
        text = str(value)[:10]
        _parse(text, "%Y-%m-%d", _DATE)
        return text

    return convert


def _datetime(field: Field, model: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if not value:
            return None
        text = str(value)
        if len(text) == 10:
            _parse(text, "%Y-%m-%d", _DATE)
            return f"{text} 00:00:00.000000"
        _parse(text, "%Y-%m-%d %H:%M:%S", _DATETIME)
        return f"{text}.000000"

    return convert


def _parse(text: str, form: str, pattern: re.Pattern[str]) -> None:
    try:
        if not pattern.fullmatch(text):
            raise ValueError
        datetime.fromisoformat(text)
    except ValueError:
        raise value_error(f"time data {text!r} does not match format {form!r}") from None


def _selection(field: Field, model: str) -> Callable[[Any], Any]:
    known = {key for key, _ in field.selection}

    def convert(value: Any) -> Any:
        if value is None or value is False or value == "":
            return None
        if known and value not in known:
            raise value_error(f"Wrong value for {model}.{field.name}: {value!r}")
        return value

    return convert


def _many2one(field: Field, model: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if not value:
            return None
        if isinstance(value, list | tuple):
            value = value[0]
        if isinstance(value, dict):
            raise value_error(f"Wrong value for {model}.{field.name}: {value!r}")
        try:
            return int(value)
        except (ValueError, TypeError):
            raise OdooError(
                "psycopg2.errors.InvalidTextRepresentation",
                f'invalid input syntax for type integer: "{value}"\n',
            ) from None

    return convert


_WRITERS: dict[str, Callable[[Field, str], Callable[[Any], Any]]] = {
    "char": _text,
    "text": _text,
    "html": _html,
    "integer": _integer,
    "many2one_reference": _integer,
    "float": _float,
    "monetary": _float,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "selection": _selection,
    "many2one": _many2one,
}


def _or_false(value: Any) -> Any:
    return False if value is None else value


_READERS: dict[str, Callable[[Any], Any]] = {
    "char": _or_false,
    "text": _or_false,
    "html": _or_false,
    "selection": _or_false,
    "date": _or_false,
    "datetime": lambda value: value[:19] if value else False,
    "integer": lambda value: value or 0,
    "many2one_reference": lambda value: value or False,
    "float": lambda value: value or 0.0,
    "monetary": lambda value: value or 0.0,
    "boolean": bool,
}
