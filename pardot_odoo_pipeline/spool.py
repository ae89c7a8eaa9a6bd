"""The spool of an initial sync: everybody, streamed once, split into bounded buckets.

What lives here: writing and reading spools. What does not: where the rows come from.

Pardot has no count call and a list import can give 100,000 people one created-at second, so no
window bounds a batch. Exports are therefore streamed once into parts; when the number of people is
known, the parts are dealt out by a hash of the identity key. All holders of one e-mail meet in one
bucket, and buckets are disjoint, so their batches need no coordination. A hash spreads people
unevenly, so there are as many buckets as it takes for the fullest to keep the bound. A spool exists
once its manifest does; a part-written one is refuse.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pardot_odoo_pipeline.batches import bucket_of
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.mapping.emails import email_key
from pardot_odoo_pipeline.outside import Disk, replace_file

__all__ = ["Manifest", "Spool"]

PART_ROWS = 20_000
_MANIFEST = "manifest.json"
_WHOLE_HASH = 2**64
_Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Manifest:
    """What a finished spool holds.

    Attributes:
        people: Rows in all, each prospect id once.
        buckets: People per bucket.
        pardot_calls: API calls that filling it took.
        read_at: When the exports were asked for, ISO 8601.
    """

    people: int
    buckets: list[int]
    pardot_calls: int
    read_at: str


class Spool:
    """One spool folder.

    Args:
        root: Folder of all spools (``PIPELINE_HOME/spool``).
        name: The spool's name: the key stem of its initial sync.
        replace: Gives a written file its name.
    """

    def __init__(self, root: Path, name: str, replace: Disk = replace_file) -> None:
        self._replace = replace
        self.name = name
        self._folder = root / name

    def fill(
        self,
        tables: Iterable[pa.Table],
        *,
        people_per_bucket: int,
        read_at: str,
        calls: Callable[[], int],
    ) -> Manifest:
        """Stream tables of raw prospects in, then deal them out.

        Args:
            tables: Chunks with string columns, among them ``id`` and ``email``, each id once.
            people_per_bucket: The most that one batch may hold.
            read_at: When the export was asked for.
            calls: Asked after the last table how many calls filling took.

        Raises:
            PipelineError: The disk is full or not writable; nothing half-written stays.
        """
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(mode=0o700, parents=True)
            parts = self._write_parts(tables)
            everybody = np.concatenate([hashes for _, hashes in parts] or [_NOBODY])
            buckets = self._deal(parts, _bucket_count(everybody, people_per_bucket))
            manifest = Manifest(len(everybody), buckets, calls(), read_at)
            temporary = self._folder / f".{_MANIFEST}"
            temporary.write_text(json.dumps(asdict(manifest)))
            self._replace(temporary, self._folder / _MANIFEST)
            return manifest
        except OSError as failure:
            self.discard()
            raise PipelineError(
                f"The spool could not be written to {self._folder}: {failure.strerror}",
                fix="Free space there and start the initial sync again; nothing was changed",
                code="spool_not_stored",
                failure_class=FailureClass.RETRY_LATER,
            ) from None
        except BaseException:
            self.discard()
            raise

    def manifest(self) -> Manifest:
        """What the spool holds.

        Raises:
            PipelineError: There is no finished spool of this name.
        """
        try:
            return Manifest(**json.loads((self._folder / _MANIFEST).read_text()))
        except (OSError, ValueError, TypeError):
            raise PipelineError(
                f"Spool {self.name} is gone or was never finished",
                fix="Start a new initial sync with `pardot-odoo sync --initial`",
                code="spool_missing",
                failure_class=FailureClass.CONFIGURATION,
            ) from None

    def bucket(self, number: int) -> pa.Table:
        """The raw prospects of one bucket, string columns, at most ``people_per_bucket`` rows."""
        self.manifest()
        return pq.read_table(self._folder / _bucket_name(number))

    def discard(self) -> None:
        """Delete the spool."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write_parts(self, tables: Iterable[pa.Table]) -> list[tuple[Path, _Hashes]]:
        parts: list[tuple[Path, _Hashes]] = []
        for table in _sized(tables, PART_ROWS):
            path = self._folder / f"part-{len(parts):05d}.parquet"
            pq.write_table(table, path, compression="zstd")
            parts.append((path, _hashes(table)))
        return parts

    def _deal(self, parts: list[tuple[Path, _Hashes]], buckets: int) -> list[int]:
        counts = [0] * buckets
        writers: dict[int, pq.ParquetWriter] = {}
        try:
            for part, hashes in parts:
                table = pq.read_table(part)
                numbers = hashes % np.uint64(buckets)
                for number in map(int, np.unique(numbers)):
                    rows = table.filter(pa.array(numbers == number))
                    if number not in writers:
                        path = self._folder / _bucket_name(number)
                        writers[number] = pq.ParquetWriter(path, table.schema, compression="zstd")
                    writers[number].write_table(rows)
                    counts[number] += rows.num_rows
                part.unlink()
        finally:
            for writer in writers.values():
                writer.close()
        return counts


_NOBODY: _Hashes = np.empty(0, dtype=np.uint64)


def _hashes(table: pa.Table) -> _Hashes:
    """The hash of each person's identity key: the match key, else the prospect id."""
    people = zip(table["id"].to_pylist(), table["email"].to_pylist(), strict=True)
    return np.fromiter(
        (bucket_of(email_key(email) or f"id:{number}", _WHOLE_HASH) for number, email in people),
        dtype=np.uint64,
        count=table.num_rows,
    )


def _bucket_count(hashes: _Hashes, most: int) -> int:
    """The fewest buckets, or nearly so, of which none holds more than ``most`` people.

    Raises:
        PipelineError: One identity alone is held by more.
    """
    if not len(hashes):
        return 1
    fullest = int(np.unique(hashes, return_counts=True)[1].max())
    if fullest > most:
        raise PipelineError(
            f"{fullest} prospects hold one e-mail address, more than the batch size of {most}",
            fix="Raise batch_size in the rules file, or clean that address up in Pardot",
            code="bucket_too_full",
        )
    count = -(-len(hashes) // most)
    while int(np.bincount((hashes % np.uint64(count)).astype(np.int64)).max()) > most:
        count += max(1, count // 20)
    return count


def _bucket_name(number: int) -> str:
    return f"bucket-{number:05d}.parquet"


def _sized(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Regroup chunks of any size into tables of about ``rows`` rows."""
    held: list[pa.Table] = []
    count = 0
    for table in tables:
        if not table.num_rows:
            continue
        held.append(table)
        count += table.num_rows
        if count >= rows:
            yield pa.concat_tables(held)
            held, count = [], 0
    if held:
        yield pa.concat_tables(held)
