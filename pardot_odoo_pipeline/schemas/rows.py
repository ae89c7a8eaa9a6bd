"""Frames as plain rows.

What lives here: reading a frame row by row with None for every kind of missing value (pandas 2 and
3, nullable columns and Parquet files each bring their own: NaN, NA, NaT, None); columns of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import pyarrow as pa

__all__ = ["plain_values", "rows", "text_array"]

_TEXT = pd.StringDtype()


def plain_values(column: pd.Series) -> list[Any]:
    """The values of a column as Python objects, None where one is missing."""
    if isinstance(column.dtype, pd.StringDtype) and column.dtype.storage == "pyarrow":
        return list(pa.array(column.array).to_pylist())
    if isinstance(column.dtype, (pd.Int64Dtype, pd.BooleanDtype)):
        return list(column.array.to_numpy(dtype=object, na_value=None).tolist())
    values = column.astype(object)
    return values.where(column.notna(), None).tolist()


def text_array(values: Iterable[str | None]) -> pd.api.extensions.ExtensionArray:
    """A column of text, as ``pd.array`` makes it, without its look at what the values may be."""
    texts = pa.array(list(values), pa.large_string())
    return _TEXT.__from_arrow__(texts)  # type: ignore[attr-defined]


def rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows as dicts, None where a value is missing; times are ``datetime``."""
    names = [str(name) for name in frame.columns]
    columns = [plain_values(column) for _, column in frame.items()]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))
