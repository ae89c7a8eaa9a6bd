"""The models that the server knows, read from the tables in `schema/`.

What lives here: `Model`, `Registry` and the parser of the schema files. What does not: behaviour of
a model (`behaviour/`), its rows.

A schema line reads `name type [>relation] [flags] "Label" [selection as JSON]`; `since=19` and
`until=18` bind a line to one version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError
from pardot_odoo_pipeline.sandbox.odoo.fields import Field, reader, writer

__all__ = ["Model", "Registry", "table_of"]

_FILES = ("crm", "contacts", "mail", "technical")
_LOG_FIELDS = (
    Field("id", "integer", "ID", readonly=True),
    Field("display_name", "char", "Display Name", readonly=True, store=False),
    Field("create_uid", "many2one", "Created by", relation="res.users", readonly=True),
    Field("create_date", "datetime", "Created on", readonly=True),
    Field("write_uid", "many2one", "Last Updated by", relation="res.users", readonly=True),
    Field("write_date", "datetime", "Last Updated on", readonly=True),
)
_LINE = re.compile(r'^(?P<head>[^"]+?) "(?P<label>[^"]*)"(?P<rest>.*)$')


def table_of(model: str) -> str:
    """The name of a model's table."""
    return model.replace(".", "_")


@dataclass
class Model:
    """One model: its fields and how its records are ordered."""

    name: str
    label: str
    order: str
    transient: bool = False
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The name of its table."""
        return table_of(self.name)

    @cached_property
    def columns(self) -> dict[str, Field]:
        """The fields that have a column."""
        return {name: f for name, f in self.fields.items() if f.has_column}

    @cached_property
    def writers(self) -> dict[str, Callable[[Any], Any]]:
        """Conversions into columns by field name."""
        return {name: writer(f, self.name) for name, f in self.columns.items()}

    @cached_property
    def readers(self) -> dict[str, Callable[[Any], Any] | None]:
        """Conversions out of columns by field name."""
        return {name: reader(f) for name, f in self.columns.items()}

    @cached_property
    def followers(self) -> dict[str, tuple[str, ...]]:
        """Stored custom fields by the field of the same record that they copy."""
        found: dict[str, list[str]] = {}
        for f in self.columns.values():
            if f.follows:
                found.setdefault(f.follows, []).append(f.name)
        return {name: tuple(copies) for name, copies in found.items()}

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """The fields that may not be empty."""
        return tuple(f for f in self.columns.values() if f.required)

    def put(self, new: Field) -> None:
        """Add or replace a field."""
        self.fields[new.name] = new
        self._forget()

    def drop(self, name: str) -> None:
        """Forget a field."""
        del self.fields[name]
        self._forget()

    def _forget(self) -> None:
        for name in ("columns", "writers", "readers", "followers", "required"):
            self.__dict__.pop(name, None)


class Registry:
    """All models of one version."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.models = {model.name: model for model in _load(version)}

    def __getitem__(self, name: str) -> Model:
        try:
            return self.models[name]
        except KeyError:
            raise OdooError(
                "odoo.exceptions.UserError", f"Object {name} doesn't exist", 404
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self.models

    def __iter__(self) -> Iterator[Model]:
        return iter(self.models.values())

    def link_table(self, model: Model, many: Field) -> tuple[str, str, str]:
        """Table, own column and other column of a many2many."""
        if many.inverse:
            return f"rel_{table_of(many.relation)}_{many.inverse}", "right_id", "left_id"
        return f"rel_{model.table}_{many.name}", "left_id", "right_id"


def _load(version: int) -> Iterator[Model]:
    root = resources.files("pardot_odoo_pipeline.sandbox.odoo") / "schema"
    for name in _FILES:
        current: Model | None = None  # None also while a model of another version is skipped
        for line in (root / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            match = _LINE.match(line.strip())
            if match is None:
                raise ValueError(f"schema line not understood: {line}")
            words = match["head"].split()
            if not line.startswith(" "):
                if current is not None:
                    yield current
                flags = match["rest"].split()
                current = (
                    _model(words[1], match["label"], flags) if _holds(flags, version) else None
                )
            elif current is not None:
                parsed = _field(words, match["label"], match["rest"], version)
                if parsed is not None:
                    current.fields[parsed.name] = parsed
        if current is not None:
            yield current


def _holds(flags: list[str], version: int) -> bool:
    options = dict(flag.partition("=")[::2] for flag in flags)
    return int(options.get("since", 0)) <= version <= int(options.get("until", 99))


def _model(name: str, label: str, flags: list[str]) -> Model:
    options = dict(flag.partition("=")[::2] for flag in flags)
    order = options.get("order", "id").replace("_desc", " desc").replace("_DESC", " desc")
    order = order.replace("_ASC", "").replace("_asc", "")
    model = Model(name, label, order, transient="transient" in options)
    model.fields = {f.name: f for f in _LOG_FIELDS}
    return model


def _field(words: list[str], label: str, rest: str, version: int) -> Field | None:
    name, kind, *flags = words
    options = dict(flag.partition("=")[::2] for flag in flags if not flag.startswith(">"))
    if not _holds(flags, version):
        return None
    relation = next((flag[1:] for flag in flags if flag.startswith(">")), "")
    made = Field(name, kind, label, relation=relation)
    return replace(
        made,
        inverse=options.get("inverse", ""),
        required="required" in options,
        readonly="readonly" in options,
        store="nostore" not in options,
        related=options.get("related", ""),
        size=int(options.get("size", 0)),
        translate="translate" in options,
        selection=tuple((k, v) for k, v in json.loads(rest)) if rest.strip() else (),
    )
