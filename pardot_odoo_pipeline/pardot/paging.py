"""Reading a whole collection, page by page.

What lives here: ``iter_pages`` and the ways in which a chain of pages ends early and is taken up
again. What does not: single calls (``client.py``) and files (``exports.py``).

A chain of page tokens ends before the data does: a token expires after 4 hours, the API gives no
token after 100,000 rows, and a heavy query runs into a time-out. Each time reading goes on in a
new chain from the last row. By ``id`` that is one bound. By time it is not, because a list import
can give 100,000 people one and the same second: the last second is read once more by ``id`` and the
rows known from it are dropped, then reading goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, Protocol

from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.pardot.errors import (
    PardotPageTokenExpired,
    PardotTemporarilyUnavailable,
)
from pardot_odoo_pipeline.pardot.stretches import Stretch, row_time, split_bounds

__all__ = ["TIME_KEYS", "Page", "Position", "Queries", "Row", "iter_pages"]

Row = dict[str, Any]
TIME_KEYS = ("updatedAt", "createdAt", "lastActivityAt")

_CHAIN_END = 203
_LONGEST_CHAIN = 100_000
_SMALLEST_LIMIT = 50
_SMALLEST_SPAN = timedelta(minutes=1)
_MOST_FAILURES = 12
_MOST_EMPTY = 20
"""So many pages in a row without a new row are no pages: the server goes round in circles."""
_BEFORE_EVERYTHING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """One page as the API gave it.

    Attributes:
        rows: Its records.
        next_token: Leads to the next page; ``None`` on the last one of the chain.
        warning: Number of the answer's ``Pardot-Warning``: 203 says that the chain ended early.
    """

    rows: list[Row]
    next_token: str | None = None
    warning: int | None = None


@dataclass(frozen=True)
class Position:
    """A place in the order (time, id): everything up to it has been read.

    Attributes:
        at: Time of the order key; every row before it has been read.
        id: Rows of that very second with ids up to this one have been read, too.
    """

    at: datetime
    id: int = 0


class Queries(Protocol):
    """What paging needs of a client."""

    clock: Clock

    def query(
        self,
        name: str,
        fields: Sequence[str],
        *,
        filters: Mapping[str, Any] | None = None,
        order_by: str | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        patient: bool = True,
    ) -> Page:
        """Ask for one page."""
        ...


def iter_pages(
    client: Queries,
    name: str,
    fields: Sequence[str],
    *,
    filters: Mapping[str, Any] | None = None,
    order_by: str = "id",
    limit: int = 1000,
    stop_after: int | None = None,
    after: Position | None = None,
) -> Iterator[list[Row]]:
    """Every matching record once, in ascending order, as lists of rows.

    ``id`` and the order key are read beside the fields asked for. A record that changes while it is
    being read can come a second time with its new time: that is news, not a repetition.

    Args:
        client: Makes the calls.
        name: Collection, such as ``prospects``.
        fields: Fields to read.
        filters: Query parameters such as ``updatedAtAfterOrEqualTo``; times as aware datetimes.
        order_by: ``id``, ``updatedAt``, ``createdAt`` or ``lastActivityAt``.
        limit: Rows a page.
        stop_after: End after exactly that many rows.
        after: With a time key: begin behind this place.

    Raises:
        ValueError: The order key is none of these, or needs a lower bound: records without a last
            activity have no place in that order.
    """
    if order_by not in (*TIME_KEYS, "id") or (after is not None and order_by == "id"):
        raise ValueError(f"Cannot read in the order of {order_by}")
    conditions = dict(filters or {})
    walk = _Walk(client, name, tuple(dict.fromkeys([*fields, "id", order_by])), limit)
    if order_by == "id":
        return _first(stop_after, walk.by_id(conditions))
    others, stretch = split_bounds(conditions, order_by)
    if order_by == "lastActivityAt" and after is None and stretch.low is None:
        raise ValueError("Reading by lastActivityAt needs a lower bound")
    return _first(stop_after, walk.by_time(others, stretch, order_by, after))


def _first(count: int | None, pages: Iterator[list[Row]]) -> Iterator[list[Row]]:
    left = count
    for rows in pages:
        if left is not None and len(rows) >= left:
            if left:
                yield rows[:left]
            return
        left = None if left is None else left - len(rows)
        if rows:
            yield rows


class _Given:
    """The rows of a chain, to tell those that come twice with the same time; a new one is news."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._seen: set[tuple[Any, Any]] = set()

    def new(self, rows: list[Row]) -> list[Row]:
        fresh = []
        for row in rows:
            mark = (row["id"], row[self._key])
            if mark not in self._seen:
                self._seen.add(mark)
                fresh.append(row)
        return fresh


class _Ending(Enum):
    COMPLETE = auto()
    CUT = auto()
    TOOK_TOO_LONG = auto()


_Chain = Generator[list[Row], None, _Ending]


