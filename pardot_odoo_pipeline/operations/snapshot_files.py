"""A snapshot's files: written, checked, fetched, and the place where snapshots lie.

What lives here: the folder of snapshots (local or an object store), Parquet files under the data
key, checksums, and that a snapshot appears whole or not at all. What does not: what is in them
(`operations.snapshot_tables`), and what a manifest says (`operations.snapshot_manifest`).

Parquet's own encryption, and not one layer around the file: it closes and opens a file page by
page, so a table of any size passes through bounded memory on both ways, every page is sealed
against being changed or moved, and whoever has the key reads a table with DuckDB without restoring
anything. Frames are closed in the same way, so there is one way only.

On a disk a snapshot is made in a folder with another name, synced, and renamed. An object store
has no folders to rename: there the manifest is stored last, and without one nothing is a snapshot.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
from upath import UPath

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.operations import snapshot_manifest
from pardot_odoo_pipeline.operations.data_keys import KeyRing
from pardot_odoo_pipeline.operations.snapshot_manifest import FileEntry, Manifest
from pardot_odoo_pipeline.operations.snapshot_tables import TableFrames

__all__ = ["PURPOSE", "SnapshotPlace", "open_table", "write_table"]

PURPOSE: Final = "snapshot"
_DRAFT = ".draft-"
_BLOCK = 1 << 20


def write_table(folder: Path, table: TableFrames, ring: KeyRing) -> FileEntry:
    """Write one table; without a key the file is plain.

    Raises:
        OSError: The disk is full or failing.
    """
    name = ring.parquet_name(table.name)
    path = folder / name
    rows = 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        with pq.ParquetWriter(
            file,
            table.schema,
            compression="zstd",
            encryption_properties=ring.parquet_properties(PURPOSE),
        ) as writer:
            for frame in table.frames:
                writer.write_batch(frame)
                rows += frame.num_rows
        file.flush()
        os.fsync(file.fileno())
    return FileEntry(name, table.name, rows, path.stat().st_size, _sha256(path))


def open_table(folder: Path, entry: FileEntry, ring: KeyRing) -> pq.ParquetFile:
    """The reader of a table's file.

    Raises:
        ConfigurationError: The data key is not among these.
        PipelineError: The file is damaged.
    """
    return ring.open_parquet(folder / entry.name, entry.name, PURPOSE)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class SnapshotPlace:
    """Where snapshots lie: a folder, or a prefix of an object store.

    Args:
        location: A path or a URL such as ``s3://bucket/prefix``.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self._root = UPath(location)
        self._is_local = self._root.protocol in ("", "file", "local")

    def __str__(self) -> str:
        return self.location

    def names(self) -> list[str]:
        """The snapshots there, the oldest first; what has no manifest is none."""
        try:
            if not self._root.exists():
                return []
            found = [
                path.name
                for path in self._root.iterdir()
                if snapshot_manifest.taken_at(path.name) is not None
                and (path / snapshot_manifest.FILE_NAME).exists()
            ]
        except OSError as failure:
            raise self._unusable(failure) from None
        return sorted(found)

    def manifest(self, name: str, ring: KeyRing) -> Manifest:
        """The manifest of a snapshot.

        Raises:
            ConfigurationError: Its key is not among these.
            PipelineError: There is no such snapshot, or its manifest is not believed.
        """
        path = self._root / name / snapshot_manifest.FILE_NAME
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise PipelineError(
                f"There is no snapshot {name} at {self.location}, or it has no manifest: a "
                "snapshot that was not finished is none",
                fix="`pardot-odoo snapshot --list` shows which there are",
                code="snapshot_missing",
            ) from None
        except UnicodeDecodeError:
            text = ""
        except OSError as failure:
            raise self._unusable(failure) from None
        manifest = Manifest.read(text, ring)
        if manifest.name != name:
            raise PipelineError(
                f"The snapshot {name} is {manifest.name} under another name",
                fix="Give its folder the name back that its manifest has",
                code="snapshot_tampered",
            )
        return manifest

    @contextmanager
    def draft(self, scratch: Path, name: str) -> Iterator[tuple[Path, Callable[[str], None]]]:
        """A folder for a snapshot that is being made, and what makes it one: its manifest's text.

        Args:
            scratch: Where it is made before it goes to an object store.
            name: Its name.

        Raises:
            PipelineError: The place cannot be written, or there is such a snapshot.
        """
        base = Path(str(self._root)) if self._is_local else scratch
        folder = base / f"{_DRAFT}{name}"
        try:
            base.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            try:
                yield folder, lambda text: self._publish(folder, name, text)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError as failure:
            raise self._unusable(failure) from None

    def _publish(self, folder: Path, name: str, text: str) -> None:
        final = self._root / name
        if final.exists():
            raise PipelineError(
                f"There is a snapshot {name} at {self.location} already",
                fix="Nothing to do: it is of this very second",
                code="snapshot_there",
            )
        path = folder / snapshot_manifest.FILE_NAME
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if self._is_local:
            _sync_folder(folder)
            folder.rename(str(final))
            _sync_folder(folder.parent)
            return
        for part in sorted(folder.iterdir(), key=lambda one: (one == path, one.name)):
            with part.open("rb") as source, (final / part.name).open("wb") as target:
                shutil.copyfileobj(source, target, _BLOCK)

    @contextmanager
    def fetched(self, manifest: Manifest, scratch: Path) -> Iterator[Path]:
        """The files of a snapshot in a local folder, each with the checksum that it must have.

        Raises:
            PipelineError: One is missing, cut or changed.
        """
        folder = Path(str(self._root / manifest.name)) if self._is_local else scratch
        try:
            if not self._is_local:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(mode=0o700, parents=True)
                for entry in manifest.files:
                    with (
                        (self._root / manifest.name / entry.name).open("rb") as source,
                        (folder / entry.name).open("wb") as target,
                    ):
                        shutil.copyfileobj(source, target, _BLOCK)
            for entry in manifest.files:
                _check(folder, entry)
            yield folder
        except FileNotFoundError as failure:
            missing = Path(str(failure.filename)).name if failure.filename else "one of them"
            raise PipelineError(
                f"A file of snapshot {manifest.name} is missing: {missing}",
                fix="Take another copy of this snapshot, or another snapshot",
                code="snapshot_tampered",
            ) from None
        except OSError as failure:
            raise self._unusable(failure) from None
        finally:
            if not self._is_local:
                shutil.rmtree(folder, ignore_errors=True)

    def delete(self, name: str) -> None:
        """Delete a snapshot, its manifest first: what is left of it is then none."""
        folder = self._root / name
        try:
            (folder / snapshot_manifest.FILE_NAME).unlink(missing_ok=True)
            for path in list(folder.iterdir()):
                path.unlink(missing_ok=True)
            if self._is_local:
                folder.rmdir()
        except OSError as failure:
            raise self._unusable(failure) from None

    def clear_drafts(self) -> int:
        """Delete what killed processes left; nobody else may be at work here."""
        cleared = 0
        with suppress(OSError):
            for path in self._root.iterdir() if self._root.exists() else ():
                half = (
                    snapshot_manifest.taken_at(path.name) is not None
                    and not (path / snapshot_manifest.FILE_NAME).exists()
                )
                if half or (self._is_local and path.name.startswith(_DRAFT)):
                    if self._is_local:
                        shutil.rmtree(str(path), ignore_errors=True)
                    else:
                        self.delete(path.name)
                    cleared += 1
        return cleared

    def _unusable(self, failure: OSError) -> PipelineError:
        return PipelineError(
            f"Snapshots at {self.location} cannot be read or written: "
            f"{failure.strerror or type(failure).__name__}",
            fix="Free space there, or give this user access, or name another place "
            "(snapshots.location in the rules file, or --to)",
            code="snapshot_place",
        )


def _check(folder: Path, entry: FileEntry) -> None:
    path = folder / entry.name
    size = path.stat().st_size
    if size != entry.bytes:
        what = f"has {size:,} bytes and not {entry.bytes:,}: it was cut or not copied whole"
    elif _sha256(path) != entry.sha256:
        what = "is not what was written: its checksum is another one"
    else:
        return
    raise PipelineError(
        f"The snapshot's file {entry.name} {what}",
        fix="Take another copy of this snapshot, or another snapshot",
        code="snapshot_tampered",
    )


def _sync_folder(folder: Any) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
