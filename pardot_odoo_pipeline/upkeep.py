"""Retention: what is past its time goes, and nothing that a live run needs.

What lives here: deleting old frames, partitions, runs, spools, closed events, counts of calls and
audit files, and looking at credentials once a day. What does not: the rule which batches are old
enough (`batches.retention_due`), and the ledger's history of them, which stays.

Dagster never prunes its event log by itself, and a deleted partition makes a run that still uses it
die when it stores its output.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from upath import UPath

from pardot_odoo_pipeline import assembly
from pardot_odoo_pipeline.assets.catalog import ALL_CARDS
from pardot_odoo_pipeline.batches import (
    UNFINISHED_STATES,
    BatchAge,
    BatchKey,
    BatchState,
    RetentionRules,
)
from pardot_odoo_pipeline.batches import retention_due as due_for_deletion
from pardot_odoo_pipeline.io_managers import frame_path
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
from pardot_odoo_pipeline.ledger.store import call_counts, inbox, incidents, quota
from pardot_odoo_pipeline.ledger.tables import sync_batches as batches_table
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations import credentials
from pardot_odoo_pipeline.operations.audit_files import AuditFiles, Kind
from pardot_odoo_pipeline.operations.credentials import Warning
from pardot_odoo_pipeline.operations.data_keys import KeyRing
from pardot_odoo_pipeline.partitions import PARTITION_TAG, PARTITIONS_NAME
from pardot_odoo_pipeline.settings import Mode, Settings
from pardot_odoo_pipeline.spool import Spool

__all__ = ["prune", "watch_credentials"]

_LIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

_EVENTS = 2_000
"""Of one transaction: some ten milliseconds."""

_COUNTS = timedelta(days=90)
"""So far back one can see how many calls a day took."""

_UNFINISHED = timedelta(days=1)
"""No process fills a spool or writes a frame for longer than that."""


def prune(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings, rules: Rules, now: datetime
) -> dict[str, int]:
    """Apply the retention rules; returns how much of what was deleted.

    Args:
        instance: Dagster's instance, whose partitions and runs go.
        ledger: Tells the age and state of batches, and keeps the inbox.
        settings: Where frames and spools are.
        rules: How long each is kept.
        now: The present moment.
    """
    with ledger.write() as connection:
        quota.forget(connection, before=(now - _COUNTS).date().isoformat())
    keys = set(instance.get_dynamic_partitions(PARTITIONS_NAME))
    ages = _ages(instance, ledger, keys)
    due = due_for_deletion(
        ages,
        now,
        RetentionRules(
            keep=timedelta(days=rules.retention.batch_days),
            keep_empty_interval=timedelta(days=rules.retention.empty_interval_days),
            keep_pushed=timedelta(days=rules.retention.pushed_days),
            max_keys=rules.retention.most_batches,
        ),
    )
    runs = sum(_delete_batch(instance, settings, str(key)) for key in due)
    frames = _delete_old_frames(settings, now - timedelta(hours=rules.retention.frame_hours), now)
    return {
        "partitions": len(due),
        "runs": runs,
        "frames": frames,
        "spools": _delete_spools(ledger, settings, now, timedelta(days=rules.retention.batch_days)),
        "events": _delete_events(ledger, now - timedelta(days=rules.webhooks.inbox_days)),
        "audit_files": _delete_audit(ledger, settings, rules, now),
        "incidents": _delete_incidents(ledger, now - timedelta(days=rules.retention.incident_days)),
    }


def watch_credentials(ledger: Ledger, settings: Settings, rules: Rules) -> list[Warning]:
    """Look at the age of credentials, and warn of those that should be replaced."""
    now = settings.clock().now()
    credentials.note(ledger, settings, rules, load_lookup_key(settings.home.keys), now)
    if settings.odoo_mode() is Mode.REAL:
        with contextlib.closing(assembly.odoo_client(settings, patient=False)) as odoo:
            credentials.ask_odoo(ledger, odoo)
    with ledger.write() as connection:
        return credentials.warn(connection, rules.credentials, now)


def _ages(instance: dg.DagsterInstance, ledger: Ledger, keys: set[str]) -> list[BatchAge]:
    live = {
        run.tags.get(PARTITION_TAG)
        for run in instance.get_runs(filters=dg.RunsFilter(statuses=_LIVE))
    }
    t = batches_table.c
    with ledger.read() as connection:
        rows = connection.execute(sa.select(t.key, t.state, t.finished_at, t.people)).all()
    return [
        BatchAge(
            BatchKey.parse(row.key),
            BatchState(row.state),
            row.finished_at,
            row.people,
            live_run=row.key in live,
        )
        for row in rows
        if row.key in keys
    ]


def _delete_batch(instance: dg.DagsterInstance, settings: Settings, key: str) -> int:
    runs = instance.get_runs(filters=dg.RunsFilter(tags={PARTITION_TAG: key}))
    for run in runs:
        instance.delete_run(run.run_id)
    for card in ALL_CARDS:
        frame_path(settings.frames_location, card.key, key).unlink(missing_ok=True)
    instance.delete_dynamic_partition(PARTITIONS_NAME, key)
    return len(runs)


def _delete_old_frames(settings: Settings, before: datetime, now: datetime) -> int:
    """Frames hold personal data: they go long before the history of their batch does."""
    deleted = 0
    for card in ALL_CARDS:
        folder = UPath(settings.frames_location).joinpath(*card.key.path)
        if not folder.exists():
            continue
        # The second are those of writers that were killed before they could rename them.
        for pattern, limit in (("*.parquet", before), (".*.parquet.*", now - _UNFINISHED)):
            for path in folder.glob(pattern):
                if path.stat().st_mtime < limit.timestamp():
                    path.unlink(missing_ok=True)
                    deleted += 1
    return deleted


def _delete_incidents(ledger: Ledger, before: datetime) -> int:
    with ledger.write() as connection:
        return incidents.prune(connection, before)


def _delete_events(ledger: Ledger, before: datetime) -> int:
    """In small transactions: the receiver must not wait for the deletion of a busy week."""
    deleted = 0
    while True:
        with ledger.write() as connection:
            some = inbox.prune(connection, before=before, limit=_EVENTS)
        deleted += some
        if some < _EVENTS:
            return deleted


def _delete_audit(ledger: Ledger, settings: Settings, rules: Rules, now: datetime) -> int:
    """Files past their time go; those of a past day become one, so that questions stay quick."""
    files = AuditFiles(settings.audit_location, KeyRing.of(settings))
    kept = {
        Kind.CALLS: rules.retention.call_days,
        Kind.VALUES: rules.retention.value_days,
        Kind.TRANSFERS: rules.retention.transfer_days,
    }
    today = now.astimezone(UTC).date()
    deleted = 0
    for kind, days in kept.items():
        deleted += files.prune(kind, today - timedelta(days=days))
        # Nobody writes into a day that has been over for so long.
        files.pack(kind, today - timedelta(days=1))
    with ledger.write() as connection:
        call_counts.prune(connection, today - timedelta(days=rules.retention.call_days))
    return deleted


def _delete_spools(ledger: Ledger, settings: Settings, now: datetime, keep: timedelta) -> int:
    """Spools whose every batch is done, those past their time, and what killed processes left.

    A failed bucket is still needed: a person may put it back to work.
    """
    root = settings.home.spool
    if not root.exists():
        return 0
    t = batches_table.c
    with ledger.read() as connection:
        rows = connection.execute(sa.select(t.scope, t.state).where(t.kind == "initial")).all()
    states: dict[str, set[str]] = {}
    for row in rows:
        states.setdefault(row.scope.get("spool"), set()).add(row.state)
    deleted = 0
    for folder in root.iterdir():
        if not folder.is_dir():
            continue
        found = states.get(folder.name, set())
        if found & UNFINISHED_STATES:
            continue
        # Without any batch it is being filled or about to get them, or was left behind.
        limit = now - (keep if found else _UNFINISHED)
        if found == {BatchState.DONE.value} or _touched(folder) < limit.timestamp():
            Spool(root, folder.name).discard()
            deleted += 1
    return deleted


def _touched(folder: Path) -> float:
    """When something was last written there."""
    times = []
    for path in (folder, *folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            times.append(path.stat().st_mtime)
    return max(times)
