"""Fields that a query cannot return: several values in one field.

What lives here: which they are, and the two ways of reading them: one call a prospect, or an
export. What does not: exports themselves (``exports.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import PardotMissingRecord
from pardot_odoo_pipeline.pardot.exports import export_prospects
from pardot_odoo_pipeline.pardot.paging import Row
from pardot_odoo_pipeline.pardot.value_forms import BETWEEN_VALUES

__all__ = ["Way", "cheaper_way", "export_of", "read_singly", "unqueryable_fields"]

_SEVERAL_VALUES = ("checkbox", "multi-select")
_CALLS_OF_AN_EXPORT = 12
"""Made, looked at about ten times within five minutes, downloaded."""


@dataclass(frozen=True)
class Way:
    """A way of reading and its price.

    Attributes:
        kind: One call a prospect, or an export.
        calls: What it costs.
    """

    kind: Literal["read", "export"]
    calls: int


def unqueryable_fields(
    definitions: Iterable[Mapping[str, Any]], names: Iterable[str]
) -> frozenset[str]:
    """Those of the fields that only a single read or an export returns.

    Args:
        definitions: Custom fields as ``PardotClient.custom_fields`` returns them.
        names: API names of fields, custom ones with their ``__c``.
    """
    several = {
        f"{row['fieldId']}__c".lower()
        for row in definitions
        if str(row.get("type") or "").lower() in _SEVERAL_VALUES
        or row.get("isRecordMultipleResponses")
    }
    return frozenset(name for name in names if name.lower() in several)


def cheaper_way(people: int, *, windows: int = 1) -> Way:
    """The way that costs fewer calls; an export also costs minutes.

    Args:
        people: How many prospects are to be read.
        windows: How many exports their times of change take, each for at most a year.
    """
    export = windows * _CALLS_OF_AN_EXPORT
    return Way("read", people) if people <= export else Way("export", export)


def read_singly(client: PardotClient, ids: Iterable[int], fields: Sequence[str]) -> dict[int, Row]:
    """Read prospects one by one, four at a time.

    Args:
        client: Makes the calls.
        ids: Whose; repetitions are read once.
        fields: Fields to read; ``id`` is read in any case.

    Returns:
        A row by id; several values as a list. A prospect who is in the recycle bin or not there any
        more has none: this way the bin cannot be read.
    """
    columns = tuple(dict.fromkeys(["id", *fields]))

    def read(prospect_id: int) -> Row | None:
        try:
            return client.get("prospects", prospect_id, columns)
        except PardotMissingRecord:
            return None

    rows = client.side_by_side(read, sorted(set(ids)))
    return {int(row["id"]): row for row in rows if row is not None}


def export_of(
    client: PardotClient,
    fields: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    ids: Iterable[int] | None = None,
    several: Iterable[str] = (),
) -> dict[int, Row]:
    """Read the prospects changed in ``[since, until)`` by exports, those in the bin included.

    Args:
        client: Makes the calls.
        fields: Fields to read; ``id`` is read in any case.
        since: Begin, inclusive.
        until: End, exclusive.
        ids: Keep only these.
        several: Fields with several values, to be given as lists. A value that itself holds a
            semicolon comes apart there: an export does not tell.

    Returns:
        A row by id; values are texts as the export writes them, absent ones ``None``.
    """
    wanted = None if ids is None else set(ids)
    columns = tuple(dict.fromkeys(["id", *fields]))
    in_parts = set(several) & set(columns)
    rows: dict[int, Row] = {}
    for batch in export_prospects(client, columns, since, until, by="updated"):
        for row in batch.to_pylist():
            prospect_id = int(row["id"])
            if wanted is None or prospect_id in wanted:
                for name in in_parts:
                    row[name] = None if row[name] is None else row[name].split(BETWEEN_VALUES)
                rows[prospect_id] = row
    return rows
