"""One form for prospects, whichever way they came.

What lives here: making frames from CSV exports (text everywhere, empty means null) and from JSON
queries (numbers, booleans, None, nested relations) the same, and making several rows of one
prospect one. What does not: reading CSV or JSON, and any judgement of the values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.mapping.fields import STANDARD_COLUMNS
from pardot_odoo_pipeline.mapping.times import parse_time
from pardot_odoo_pipeline.schemas.rows import plain_values, text_array

__all__ = ["UNREAD_COLUMN", "canonical_raw", "canonical_text", "coalesce_by_id"]

UNREAD_COLUMN = "unread"
"""Names, per row, the API fields that were not read, parted by blanks."""


_SURROGATES = re.compile("[\ud800-\udfff]")


def canonical_raw(
    extracted: pd.DataFrame | Sequence[Mapping[str, Any]],
    expected: Iterable[str] = STANDARD_COLUMNS,
) -> pd.DataFrame:
    """Bring extracted prospects into one form: every expected column, text or missing.

    A column that was not extracted is added, empty. Columns beyond the expected ones are kept.
    ``unread`` names, per row, the fields that did not come although they were expected, or came
    with other rows: their emptiness says nothing.

    Args:
        extracted: Rows under Pardot's API names; a relation may be a dotted column or a nested
            object. Rows from JSON are best given as they are, not as a frame: half a surrogate
            pair, which JSON can carry, stops pandas from building one.
        expected: The fields that were asked for, beside the standard ones.
    """
    columns: dict[str, list[Any]] = {}
    size = len(extracted)
    wanted = tuple(dict.fromkeys((*STANDARD_COLUMNS, *expected)))
    for name, values in _columns(extracted):
        nested = [field for field in wanted if field.startswith(f"{name}.")]
        if not nested:
            columns[name] = values
        # What else a relation holds was not asked for; CSV exports do not bring it either.
        for field in nested:
            key = field.partition(".")[2]
            columns[field] = [v.get(key) if isinstance(v, Mapping) else None for v in values]
    order = [*wanted, *(name for name in columns if name not in wanted and name != UNREAD_COLUMN)]
    nothing = text_array([None] * size)
    frame = {
        name: text_array(map(canonical_text, columns[name])) if name in columns else nothing
        for name in order
    }
    unread = _unread(extracted, tuple(order))
    # A canonical frame that comes once more still knows what it was not told.
    for at, told in enumerate(columns.get(UNREAD_COLUMN, ())):
        still = [
            name for name in (canonical_text(told) or "").split() if _is_blank(frame, name, at)
        ]
        unread[at] = " ".join(dict.fromkeys((*(unread[at] or "").split(), *still))) or None
    frame[UNREAD_COLUMN] = text_array(unread)
    return pd.DataFrame(frame)


def _is_blank(frame: Mapping[str, Any], name: str, at: int) -> bool:
    return name not in frame or bool(pd.isna(frame[name][at]))


def _unread(
    extracted: pd.DataFrame | Sequence[Mapping[str, Any]], wanted: tuple[str, ...]
) -> list[str | None]:
    """Per row the wanted fields that did not come, parted by blanks; None where all did."""
    if isinstance(extracted, pd.DataFrame):
        return [_absent(tuple(map(str, extracted.columns)), wanted)] * len(extracted)
    return [_absent(tuple(row), wanted) for row in extracted]


@lru_cache(maxsize=64)
def _absent(names: tuple[str, ...], wanted: tuple[str, ...]) -> str | None:
    came = frozenset(names)
    absent = [
        field for field in wanted if field not in came and field.partition(".")[0] not in came
    ]
    return " ".join(absent) or None


def _columns(
    extracted: pd.DataFrame | Sequence[Mapping[str, Any]],
) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(extracted, pd.DataFrame):
        for name in extracted.columns:
            yield str(name), plain_values(extracted[name])
        return
    for name in dict.fromkeys(name for row in extracted for name in row):
        yield name, [row.get(name) for row in extracted]


def canonical_text(value: Any) -> str | None:
    """One value as the frame holds it: text, or None for nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATES.sub("", value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | Mapping):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def coalesce_by_id(frame: pd.DataFrame, account_zone: str = "UTC") -> pd.DataFrame:
    """Keep one row per prospect id: the one updated last, and of equal ones the last in the frame.

    A page chain that is read while people change names a person twice. This comes before
    validation: a uniqueness check would flag both rows and lose the person.

    Args:
        frame: A canonical frame.
        account_zone: Zone of times without an offset.
    """
    # Rows without an id are no twins of each other; validation sets them aside one by one.
    twins = frame["id"].notna() & frame["id"].duplicated(keep=False)
    if not twins.any():
        return frame.reset_index(drop=True)
    latest: dict[str, tuple[datetime | None, int]] = {}
    found = frame[twins]
    places = [int(at) for at in twins.to_numpy(dtype=bool).nonzero()[0]]
    for at, key, stamp in zip(
        places, plain_values(found["id"]), plain_values(found["updatedAt"]), strict=True
    ):
        moment = parse_time(stamp, account_zone).value
        known = latest.get(key)
        if known is None or _not_older(moment, known[0]):
            latest[key] = (moment, at)
    kept = {at for _, at in latest.values()}
    mask = [not twin or at in kept for at, twin in enumerate(twins)]
    return frame[mask].reset_index(drop=True)


def _not_older(moment: datetime | None, than: datetime | None) -> bool:
    if than is None:
        return True
    return moment is not None and moment >= than
