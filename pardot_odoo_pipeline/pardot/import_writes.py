"""Writing many prospects as import files.

What lives here: who can be written in this way, the files, and what the failed rows mean. What does
not: the Import API's calls (``imports.py``) and the other way (``single_writes.py``).

A blank cell means "clear this field", never "leave it alone": people share a file only when exactly
the same fields are written, so that nothing depends on how the account treats blanks that nobody
meant.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.imports import (
    MOST_BATCHES,
    Import,
    failed_rows,
    open_import,
    submit_file,
)
from pardot_odoo_pipeline.pardot.lookups import prospects_by_id
from pardot_odoo_pipeline.pardot.prospect_results import (
    ProspectResult,
    ProspectStatus,
    ProspectWrite,
)
from pardot_odoo_pipeline.pardot.value_forms import BETWEEN_VALUES, cell

__all__ = ["ImportFile", "calls_of_import", "import_files", "results_of", "send"]

_Meaning = tuple[ProspectStatus, str | None]

_MATCH = "matchId"
_ADD, _REMOVE = "addToList", "removeFromList"
_BATCH_BYTES = 9_500_000  # the limit is 10 MB, and nobody says which
_WORTH_AN_IMPORT = 20
_LOOKS = 8
# Blank cells are taken for "leave it alone" there, whatever is asked for.
_NEVER_CLEARED = ("email", "userId", "salesforceOwnerId")


@dataclass(frozen=True)
class ImportFile:
    """What goes into one import.

    Attributes:
        columns: The header.
        positions: Places of the wishes among all.
        batches: The CSV files.
        clears: Some field is to be cleared.
    """

    columns: tuple[str, ...]
    positions: tuple[int, ...]
    batches: tuple[bytes, ...]
    clears: bool


def import_files(writes: Sequence[ProspectWrite], import_from: int) -> list[ImportFile]:
    """The imports that take the most calls off these wishes.

    Args:
        writes: All wishes; those that no file names are written one by one.
        import_from: Wishes below which none is made.
    """
    seen = Counter(wish.prospect_id for wish in writes)
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, wish in enumerate(writes):
        if seen[wish.prospect_id] == 1 and _fits_a_row(wish):
            groups[tuple(sorted(wish.values))].append(position)
    if sum(map(len, groups.values())) < import_from:
        return []
    worth = min(import_from, _WORTH_AN_IMPORT)
    return [
        file
        for names, positions in groups.items()
        if len(positions) >= worth
        for file in _files(writes, names, positions)
    ]


def calls_of_import(file: ImportFile) -> int:
    """About how many calls an import makes; how often it is looked at depends on the account."""
    return 2 + len(file.batches) + _LOOKS + 1


def send(client: PardotClient, file: ImportFile) -> Import:
    """Make the import and submit it.

    Raises:
        PardotError: It was not submitted, or it is in doubt whether it was.
    """
    lists = (_ADD, _REMOVE, _MATCH)
    blanks = {name: name not in lists for name in file.columns} if file.clears else None
    return submit_file(client, file.batches, lambda: open_import(client, blanks_clear=blanks))


def results_of(
    client: PardotClient, file: ImportFile, job: Import, writes: Sequence[ProspectWrite]
) -> Iterator[tuple[int, ProspectResult]]:
    """The results of a complete import, by the wishes' places.

    A row without an error counts as accepted, no more. Where the account's own counts say that rows
    were left out silently, those of the recycle bin and of nobody are looked up. Where more rows
    failed than its list of errors names, nobody else counts as accepted: they are read anew, and
    written again if they must be.
    """
    listed = list(failed_rows(client, job, _MATCH))
    known = {key: _meaning(reason) for key, reason in listed}
    ours = {str(writes[position].prospect_id) for position in file.positions}
    is_whole = sum(key in ours for key, _ in listed) >= job.failed
    otherwise = (ProspectStatus.UNCONFIRMED, None) if is_whole else _UNNAMED
    if job.updated + job.created + job.failed < len(file.positions):
        people = [writes[position].prospect_id or 0 for position in file.positions]
        known = _left_out(client, people) | known
    for position in file.positions:
        wish = writes[position]
        status, code = known.get(str(wish.prospect_id), otherwise)
        yield position, ProspectResult(wish.key, status, wish.prospect_id, code=code)


def _left_out(client: PardotClient, people: Sequence[int]) -> dict[str, _Meaning]:
    named = prospects_by_id(client, ("isDeleted",), people)
    binned = [row["id"] for rows in named for row in rows if row["isDeleted"]]
    gone: dict[str, _Meaning] = {str(n): (ProspectStatus.MISSING, "109") for n in named.missing}
    return gone | {str(n): (ProspectStatus.BINNED, "132") for n in binned}


def _fits_a_row(wish: ProspectWrite) -> bool:
    if wish.prospect_id is None or not (wish.values or wish.add_to_lists or wish.remove_from_lists):
        return False
    if len(set(wish.add_to_lists)) > 1 or len(set(wish.remove_from_lists)) > 1:
        return False  # how several lists share a cell is not documented
    try:
        cells = {name: cell(value) for name, value in wish.values.items()}
    except (TypeError, ValueError):
        return False
    if any(cells.get(name) == "" for name in _NEVER_CLEARED):
        return False
    return not any(_is_split(value) for value in wish.values.values())


def _is_split(value: Any) -> bool:
    """Whether several values would come apart at other places than they were joined."""
    if not isinstance(value, list | tuple | set | frozenset):
        return False
    return any(BETWEEN_VALUES in str(item) or not str(item) for item in value)


def _files(
    writes: Sequence[ProspectWrite], names: tuple[str, ...], positions: Sequence[int]
) -> Iterator[ImportFile]:
    chosen = [writes[position] for position in positions]
    columns = [_MATCH, *names]
    columns += [_ADD] if any(wish.add_to_lists for wish in chosen) else []
    columns += [_REMOVE] if any(wish.remove_from_lists for wish in chosen) else []
    header = _line(columns)
    batches: list[bytes] = []
    lines, size, clears, begun = [header], len(header), False, 0
    for place, wish in enumerate(chosen):
        row = _row(wish)
        line = _line([row[name] for name in columns])
        if size + len(line) > _BATCH_BYTES and len(lines) > 1:
            batches.append(b"".join(lines))
            lines, size = [header], len(header)
            if len(batches) == MOST_BATCHES:
                taken = tuple(positions[begun:place])
                yield ImportFile(tuple(columns), taken, tuple(batches), clears)
                batches, clears, begun = [], False, place
        clears |= any(row[name] == "" for name in names)
        lines.append(line)
        size += len(line)
    batches.append(b"".join(lines))
    yield ImportFile(tuple(columns), tuple(positions[begun:]), tuple(batches), clears)


def _row(wish: ProspectWrite) -> Mapping[str, str]:
    row = {_MATCH: str(wish.prospect_id)}
    row |= {name: cell(value) for name, value in wish.values.items()}
    row[_ADD] = next(map(str, wish.add_to_lists), "")
    row[_REMOVE] = next(map(str, wish.remove_from_lists), "")
    return row


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


# A failed row's reason is a sentence. These are the ones that the registry has numbers for.
_REASONS = [
    (re.compile(pattern, re.IGNORECASE), code)
    for pattern, code in (
        (r"archived|recycle bin", 132),
        (r"invalid prospect id", 3),
        (r"record could not be found|no match", 92),
        (r"record was not found|does not exist", 109),
        (r"specified email address already exists", 9),
        (r"email address is already in use", 54),
        (r"invalid prospect email|invalid email", 4),
        (r"invalid user id", 10),
        (r"value specified for score", 29),
        (r"invalid campaign id", 38),
        (r"invalid profile id", 39),
        (r"invalid boolean", 50),
        (r"invalid list id", 55),
        (r"invalid number", 56),
        (r"invalid date", 57),
        (r"import missing required", 197),
    )
]
_UNNAMED: _Meaning = (ProspectStatus.REFUSED, "import_unnamed")
_STATUS = {
    132: ProspectStatus.BINNED,
    **dict.fromkeys((3, 92, 109), ProspectStatus.MISSING),
}


def _meaning(reason: str) -> _Meaning:
    for pattern, code in _REASONS:
        if pattern.search(reason):
            return _STATUS.get(code, ProspectStatus.REFUSED), str(code)
    return ProspectStatus.REFUSED, "import_row"
