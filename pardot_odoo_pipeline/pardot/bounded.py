"""A bounded stretch of a collection in the order of time.

What lives here: reading rows up to a number and telling where the next reading begins. What does
not: which collections are read so (``activities.py``, ``memberships.py``) and people
(``changes.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pardot_odoo_pipeline.pardot.paging import Position, Queries, Row, iter_pages
from pardot_odoo_pipeline.pardot.stretches import row_time

__all__ = ["BoundedRows"]

_PAGE = 1000


class BoundedRows:
    """Pages of rows in ``[since, until)``; once they are read, how far the reading came.

    A second that holds more rows than one reading may take is no obstacle: a position names the
    last id within it. A row that changes while it is being read can come a second time.

    Attributes:
        reached: Every row up to here has been read; the next reading begins here.
        is_complete: Nothing was left for another reading.
    """

    def __init__(
        self,
        client: Queries,
        name: str,
        fields: Sequence[str],
        key: str,
        *,
        since: datetime | Position,
        until: datetime,
        max_rows: int,
        filters: Mapping[str, Any] | None = None,
    ) -> None:
        self._client = client
        self._name = name
        self._fields = tuple(fields)
        self._key = key
        self._until = until
        self._max_rows = max_rows
        self._filters = {**(filters or {}), f"{key}Before": until}
        self.reached = since if isinstance(since, Position) else Position(since)
        self.is_complete = False

    def __iter__(self) -> Iterator[list[Row]]:
        left = self._max_rows
        pages = iter_pages(
            self._client,
            self._name,
            self._fields,
            filters=self._filters,
            order_by=self._key,
            limit=max(1, min(_PAGE, left)),
            stop_after=left,
            after=self.reached,
        )
        for rows in pages:
            left -= len(rows)
            # Noted before the rows are given away: whoever stops there has got them.
            self.reached = Position(row_time(rows[-1], self._key), int(rows[-1]["id"]))
            yield rows
        if left > 0:
            self.reached = Position(self._until)
            self.is_complete = True
