"""What a snapshot says of itself, and how it is known that nobody changed a word of it.

What lives here: the manifest, its signature, and the names of snapshots. What does not: the files
that it lists (`operations.snapshot_files`) and comparing it with an installation
(`operations.restoring`).

The manifest is written last and names every file with its checksum, so a folder without one is no
snapshot, and one with a manifest is whole or recognised as damaged. The signature is made with a
key derived from the data key: whoever has not that key can make no snapshot that is believed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.operations.data_keys import KeyRing

__all__ = ["FILE_NAME", "FORMAT", "FileEntry", "Manifest", "name_at", "taken_at"]

FILE_NAME: Final = "manifest.json"
FORMAT: Final = 1
_SIGNING = "snapshot manifest"
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class FileEntry:
    """One file of a snapshot.

    Attributes:
        name: Its name in the folder.
        table: Which table it holds.
        rows: How many rows.
        bytes: Its size.
        sha256: Of the file as it lies there.
    """

    name: str
    table: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A snapshot as it describes itself; nothing in it is of a person, and no secret.

    Attributes:
        name: The snapshot's name.
        taken_at: Of which moment its rows are.
        business_unit_id: Pardot's side.
        odoo_database: Odoo's side, as the ledger is stamped with it.
        lookup_key: Fingerprint of the key of the e-mail look-up, which is not in the snapshot.
        schema_revision: Of the ledger's tables.
        code_version: The release that took it.
        key_id: The data key that encrypts and signs it; None: it is plain.
        credentials: Name of each credential in use to its keyed hash.
        counts: People and what is kept of them.
        files: Every file.
    """

    name: str
    taken_at: str
    business_unit_id: str
    odoo_database: str
    lookup_key: str | None
    schema_revision: str
    code_version: str
    key_id: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    files: tuple[FileEntry, ...] = ()

    @property
    def moment(self) -> datetime:
        """Of which moment its rows are."""
        return datetime.fromisoformat(self.taken_at)

    def file_of(self, table: str) -> FileEntry | None:
        """The file that holds a table."""
        return next((entry for entry in self.files if entry.table == table), None)

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(entry.bytes for entry in self.files)

    def signed(self, ring: KeyRing) -> str:
        """The text of the manifest's file."""
        document = {"format": FORMAT, **asdict(self)}
        if self.key_id is not None:
            document["signature"] = _signature(document, ring, self.key_id)
        return json.dumps(document, indent=1, sort_keys=True) + "\n"

    @classmethod
    def read(cls, text: str, ring: KeyRing) -> Manifest:
        """A manifest that is believed.

        Raises:
            ConfigurationError: The key that signed it is not among these.
            PipelineError: It is damaged, changed, or of a format that this release cannot read.
        """
        try:
            document = json.loads(text)
            if document.pop("format") != FORMAT:
                raise PipelineError(
                    "The snapshot's manifest is of a format that this release cannot read",
                    fix="Restore it with the release that took it, or with a newer one",
                    code="snapshot_newer",
                )
            signature = document.pop("signature", None)
            files = tuple(FileEntry(**entry) for entry in document.pop("files"))
            manifest = cls(**document, files=files)
            _ = manifest.moment
            if any("/" in entry.name or entry.name.startswith(".") for entry in files):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _changed("cannot be read") from None
        if manifest.key_id is not None:
            signing = {"format": FORMAT, **asdict(manifest)}
            expected = _signature(signing, ring, manifest.key_id)
            if not isinstance(signature, str) or not hmac.compare_digest(signature, expected):
                raise _changed("was changed since it was signed")
        elif signature is not None:
            raise _changed("was changed since it was signed")
        return manifest


def _signature(document: Mapping[str, Any], ring: KeyRing, key_id: str) -> str:
    words = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(ring.key(key_id).of(_SIGNING), words, hashlib.sha256).hexdigest()


def _changed(what: str) -> PipelineError:
    return PipelineError(
        f"The snapshot's manifest {what}",
        fix="Take another copy of this snapshot, or another snapshot (`pardot-odoo snapshot "
        "--list`); this one is not believed",
        code="snapshot_tampered",
    )


def name_at(moment: datetime) -> str:
    """The name of a snapshot taken at that moment; names sort by time."""
    return moment.astimezone(UTC).strftime(_STAMP)


def taken_at(name: str) -> datetime | None:
    """When the snapshot of this name was taken; None: it is no such name."""
    try:
        return datetime.strptime(name, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
