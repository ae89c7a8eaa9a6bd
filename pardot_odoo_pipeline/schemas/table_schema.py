"""The bridge from a pandera model to a plain list of columns.

What lives here: name, type and description per column, as a catalogue shows them. What does not:
the catalogue's own types; this module knows nothing of Dagster.
"""

from __future__ import annotations

from typing import NamedTuple

import pandera.pandas as pa

__all__ = ["ColumnDescription", "columns"]


class ColumnDescription(NamedTuple):
    """One column in words."""

    name: str
    type: str
    description: str


def columns(model: type[pa.DataFrameModel]) -> list[ColumnDescription]:
    """The columns of a model, in its order."""
    return [
        ColumnDescription(str(name), _type_name(str(column.dtype)), column.description or "")
        for name, column in model.to_schema().columns.items()
    ]


def _type_name(dtype: str) -> str:
    # How pandas stores text differs between its versions; the reader of a catalogue need not know.
    return "string" if dtype.startswith(("string", "str", "object")) else dtype
