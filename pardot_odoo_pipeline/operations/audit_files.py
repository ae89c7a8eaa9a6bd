"""The files of the audit: what stands in them, where they lie, how long.

What lives here: the columns of the three kinds, writing a part, finding parts, retention, and
packing the parts of a past day into one file. What does not: collecting what is written (`audit`)
and asking (`audit_query`).

A part is written under a temporary name and renamed: a reader sees a whole one or none. One day is
one folder, so that what is too old goes without being read. Values of people are encrypted whole,
column names included, where there is a data key; where there is none they are masked before they
come here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FSSpecHandler, PyFileSystem
from upath import UPath

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.operations.data_keys import KeyRing

__all__ = ["ENCRYPTED", "PURPOSE", "SCHEMAS", "AuditFiles", "Kind", "Part", "table_of"]

PURPOSE = "audit"
"""For what the data keys encrypt these files."""

_DAY = "day="
_COMPRESSION = "zstd"
_PACKED = "packed"
_MADE_OF = "made_of"
_GROUP_ROWS = 100_000


class Kind(StrEnum):
    """What is recorded."""

    CALLS = "calls"
    VALUES = "values"
    TRANSFERS = "transfers"


_MOMENT = pa.timestamp("us", tz="UTC")
_WORD = pa.dictionary(pa.int32(), pa.string())
_TEXT = pa.string()

_WHERE = [
    ("happened_at", _MOMENT),
    ("batch", _WORD),
    ("attempt", pa.int32()),
]

SCHEMAS: Mapping[Kind, pa.Schema] = {
    Kind.CALLS: pa.schema(
        [
            *_WHERE,
            ("system", _WORD),
            ("method", _WORD),
            ("path", _WORD),
            ("status", pa.int32()),
            ("code", _WORD),
            ("outcome", _WORD),
            ("seconds", pa.float64()),
            ("sent", pa.int64()),
            ("received", pa.int64()),
            ("quota_used", pa.int64()),
            ("quota_limit", pa.int64()),
            ("request_id", _TEXT),
        ]
    ),
    Kind.VALUES: pa.schema(
        [
            *_WHERE,
            ("prospect_id", _TEXT),
            ("system", _WORD),
            ("model", _WORD),
            ("record_id", pa.int64()),
            # One row for a record, not for a value: there are dozens, and most of what is said of
            # them is the same. Names in commas, in one order; values as JSON objects.
            ("fields", _WORD),
            ("sources", _WORD),
            ("rules", _WORD),
            ("old", _TEXT),
            ("new", _TEXT),
            ("masked", pa.bool_()),
        ]
    ),
    Kind.TRANSFERS: pa.schema(
        [
            *_WHERE,
            ("prospect_id", _TEXT),
            ("source", _WORD),
            ("system", _WORD),
            ("model", _WORD),
            ("record_id", pa.int64()),
            ("fields", _WORD),
            ("outcome", _WORD),
        ]
    ),
}
"""The columns of each kind; every part has all of them."""

ENCRYPTED = frozenset({Kind.VALUES})
"""Kinds that hold values of people."""


@dataclass(frozen=True)
class Part:
    """One file.

    Attributes:
        kind: What it records.
        day: When it was begun, UTC; its last rows may be of the seconds after midnight.
        path: Where it is.
    """

    kind: Kind
    day: date
    path: UPath


class AuditFiles:
    """The files below one folder or URL.

    Args:
        base: ``PIPELINE_HOME/audit``, or what ``AUDIT_URL`` says.
        ring: Encrypts and opens what holds values.
    """

    def __init__(self, base: str, ring: KeyRing) -> None:
        self.base = UPath(base)
        self.ring = ring
        self._local = self.base.protocol in ("", "file", "local")

    def encrypts(self, kind: Kind) -> bool:
        """Whether new parts of this kind are encrypted."""
        return kind in ENCRYPTED and bool(self.ring)

    def write(self, kind: Kind, day: date, stem: str, table: pa.Table) -> None:
        """Write one part.

        Args:
            kind: What it records.
            day: Of its first row.
            stem: Its name; nobody else may take it.
            table: Its rows, under the kind's schema.

        Raises:
            OSError: It cannot be stored.
        """
        with self._writer(kind, day, stem) as write:
            write(table)

    @contextlib.contextmanager
    def _writer(
        self, kind: Kind, day: date, stem: str, metadata: Mapping[str, str] | None = None
    ) -> Iterator[Callable[[pa.Table], None]]:
        folder = self._folder(kind, day)
        if self._local:  # of the folders above only the last one would get the mode
            self.base.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(parents=True, exist_ok=True, **({"mode": 0o700} if self._local else {}))
        encrypts = self.encrypts(kind)
        name = self.ring.parquet_name(stem) if encrypts else f"{stem}.parquet"
        temporary = folder / f".{name}.part"
        try:
            with (
                temporary.open("wb") as file,
                pq.ParquetWriter(
                    file,
                    SCHEMAS[kind].with_metadata(dict(metadata or {})),
                    compression=_COMPRESSION,
                    encryption_properties=self.ring.parquet_properties(PURPOSE)
                    if encrypts
                    else None,
                ) as writer,
            ):
                yield writer.write_table
            self._rename(temporary, folder / name)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise

    def _folder(self, kind: Kind, day: date) -> UPath:
        return self.base / kind.value / f"{_DAY}{day.isoformat()}"

    def _rename(self, temporary: UPath, path: UPath) -> None:
        if self._local:
            Path(str(temporary)).replace(str(path))
        else:
            temporary.rename(path)

    def days(self, kind: Kind) -> list[date]:
        """The days of which there are parts, the first first."""
        folder = self.base / kind.value
        if not folder.exists():
            return []
        found = []
        for path in folder.iterdir():
            with contextlib.suppress(ValueError):
                found.append(date.fromisoformat(path.name.rpartition(_DAY)[2]))
        return sorted(found)

    def parts(self, kind: Kind, since: date | None = None, until: date | None = None) -> list[Part]:
        """The parts that may hold rows of these days, in order."""
        # A part that was begun a moment before midnight holds rows of the next day.
        first = None if since is None else since - timedelta(days=1)
        return [
            Part(kind, day, path)
            for day in self.days(kind)
            if (first is None or day >= first) and (until is None or day <= until)
            for path in self._of_day(kind, day)
        ]

    def _of_day(self, kind: Kind, day: date) -> list[UPath]:
        folder = self._folder(kind, day)
        return sorted(
            (path for path in folder.iterdir() if _is_part(path.name)), key=lambda path: path.name
        )

    def addresses(self, parts: Sequence[Part]) -> tuple[list[str], Any]:
        """The files of these parts, and the file system that has them; None: this machine's."""
        if self._local:
            return [str(part.path) for part in parts], None
        return [part.path.path for part in parts], PyFileSystem(FSSpecHandler(self.base.fs))

    def prune(self, kind: Kind, before: date) -> int:
        """Delete the days before this one; returns how many files that were."""
        deleted = 0
        for day in self.days(kind):
            if day < before:
                folder = self._folder(kind, day)
                for path in list(folder.iterdir()):
                    path.unlink(missing_ok=True)
                    deleted += 1
                with contextlib.suppress(OSError):
                    folder.rmdir()
        return deleted

    def pack(self, kind: Kind, before: date) -> int:
        """Make one file of the parts of each day before this one; returns how many went into it.

        The new file names its parts, so that those that a killed process left behind it go at the
        next packing; until then their rows are there twice. A day with a part that cannot be
        opened, because its key is gone, stays as it is.
        """
        packed = 0
        for day in self.days(kind):
            if day < before:
                with contextlib.suppress(PipelineError):
                    packed += self._pack_day(kind, day)
        return packed

    def _pack_day(self, kind: Kind, day: date) -> int:
        parts = self._of_day(kind, day)
        gone = {name for path in parts if _is_packed(path.name) for name in self._made_of(path)}
        for path in parts:
            if path.name in gone:
                path.unlink(missing_ok=True)
        parts = [path for path in parts if path.name not in gone]
        if len(parts) < 2:
            return 0
        number = sum(_is_packed(path.name) for path in parts) + 1
        made_of = {_MADE_OF: "\n".join(path.name for path in parts)}
        with self._writer(kind, day, f"{_PACKED}{number}-{len(parts)}", made_of) as write:
            waiting: list[pa.Table] = []
            for table in self._tables(parts):
                waiting.append(table)
                if sum(map(len, waiting)) >= _GROUP_ROWS:
                    write(pa.concat_tables(waiting).unify_dictionaries())
                    waiting.clear()
            if waiting:
                write(pa.concat_tables(waiting).unify_dictionaries())
        for path in parts:
            path.unlink(missing_ok=True)
        return len(parts)

    def _tables(self, parts: Iterable[UPath]) -> Iterator[pa.Table]:
        for path in parts:
            with path.open("rb") as file:
                table = self.ring.open_parquet(file, path.name, PURPOSE).read()
            yield table.replace_schema_metadata(None)

    def _made_of(self, path: UPath) -> list[str]:
        with path.open("rb") as file:
            found = self.ring.open_parquet(file, path.name, PURPOSE).schema_arrow.metadata or {}
        return found.get(_MADE_OF.encode(), b"").decode().splitlines()


def _is_packed(name: str) -> bool:
    return name.startswith(_PACKED)


def _is_part(name: str) -> bool:
    return name.endswith(".parquet") and not name.startswith(".")


def table_of(kind: Kind, columns: Mapping[str, Any], size: int) -> pa.Table:
    """A table of the kind's schema; a column is a list, or one value for all rows."""
    schema = SCHEMAS[kind]
    arrays = []
    for field in schema:
        value = columns.get(field.name)
        if isinstance(value, list):
            array = pa.array(value, type=_plain(field.type))
        else:
            array = pa.repeat(pa.scalar(value, type=_plain(field.type)), size)
        arrays.append(array.dictionary_encode() if array.type != field.type else array)
    return pa.Table.from_arrays(arrays, schema=schema)


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
