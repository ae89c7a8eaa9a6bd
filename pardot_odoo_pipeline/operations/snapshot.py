"""Taking snapshots: what the ledger knows, of one moment, in a place of its own.

What lives here: taking one, and deleting those past their number. What does not: what goes in
(`operations.snapshot_tables`), files and places (`operations.snapshot_files`), and the way back
(`operations.restoring`).

A snapshot holds what neither of the two systems can tell: who is linked with whom, what both sides
agreed upon, what lost, who is held, how far was read. It is read in one transaction that sees one
moment, whatever batches do meanwhile, and it stops none of them. No secret goes in, nor the key of
the e-mail look-up, nor the list of erased people: those live in ``PIPELINE_HOME/keys``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa
from filelock import FileLock, Timeout

from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.ledger import migrations
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey, load_lookup_key
from pardot_odoo_pipeline.ledger.store import identity, links
from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.ledger.tables import links as links_table
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import default_rules_text
from pardot_odoo_pipeline.operations.credentials_in_use import fingerprints
from pardot_odoo_pipeline.operations.data_keys import SETTING, KeyRing
from pardot_odoo_pipeline.operations.snapshot_files import SnapshotPlace, write_table
from pardot_odoo_pipeline.operations.snapshot_manifest import FileEntry, Manifest, name_at
from pardot_odoo_pipeline.operations.snapshot_tables import TableFrames, kept_tables
from pardot_odoo_pipeline.operations.tombstones import Tombstones, prospect_hash
from pardot_odoo_pipeline.settings import Settings

__all__ = ["RULES", "Snapshots", "place_of"]

RULES = "rules_file"
"""The table that holds no rows of the ledger but the rules file as it was."""

Told = Callable[[str, int, int], None]


def place_of(settings: Settings, rules: Rules, to: str | None = None) -> SnapshotPlace:
    """Where snapshots go: where somebody says, else where the rules say, else below the home."""
    return SnapshotPlace(to or rules.snapshots.location or str(settings.home.snapshots))


@dataclass(frozen=True)
class Snapshots:
    """Takes snapshots of one installation.

    Attributes:
        settings: The installation.
        rules: Its rules.
        ledger: What a snapshot is of.
        place: Where it goes.
        told: Told how far it is.
    """

    settings: Settings
    rules: Rules
    ledger: Ledger
    place: SnapshotPlace
    told: Told = lambda stage, done, total: None

    def take(self, now: datetime, *, plain: bool = False) -> Manifest:
        """Take one.

        Args:
            now: The present moment; the snapshot is named after it.
            plain: Whether it may be readable by everybody who has the files.

        Raises:
            ConfigurationError: There is no data key, and nobody said that it may be plain.
            PipelineError: Nothing was synced yet, or the place cannot be written.
        """
        ring = KeyRing() if plain else KeyRing.of(self.settings)
        if not ring and not plain:
            raise ConfigurationError(
                f"A snapshot holds values of people, and {SETTING} is not set to encrypt it",
                fix=f"Make a key with `pardot-odoo keys new` and set it as {SETTING}; or say "
                "--plain, and the files can be read by whoever gets hold of them",
                code="data_key_missing",
            )
        scratch = self.settings.home.create().snapshots
        scratch.mkdir(mode=0o700, exist_ok=True)
        try:
            with FileLock(scratch / ".making", timeout=0):
                self.place.clear_drafts()
                return self._taken(now, ring, scratch)
        except Timeout:
            raise PipelineError(
                "Another process is taking a snapshot right now",
                fix="Wait for it; `pardot-odoo snapshot --list` shows it when it is done",
                code="snapshot_under_way",
            ) from None

    def _taken(self, now: datetime, ring: KeyRing, scratch: Path) -> Manifest:
        key = load_lookup_key(self.settings.home.keys)
        name = name_at(now)
        with (
            self.ledger.read() as connection,
            self.place.draft(scratch, name) as (folder, publish),
        ):
            stamp = identity.read_stamp(connection)
            if stamp is None:
                raise PipelineError(
                    "There is nothing to take a snapshot of: nothing was synced yet",
                    fix="Run `pardot-odoo sync --initial` (or `pardot-odoo up`) first",
                    code="snapshot_empty",
                )
            self._remember_tombstones(connection, key)
            entries: list[FileEntry] = []
            for table in self._tables(connection, now):
                self.told(f"snapshot: {table.name}", len(entries), 0)
                entries.append(write_table(folder, table, ring))
            manifest = Manifest(
                name,
                now.isoformat(),
                stamp.business_unit_id,
                stamp.odoo_database_uuid,
                stamp.lookup_key_fingerprint or key.fingerprint,
                migrations.HEAD,
                version("pardot-odoo-pipeline"),
                ring.active.id if ring else None,
                fingerprints(self.settings, self.rules, key),
                {
                    **{f"links_{state}": n for state, n in links.count(connection).items()},
                    **{entry.table: entry.rows for entry in entries},
                },
                tuple(entries),
            )
            publish(manifest.signed(ring))
        return manifest

    def _tables(self, connection: sa.Connection, now: datetime) -> Iterator[TableFrames]:
        yield from kept_tables(connection, now)
        path = self.settings.pipeline_config
        text = path.read_text(encoding="utf-8-sig") if path else default_rules_text()
        schema = pa.schema([("name", pa.string()), ("content", pa.string())])
        rows = pa.record_batch([[path.name if path else "defaults"], [text]], schema=schema)
        yield TableFrames(RULES, schema, iter([rows]))

    def _remember_tombstones(self, connection: sa.Connection, key: LookupKey) -> None:
        """Who is gone for good stays so, also where an older snapshot is restored."""
        t = links_table.c
        gone = sa.select(t.prospect_id).where(t.state == LinkState.TOMBSTONED.value)
        hashes = [prospect_hash(key, who) for (who,) in connection.execute(gone) if who]
        Tombstones(self.settings.home.keys).add(hashes)

    def thin(self, keep: int) -> list[str]:
        """Delete the oldest beyond that many; returns which."""
        over = self.place.names()[:-keep]
        for name in over:
            self.place.delete(name)
        return over
