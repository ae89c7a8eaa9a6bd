"""Frames as plain rows.

What lives here: reading a frame row by row with None for every kind of missing value (pandas 2 and
3, nullable columns and Parquet files each bring their own: NaN, NA, NaT, None); columns of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

__all__ = ["as_text", "plain_values", "rows", "text_array"]

# As schemas ask for it, so that no frame is made anew for that: it differs by pandas' version.
_TEXT = pandera.DataFrameSchema({"text": pandera.Column(pd.StringDtype)}).columns["text"].dtype.type


def plain_values(column: pd.Series) -> list[Any]:
    """The values of a column as Python objects, None where one is missing."""
    return _plain(column.array)


def _plain(array: Any) -> list[Any]:
    dtype = array.dtype
    if isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow":
        return list(pa.array(array).to_pylist())
    if isinstance(dtype, (pd.Int64Dtype, pd.BooleanDtype)):
        return list(array.to_numpy(dtype=object, na_value=None).tolist())
    column = pd.Series(array)
    values = column.astype(object)
    return list(values.where(column.notna(), None).tolist())


def text_array(values: Iterable[str | None]) -> pd.api.extensions.ExtensionArray:
    """A column of text, as ``pd.array`` makes it, without its look at what the values may be."""
    texts = pa.array(list(values), pa.large_string())
    return _TEXT.__from_arrow__(texts)


def as_text(array: Any, dtype: pd.StringDtype) -> Any:
    """A column of text in another spelling of what is missing, without a look at its values."""
    return dtype.__from_arrow__(pa.array(array, pa.large_string()))  # type: ignore[attr-defined]


def rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows as dicts, None where a value is missing; times are ``datetime``."""
    names = [str(name) for name in frame.columns]
    # Without a series for each column: of a few rows, those take longer than the values.
    columns = [_plain(array) for array in frame._iter_column_arrays()]  # type: ignore[operator]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))