class _Tail:
    """The last second seen of a chain, and the ids seen in it."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.at: datetime | None = None
        self.ids: set[int] = set()

    def see(self, rows: list[Row]) -> None:
        times = [row_time(row, self._key) for row in rows]
        if times[-1] != self.at:
            self.at = times[-1]
            self.ids = set()
        self.ids.update(int(r["id"]) for r, t in zip(rows, times, strict=True) if t == self.at)

    def unseen(self, rows: list[Row]) -> list[Row]:
        return [
            row
            for row in rows
            if int(row["id"]) not in self.ids or row_time(row, self._key) != self.at
        ]


@dataclass
class _Walk:
    """Reads on through the ends of chains; knows how much the server bears at once."""

    client: Queries
    name: str
    fields: tuple[str, ...]
    limit: int
    span: timedelta | None = None
    failures: int = 0

    def by_id(self, conditions: Mapping[str, Any]) -> Iterator[list[Row]]:
        bounds = dict(conditions)

        def see(rows: list[Row]) -> None:
            bounds.pop("idGreaterThanOrEqualTo", None)
            bounds["idGreaterThan"] = int(rows[-1]["id"])

        ending = None
        while ending is not _Ending.COMPLETE:
            ending = yield from self._chain(dict(bounds), "id", see)

    def by_time(
        self, others: Mapping[str, Any], stretch: Stretch, key: str, after: Position | None
    ) -> Iterator[list[Row]]:
        tail = _Tail(key)
        if after is not None:
            if after.id and stretch.holds(after.at):
                tail.at = after.at
                above = max(after.id, int(others.get("idGreaterThan", 0)))
                yield from self._last_second({**others, "idGreaterThan": above}, key, tail)
                stretch = stretch.behind(after.at)
            else:
                stretch = stretch.since(after.at)
        while not stretch.is_empty:
            known, tail = tail, _Tail(key)
            end = self._window_end(stretch)
            filters = {**others, **stretch.up_to(end).as_filters(key)}
            ending = yield from _without(known, self._chain(filters, f"{key},id", tail.see))
            if tail.at is None:
                tail = known
            if ending is _Ending.COMPLETE:
                if end is None:
                    return
                stretch = stretch.onwards(end)
                self.span = None if self.span is None else self.span * 2
            elif tail is not known and tail.at is not None:
                yield from self._last_second(others, key, tail)
                stretch = stretch.behind(tail.at)
            if ending is _Ending.TOOK_TOO_LONG and self.failures > 1:
                # The first time may have been an accident.
                length = (end or self._high(stretch)) - (stretch.low or _BEFORE_EVERYTHING)
                self.span = max(_SMALLEST_SPAN, length / 4)

    def _last_second(self, others: Mapping[str, Any], key: str, tail: _Tail) -> Iterator[list[Row]]:
        """The rest of the tail's second, whatever order equal times came in."""
        second = {f"{key}AfterOrEqualTo": tail.at, f"{key}BeforeOrEqualTo": tail.at}
        for rows in self.by_id({**others, **second}):
            fresh = tail.unseen(rows)
            tail.ids.update(int(row["id"]) for row in fresh)
            yield fresh

    def _window_end(self, stretch: Stretch) -> datetime | None:
        """Where to stop in time; ``None`` for the whole stretch while the server bears it."""
        if self.span is None:
            return None
        end = (stretch.low or _BEFORE_EVERYTHING) + self.span
        return end if end < self._high(stretch) else None

    def _high(self, stretch: Stretch) -> datetime:
        return stretch.high or self.client.clock.now()

    def _chain(
        self, filters: dict[str, Any], order_by: str, see: Callable[[list[Row]], None]
    ) -> _Chain:
        """Follow one chain of tokens; the generator's return value tells how it ended."""
        first: dict[str, Any] = {"filters": filters, "order_by": order_by, "limit": self.limit}
        page, count = Page([]), 0
        given, nothing_new = _Given(order_by.partition(",")[0]), 0
        while True:
            try:
                rest = {"page_token": page.next_token} if page.next_token else first
                page = self.client.query(self.name, self.fields, **rest, patient=False)
            except PardotPageTokenExpired:
                if page.next_token is None or not count:
                    raise  # a new chain would begin at the same place
                return _Ending.CUT
            except PardotTemporarilyUnavailable as error:
                self._ask_for_less(error)
                return _Ending.TOOK_TOO_LONG
            self.failures = 0
            rows = given.new(page.rows)
            nothing_new = 0 if rows else nothing_new + 1
            if page.next_token is not None and nothing_new >= _MOST_EMPTY:
                raise PardotTemporarilyUnavailable(
                    f"GET {self.name}: the next page brings the same rows again and again",
                    fix="Nothing to do: it is read anew later",
                    code="pages_repeat",
                )
            count += len(rows)
            if rows:
                see(rows)
            yield rows
            if page.next_token is None:
                cut = page.warning == _CHAIN_END or count >= _LONGEST_CHAIN
                return _Ending.CUT if cut and rows else _Ending.COMPLETE

    def _ask_for_less(self, error: PardotTemporarilyUnavailable) -> None:
        self.failures += 1
        if not error.took_too_long or self.failures > _MOST_FAILURES:
            raise error
        self.client.clock.sleep(min(0.25 * 2**self.failures, 15.0))
        if self.failures > 1:
            self.limit = max(min(self.limit, _SMALLEST_LIMIT), self.limit // 2)


def _without(known: _Tail, chain: _Chain) -> _Chain:
    """A chain's pages but the rows known from the chain before."""
    while True:
        try:
            rows = next(chain)
        except StopIteration as end:
            return end.value
        yield known.unseen(rows)
