"""Who changed in Account Engagement since the last time.

What lives here: the bounded read of prospects by change and by activity. What does not: where the
cursors are kept, and what becomes of the people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pardot_odoo_pipeline.pardot.paging import Position, Queries, Row, iter_pages
from pardot_odoo_pipeline.pardot.stretches import row_time

__all__ = ["ChangedProspects", "changed_prospects"]


class ChangedProspects:
    """Pages of changed prospects; once they are read, how far the reading came.

    People come once, though they changed and were active. Reading stops at the number of people
    allowed; the positions then say where the next reading begins. A second that holds more people
    than one reading may take is no obstacle: a position names the last id within it.

    Attributes:
        updated_to: Every change up to here has been read; ``None`` when changes were not asked for.
        activity_to: Every activity up to here has been read; ``None`` likewise.
        is_complete: Nothing was left for another reading.
    """

    def __init__(
        self,
        client: Queries,
        fields: Sequence[str],
        *,
        updated_since: datetime | Position | None,
        activity_since: datetime | Position | None,
        until: datetime,
        max_people: int,
    ) -> None:
        self._client = client
        self._fields = tuple(dict.fromkeys([*fields, "updatedAt", "lastActivityAt"]))
        self._until = until
        self._left = max_people
        self._people: set[int] = set()
        self.updated_to = _position(updated_since)
        self.activity_to = _position(activity_since)
        self.is_complete = False

    def __iter__(self) -> Iterator[list[Row]]:
        complete = True
        for key, name in (("updatedAt", "updated_to"), ("lastActivityAt", "activity_to")):
            begin: Position | None = getattr(self, name)
            if begin is None:
                continue
            complete = self._left > 0
            if complete:
                yield from self._stream(key, name, begin)
                complete = getattr(self, name) == Position(self._until)
            if not complete:
                break
        self.is_complete = complete

    def _stream(self, key: str, name: str, begin: Position) -> Iterator[list[Row]]:
        pages = iter_pages(
            self._client,
            "prospects",
            self._fields,
            filters={f"{key}Before": self._until, "deleted": "all"},
            order_by=key,
            limit=min(1000, self._left),
            after=begin,
        )
        for rows in pages:
            taken: list[Row] = []
            for row in rows:
                person = int(row["id"])
                if person not in self._people:
                    if self._left == 0:
                        break
                    self._left -= 1
                    self._people.add(person)
                    taken.append(row)
                setattr(self, name, Position(row_time(row, key), person))
            else:
                if taken:
                    yield taken
                continue
            if taken:
                yield taken
            return
        setattr(self, name, Position(self._until))


def changed_prospects(
    client: Queries,
    fields: Sequence[str],
    *,
    updated_since: datetime | Position | None = None,
    activity_since: datetime | Position | None = None,
    until: datetime,
    max_people: int = 20_000,
) -> ChangedProspects:
    """Prospects changed or active in ``[since, until)``, deleted ones included.

    Reads lag behind writes by up to 60 seconds: the caller lets ``since`` overlap by that much.

    Args:
        client: Makes the calls.
        fields: Fields to read; ``id``, ``updatedAt`` and ``lastActivityAt`` are read in any case.
        updated_since: Where changes are read from; ``None`` to leave them out.
        activity_since: Where activity is read from; ``None`` to leave it out.
        until: End, exclusive.
        max_people: Stop after so many people.
    """
    return ChangedProspects(
        client,
        fields,
        updated_since=updated_since,
        activity_since=activity_since,
        until=until,
        max_people=max_people,
    )


def _position(since: datetime | Position | None) -> Position | None:
    return Position(since) if isinstance(since, datetime) else since
