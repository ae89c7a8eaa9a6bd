"""The door to writing prospects: the shared types, the writer, and the versions before it.

What lives here: many people, in the fewest calls, and what is left when the account stops. What
does not: the calls of one person (``single_writes.py``) and of many (``import_writes.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Lock

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import PardotError, PardotTemporarilyUnavailable
from pardot_odoo_pipeline.pardot.import_writes import (
    ImportFile,
    calls_of_import,
    import_files,
    results_of,
    send,
)
from pardot_odoo_pipeline.pardot.imports import Import, wait_for_import
from pardot_odoo_pipeline.pardot.lookups import prospects_by_id
from pardot_odoo_pipeline.pardot.paging import Queries
from pardot_odoo_pipeline.pardot.prospect_results import (
    ProspectResult,
    ProspectStatus,
    ProspectWrite,
    WritesInterrupted,
)
from pardot_odoo_pipeline.pardot.single_writes import calls_of, write_one
from pardot_odoo_pipeline.pardot.stretches import row_time

__all__ = [
    "ProspectResult",
    "ProspectStatus",
    "ProspectWrite",
    "ProspectWriter",
    "WritesInterrupted",
    "current_versions",
]

_MEANS_OUTAGE = 3
_OF_THE_COLUMNS = (130, 180, 197)


class ProspectWriter:
    """Writes prospects; writing the same twice is harmless.

    Args:
        client: Makes the calls.
        read_back: Fields to return beside the written ones, where people are written one by one.
        import_from: From so many people on, they are written by imports: few calls, but minutes,
            and nothing is read back. Whoever is created is not: an import tells no ids.
        import_patience: Seconds of waiting for an import before its people are given up as in
            doubt; an account works on its imports one after the other.
    """

    def __init__(
        self,
        client: PardotClient,
        *,
        read_back: Sequence[str],
        import_from: int = 50,
        import_patience: float = 2700.0,
    ) -> None:
        self._client = client
        self._read_back = tuple(read_back)
        self._import_from = import_from
        self._import_patience = import_patience

    def plan_calls(self, writes: Sequence[ProspectWrite]) -> int:
        """How many calls ``apply`` will make for these; about, where imports are among them."""
        files = import_files(writes, self._import_from)
        singly = _without(writes, files)
        calls = sum(calls_of(writes[position]) for position in singly)
        return calls + sum(calls_of_import(file) for file in files)

    def apply(self, writes: Sequence[ProspectWrite]) -> list[ProspectResult]:
        """Write these prospects; one result each, in the same order.

        Raises:
            WritesInterrupted: Not all could be written, for a reason that lies in none of them.
        """
        files = import_files(writes, self._import_from)
        progress = _Progress(writes)
        # The account is at work on the imports while the others are written one by one.
        submitted = [(file, job) for file in files if (job := self._submit(progress, file))]
        turns = _apart(writes, _without(writes, files))
        self._client.side_by_side(lambda positions: self._in_turn(progress, positions), turns)
        for file, job in submitted:
            self._see_through(progress, file, job)
        return progress.results()

    def _submit(self, progress: _Progress, file: ImportFile) -> Import | None:
        if progress.is_over:
            return None
        try:
            return send(self._client, file)
        except PardotError as error:
            if error.code in _OF_THE_COLUMNS:
                code = str(error.code)
                for position in file.positions:
                    wish = progress.writes[position]
                    denial = ProspectResult(
                        wish.key, ProspectStatus.REFUSED, wish.prospect_id, code=code
                    )
                    progress.finish(position, denial)
            else:
                progress.fail(file.positions, error)
            return None

    def _see_through(self, progress: _Progress, file: ImportFile, job: Import) -> None:
        try:
            complete = wait_for_import(self._client, job, give_up_after=self._import_patience)
            for position, result in results_of(self._client, file, complete, progress.writes):
                progress.finish(position, result)
        except PardotError as error:
            error.in_doubt = True  # it was submitted
            progress.fail(file.positions, error)

    def _in_turn(self, progress: _Progress, positions: Sequence[int]) -> None:
        for position in positions:
            if progress.is_over:
                return
            wish = progress.writes[position]
            try:
                progress.finish(position, write_one(self._client, wish, self._read_back))
            except PardotError as error:
                progress.fail([position], error)
                return  # what is next for the same person must not overtake this


class _Progress:
    """Who is done, and what stands in the way; safe to share between threads.

    One prospect's failure that may pass keeps nobody else from being written. Several in a row are
    an outage, and every other failure is of a kind that the next call would meet, too.
    """

    def __init__(self, writes: Sequence[ProspectWrite]) -> None:
        self.writes = writes
        self.is_over = False
        self._lock = Lock()
        self._done: dict[int, ProspectResult] = {}
        self._in_doubt: set[int] = set()
        self._cause: PardotError | None = None
        self._in_a_row = 0

    def finish(self, position: int, result: ProspectResult) -> None:
        """One prospect has its result."""
        with self._lock:
            self._done[position] = result
            self._in_a_row = 0

    def fail(self, positions: Iterable[int], error: PardotError) -> None:
        """A call failed that was about these."""
        with self._lock:
            passing = isinstance(error, PardotTemporarilyUnavailable)
            if self._cause is None or not passing:
                self._cause = error
            if error.in_doubt:
                self._in_doubt.update(positions)
            self._in_a_row += 1
            self.is_over |= not passing or self._in_a_row >= _MEANS_OUTAGE

    def results(self) -> list[ProspectResult]:
        """All results, in the order of the writes.

        Raises:
            WritesInterrupted: Some are missing.
        """
        done = [self._done[n] for n in sorted(self._done)]
        if self._cause is None:
            return done
        left = [n for n in range(len(self.writes)) if n not in self._done]
        raise WritesInterrupted(
            self._cause,
            done=done,
            in_doubt=[self.writes[n].key for n in left if n in self._in_doubt],
            unsent=[self.writes[n].key for n in left if n not in self._in_doubt],
        ) from None


def current_versions(client: Queries, ids: Iterable[int]) -> dict[int, datetime | None]:
    """When each of these prospects was last changed, those in the recycle bin included.

    Returns:
        ``updatedAt`` by id; ``None`` for a prospect that is not there any more.
    """
    versions: dict[int, datetime | None] = dict.fromkeys(ids)
    for rows in prospects_by_id(client, ("updatedAt",), versions):
        versions |= {int(row["id"]): row_time(row, "updatedAt") for row in rows}
    return versions


def _without(writes: Sequence[ProspectWrite], files: Sequence[ImportFile]) -> list[int]:
    """Positions that are in no file."""
    taken = {position for file in files for position in file.positions}
    return [position for position in range(len(writes)) if position not in taken]


def _apart(writes: Sequence[ProspectWrite], positions: Iterable[int]) -> list[list[int]]:
    """Positions by person: wishes for the same one are carried out one after the other."""
    turns: dict[int | str, list[int]] = defaultdict(list)
    for position in positions:
        wish = writes[position]
        who = (wish.email or "").casefold() if wish.prospect_id is None else wish.prospect_id
        turns[who].append(position)
    return list(turns.values())
