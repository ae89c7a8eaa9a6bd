"""The way back from a snapshot into an empty ledger.

What lives here: what is checked before anything is loaded, the loading, and what has to be mended
in a ledger of yesterday. What does not: what runs afterwards and how much of it
(`operations.restart`).

Everything is loaded in one transaction: a process that is killed leaves the ledger empty, and the
same command begins anew. Cursors stay where they stood: whatever happened on either side since is
read again by the next batches, and records that were made since are found by their external ids.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from upath import UPath

from pardot_odoo_pipeline.batches import BatchKind, BatchState
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.ledger import lookup_key as lookup
from pardot_odoo_pipeline.ledger import migrations
from pardot_odoo_pipeline.ledger.all_tables import every_table
from pardot_odoo_pipeline.ledger.desks import holds
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey, load_lookup_key
from pardot_odoo_pipeline.ledger.store import restarts
from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.ledger.tables import (
    agreed_values,
    conflicts,
    cursors,
    findings,
    links,
    quarantine,
    sync_batches,
)
from pardot_odoo_pipeline.operations import snapshot_manifest
from pardot_odoo_pipeline.operations.data_keys import KeyRing
from pardot_odoo_pipeline.operations.snapshot import RULES
from pardot_odoo_pipeline.operations.snapshot_files import SnapshotPlace, open_table
from pardot_odoo_pipeline.operations.snapshot_manifest import Manifest
from pardot_odoo_pipeline.operations.snapshot_tables import fill, renumber
from pardot_odoo_pipeline.operations.tombstones import FILE_NAME as TOMBSTONES
from pardot_odoo_pipeline.operations.tombstones import Tombstones, prospect_hash
from pardot_odoo_pipeline.settings import Settings

__all__ = [
    "Restored",
    "bring_keys",
    "load",
    "read_through",
    "refuse_filled",
    "refuse_others",
    "rules_file",
    "source_of",
]

RULES_COPY = "rules_of_snapshot.yaml"


@dataclass(frozen=True)
class Restored:
    """What was loaded.

    Attributes:
        rows: Table to its rows.
        tombstoned: People whom the snapshot still knew and who were erased since.
        initial_open: Buckets of an initial sync that were not done: it has to be run again.
    """

    rows: dict[str, int]
    tombstoned: int
    initial_open: int


def source_of(text: str) -> tuple[SnapshotPlace, str]:
    """The place and the name of a snapshot: its own folder, or the latest of a place.

    Raises:
        PipelineError: There is none.
    """
    path = UPath(text)
    name = path.name
    if snapshot_manifest.taken_at(name) is not None:
        return SnapshotPlace(str(path.parent)), name
    place = SnapshotPlace(text)
    names = place.names()
    if not names:
        raise PipelineError(
            f"There is no snapshot at {text}",
            fix="Name the folder that holds snapshots, or one of them; without any, "
            "`pardot-odoo restore --rebuild` makes the ledger anew from both systems",
            code="snapshot_missing",
        )
    return place, names[-1]


def refuse_others(manifest: Manifest, business_unit_id: str, odoo_database: str) -> None:
    """Hold the snapshot against the two systems that the settings name.

    Raises:
        ConfigurationError: It is of others: ids of one database mean other records in another.
    """
    for what, found, asked in (
        ("Pardot business unit", manifest.business_unit_id, business_unit_id),
        ("Odoo database", manifest.odoo_database, odoo_database),
    ):
        if found != asked:
            raise ConfigurationError(
                f"The snapshot is of the {what} {found}, but the settings name {asked}",
                fix="Correct the settings, or take a snapshot of that system. A copy of an Odoo "
                "database under another name is another database: give it its name back, or use "
                "`pardot-odoo restore --rebuild`",
                code="snapshot_other_system",
            )


def refuse_filled(connection: sa.Connection) -> None:
    """Hold a ledger to being empty.

    Raises:
        ConfigurationError: It knows of batches or people.
    """
    # A command that was tried on it has left the stamp and its calls, which say nothing.
    for table in (links, sync_batches, cursors, conflicts, holds, quarantine):
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise ConfigurationError(
                f"The ledger is not empty (table {table.name}); nothing is restored over it",
                fix="Stop what runs, then move ledger.sqlite with its -wal and -shm away (on "
                "PostgreSQL: name an empty database in LEDGER_URL) and run the same command again",
                code="ledger_not_empty",
            )


def bring_keys(settings: Settings, copy: Path | None, wanted: str | None) -> LookupKey:
    """The look-up key of the snapshot, and everybody who was ever erased, in ``keys/``.

    Args:
        settings: The installation.
        copy: A copy of another machine's ``keys`` folder.
        wanted: The fingerprint of the key that is needed.

    Raises:
        ConfigurationError: The key is not there, or is another one.
    """
    own = settings.home.create().keys
    if copy is not None:
        if not copy.is_dir():
            raise ConfigurationError(
                f"There is no folder {copy}", fix="Name the copy of PIPELINE_HOME/keys"
            )
        if not (own / lookup.FILE_NAME).exists() and (copy / lookup.FILE_NAME).exists():
            draft = own / f".{lookup.FILE_NAME}.copy"
            shutil.copyfile(copy / lookup.FILE_NAME, draft)
            draft.chmod(0o600)
            draft.replace(own / lookup.FILE_NAME)
        Tombstones(own).add(Tombstones(copy).read())
    if not (own / lookup.FILE_NAME).exists():
        raise ConfigurationError(
            f"The key of the e-mail look-up is not in {own}; no snapshot holds it",
            fix=f"Put back the copies of {lookup.FILE_NAME} and {TOMBSTONES} that you keep outside "
            "this machine, or name their folder with --keys; without the key only `pardot-odoo "
            "restore --rebuild` is left",
            code="lookup_key_missing",
        )
    key = load_lookup_key(own)
    if wanted not in (None, key.fingerprint):
        raise ConfigurationError(
            f"The key of the e-mail look-up in {own} is not the one that the snapshot was made "
            "with",
            fix=f"Put the original {lookup.FILE_NAME} there; the present one would find none of "
            "the people",
            code="ledger_other_key",
        )
    return key


def load(
    ledger: Ledger,
    folder: Path,
    manifest: Manifest,
    ring: KeyRing,
    key: LookupKey,
    tombstones: frozenset[str],
    now: datetime,
    told: Callable[[str, int, int], None],
) -> Restored:
    """Load a snapshot whose files were checked, all of it or nothing.

    Raises:
        PipelineError: The ledger is not empty, or the snapshot is of a newer release.
    """
    if manifest.schema_revision not in migrations.REVISIONS:
        raise PipelineError(
            f"The snapshot is of a newer release (tables of revision "
            f"{manifest.schema_revision[:32]}, release {manifest.code_version[:32]})",
            fix="Upgrade pardot-odoo-pipeline and run the same command again",
            code="snapshot_newer",
        )
    rows: dict[str, int] = {}
    entries = [entry for entry in manifest.files if entry.table != RULES]
    with ledger.write() as connection:
        refuse_filled(connection)
        _stand_at(connection, manifest.schema_revision)
        for number, entry in enumerate(entries):
            told(f"restore: {entry.table}", number, len(entries))
            with open_table(folder, entry, ring) as file:
                frames = file.iter_batches(batch_size=5_000)
                rows[entry.table] = fill(connection, entry.table, file.schema_arrow, frames)
        migrations.upgrade_to(connection, "head")
        renumber(connection)
        tombstoned = _bury(connection, key, tombstones)
        initial_open = _settle_batches(connection)
        restarts.begin(
            connection,
            source=manifest.name,
            taken_at=manifest.moment,
            now=now,
            detail={
                "credentials": dict(manifest.credentials),
                "initial_open": initial_open,
                "links": rows.get("links", 0),
            },
        )
    return Restored(rows, tombstoned, initial_open)


def read_through(
    folder: Path, manifest: Manifest, ring: KeyRing, told: Callable[[str, int, int], None]
) -> None:
    """Read every page of every file, and count: what can be read now can be restored.

    Raises:
        PipelineError: A file is damaged, or holds another number of rows than it should.
    """
    for number, entry in enumerate(manifest.files):
        told(f"check: {entry.table}", number, len(manifest.files))
        with open_table(folder, entry, ring) as file:
            rows = sum(frame.num_rows for frame in file.iter_batches())
        if rows != entry.rows:
            raise PipelineError(
                f"The snapshot's file {entry.name} holds {rows:,} rows and not {entry.rows:,}",
                fix="Take another copy of this snapshot, or another snapshot",
                code="snapshot_tampered",
            )


def _stand_at(connection: sa.Connection, revision: str) -> None:
    """Empty tables of the revision that the snapshot is of; its later ones follow the rows."""
    for table in reversed(every_table()):
        connection.execute(sa.schema.DropTable(table, if_exists=True))
    connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    migrations.upgrade_to(connection, revision)


def _settle_batches(connection: sa.Connection) -> int:
    """What was under way then is nobody's now; buckets left undone are counted.

    The spool of an initial sync and the inbox are gone, so their batches have nothing to read: an
    initial sync is run again, and what was pushed is found by the next intervals.
    """
    t = sync_batches
    unfinished = t.c.state.not_in([BatchState.DONE.value, BatchState.FAILED.value])
    lost = {BatchKind.INITIAL, BatchKind.WEBHOOK, BatchKind.ODOO}
    initial = sa.and_(t.c.kind == BatchKind.INITIAL.value, t.c.state != BatchState.DONE.value)
    count = sa.select(sa.func.count()).select_from(t).where(initial)
    left = int(connection.execute(count).scalar_one())
    connection.execute(
        sa.delete(t).where(t.c.kind.in_([kind.value for kind in lost]), sa.or_(unfinished, initial))
    )
    connection.execute(
        sa.update(t)
        .where(unfinished)
        .values(
            state=BatchState.ABANDONED.value, worker_id=None, dagster_run_id=None, finished_at=None
        )
    )
    return left


def _bury(connection: sa.Connection, key: LookupKey, tombstones: frozenset[str]) -> int:
    """Whoever was erased since the snapshot stays so: the link is all that is left of them."""
    if not tombstones:
        return 0
    known = sa.select(links.c.id, links.c.prospect_id, links.c.email_hash, links.c.state)
    erased = [
        (row.id, row.prospect_id)
        for row in connection.execute(known.order_by(links.c.id))
        if row.state != LinkState.TOMBSTONED.value
        and (row.email_hash in tombstones or prospect_hash(key, row.prospect_id) in tombstones)
    ]
    for chunk in chunks(erased):
        numbers = [number for number, _ in chunk]
        people = [who for _, who in chunk]
        connection.execute(sa.delete(agreed_values).where(agreed_values.c.link_id.in_(numbers)))
        for table in (conflicts, findings, quarantine):
            connection.execute(sa.delete(table).where(table.c.prospect_id.in_(people)))
        connection.execute(
            sa.update(links)
            .where(links.c.id.in_(numbers))
            .values(state=LinkState.TOMBSTONED.value, email_hash=None)
        )
    return len(erased)


def rules_file(
    settings: Settings, folder: Path, manifest: Manifest, ring: KeyRing
) -> tuple[Path, bool] | None:
    """Put the snapshot's rules file back; never over another one.

    Returns:
        Where it lies now, and whether that is where the settings look for it; None where the
        installation has the same one, or none was used.
    """
    entry = manifest.file_of(RULES)
    if entry is None:
        return None
    with open_table(folder, entry, ring) as file:
        [row] = file.read().to_pylist()
    configured = settings.pipeline_config
    if row["name"] == "defaults" or (
        configured is not None
        and configured.exists()
        and configured.read_text(encoding="utf-8-sig") == row["content"]
    ):
        return None
    target = settings.home.path / RULES_COPY
    if configured is not None and not configured.exists():
        target = configured
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.write_text(row["content"], encoding="utf-8")
    draft.replace(target)
    return target, target == configured
