"""Holding a frame to its schema, quickly where nothing is wrong.

What lives here: the plain look that tells a valid frame, whatever its size, in a fraction of the
time. What does not: what is wrong with any other frame, which pandera tells.

pandera spends milliseconds on every column, however few rows there are: on a batch of a few people,
which somebody waits for, that was a third of all work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pardot_odoo_pipeline.schemas.rows import as_text, plain_values

__all__ = ["checked", "checked_rows"]


def checked(
    model: type[pa.DataFrameModel], frame: pd.DataFrame, *, lazy: bool = False
) -> pd.DataFrame:
    """The frame in the types of its schema.

    Args:
        model: The schema.
        frame: Rows.
        lazy: Whether all that is wrong is told at once.

    Raises:
        SchemaError: Something is wrong with it.
        SchemaErrors: The same, all at once.
    """
    if not _is_valid(model, frame):
        return model.validate(frame, lazy=lazy)
    return _in_types_of(model, frame)


def checked_rows(
    model: type[pa.DataFrameModel], frame: pd.DataFrame
) -> tuple[pd.DataFrame, list[tuple[str, Any]]]:
    """The frame, and what is wrong with its rows.

    Args:
        model: The schema.
        frame: Rows, numbered from 0.

    Returns:
        The frame, in the types of its schema where these can be had; and a check with a row that
        does not pass it, for each. The row is None where it is the frame that does not.
    """
    if not _has_columns(model, frame):
        try:
            return model.validate(frame, lazy=True), []
        except SchemaErrors as error:
            cases = error.failure_cases
            return frame, list(zip(cases["check"], cases["index"], strict=True))
    failed = [
        (str(check.name), at)
        for check in _schema(model)[0].checks
        for at, passed in enumerate(_passed(check, frame))
        if not passed
    ]
    return _in_types_of(model, frame), failed


@cache
def _schema(model: type[pa.DataFrameModel]) -> tuple[pa.DataFrameSchema, dict[str, Any]]:
    schema = model.to_schema()
    return schema, {name: column.dtype.type for name, column in schema.columns.items()}


def _is_valid(model: type[pa.DataFrameModel], frame: pd.DataFrame) -> bool:
    return _has_columns(model, frame) and all(
        all(_passed(check, frame)) for check in _schema(model)[0].checks
    )


def _passed(check: Any, frame: pd.DataFrame) -> list[bool]:
    """Which rows pass a check of whole rows, asked without pandera's account of it."""
    if check.ignore_na or check.element_wise or check.groupby:
        return list(check(frame).check_output.tolist())
    return list(check._check_fn(frame).tolist())


def _has_columns(model: type[pa.DataFrameModel], frame: pd.DataFrame) -> bool:
    """Whether each column by itself is as its schema says."""
    schema, dtypes = _schema(model)
    found = dict(zip(frame.columns, frame.dtypes.tolist(), strict=True))
    if len(found) != frame.shape[1] or (schema.strict and len(found) != len(dtypes)):
        return False
    for name, column in schema.columns.items():
        if column.regex or not _fits(found.get(name), dtypes[name]):
            return False
        if (column.unique or column.checks or not column.nullable) and not _holds(
            column, frame[name]
        ):
            return False
    return True


def _fits(found: Any, wanted: Any) -> bool:
    """Texts come in two types that differ in how they spell a missing one."""
    return found == wanted or (
        isinstance(found, pd.StringDtype) and isinstance(wanted, pd.StringDtype)
    )


def _in_types_of(model: type[pa.DataFrameModel], frame: pd.DataFrame) -> pd.DataFrame:
    _, dtypes = _schema(model)
    found = dict(zip(frame.columns, frame.dtypes.tolist(), strict=True))
    if all(name not in dtypes or dtypes[name] == dtype for name, dtype in found.items()):
        return frame
    columns = zip(frame.columns, frame._iter_column_arrays(), strict=True)  # type: ignore[operator]
    arrays = {name: _in_type(array, dtypes.get(str(name))) for name, array in columns}
    return pd.DataFrame(arrays, index=frame.index, copy=False)


def _in_type(array: Any, dtype: Any) -> Any:
    if dtype is None or array.dtype == dtype:
        return array
    if _is_arrow_text(array.dtype) and _is_arrow_text(dtype):
        return as_text(array, dtype)
    return array.astype(dtype)


def _is_arrow_text(dtype: Any) -> bool:
    return isinstance(dtype, pd.StringDtype) and dtype.storage == "pyarrow"


def _holds(column: Any, values: pd.Series) -> bool:
    plain = plain_values(values)
    there = [value for value in plain if value is not None]
    if len(there) < len(plain) and not column.nullable:
        return False
    if column.unique and len(set(plain)) < len(plain):
        return False
    for check in column.checks:
        known = _KNOWN.get(check.name)
        passed = known(check, there) if known else check(values).check_passed
        if not passed:
            return False
    return True


def _isin(check: Any, values: list[Any]) -> bool:
    return set(values) <= set(check.statistics["allowed_values"])


def _above(check: Any, values: list[Any]) -> bool:
    return all(value > check.statistics["min_value"] for value in values)


def _matches(check: Any, values: list[Any]) -> bool:
    matches = re.compile(check.statistics["pattern"]).match
    return all(matches(value) for value in values)


_KNOWN: dict[str, Callable[[Any, list[Any]], bool]] = {
    "isin": _isin,
    "greater_than": _above,
    "str_matches": _matches,
}
