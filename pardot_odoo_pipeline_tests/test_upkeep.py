"""What is past its time goes; what is live, young or needed stays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.assets.catalog import CARDS
from pardot_odoo_pipeline.batches import BatchKey, BatchKind, BucketScope
from pardot_odoo_pipeline.io_managers import frame_path
from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, inbox, takeover
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME
from pardot_odoo_pipeline.pushed_events import Note, PushedEvent, System
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.upkeep import prune
from pardot_odoo_pipeline_tests.ledgers import NOW, begun, done, opened

WEEKS = timedelta(days=30)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(_env_file=None, pipeline_home=tmp_path, ledger_url=None, frames_url=None)
    made.home.create()
    return made


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite") as made:
        yield made


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def shown(instance: dg.DagsterInstance, settings: Settings, key: BatchKey) -> Path:
    """Register the partition and store a frame, young until it is made old."""
    instance.add_dynamic_partitions(PARTITIONS_NAME, [str(key)])
    path = Path(str(frame_path(settings.frames_location, CARDS[0].key, str(key))))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"frame")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return path


def run_of(
    instance: dg.DagsterInstance, key: BatchKey, status: dg.DagsterRunStatus
) -> dg.DagsterRun:
    return instance.add_run(
        dg.DagsterRun(
            job_name="sync_batch_job", status=status, tags={"dagster/partition": str(key)}
        )
    )


def test_an_old_batch_goes_with_its_runs_and_frames(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings
) -> None:
    key = opened(ledger)
    done(ledger, key, created=1)
    frame = shown(instance, settings, key)
    run = run_of(instance, key, dg.DagsterRunStatus.SUCCESS)
    removed = prune(instance, ledger, settings, load_rules(None), NOW + WEEKS)
    assert (removed["partitions"], removed["runs"]) == (1, 1)
    assert instance.get_dynamic_partitions(PARTITIONS_NAME) == []
    assert instance.get_run_by_id(run.run_id) is None
    assert not frame.exists()
    with ledger.read() as connection:
        assert batches.get(connection, key).outcome, "the ledger remembers"


def test_a_young_batch_stays_and_so_does_one_with_a_live_run(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings
) -> None:
    old, young, waiting = (opened(ledger) for _ in range(3))
    done(ledger, old, created=1)
    done(ledger, young, created=1, at=NOW + WEEKS)
    for key in (old, young, waiting):
        shown(instance, settings, key)
    run_of(instance, old, dg.DagsterRunStatus.STARTED)
    removed = prune(instance, ledger, settings, load_rules(None), NOW + WEEKS)
    assert removed["partitions"] == 0
    assert len(instance.get_dynamic_partitions(PARTITIONS_NAME)) == 3


def test_frames_go_long_before_the_history_of_their_batch(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings
) -> None:
    key = opened(ledger)
    done(ledger, key, created=1)
    frame = shown(instance, settings, key)
    young = prune(instance, ledger, settings, load_rules(None), NOW + timedelta(hours=71))
    assert young["frames"] == 0
    assert frame.exists()
    old = prune(instance, ledger, settings, load_rules(None), NOW + timedelta(hours=73))
    assert (old["frames"], old["partitions"]) == (1, 0)
    assert not frame.exists()


def _age(folder: Path, at: datetime) -> None:
    for path in (*folder.iterdir(), folder):
        os.utime(path, (at.timestamp(), at.timestamp()))


@pytest.mark.parametrize("finished", [False, True], ids=["no manifest", "no batches yet"])
def test_what_a_killed_opening_left_goes_after_a_day(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings, finished: bool
) -> None:
    folder = settings.home.spool / "left"
    folder.mkdir()
    (folder / "part-00000.parquet").write_bytes(b"rows")
    if finished:
        (folder / "manifest.json").write_text("{}")
    _age(folder, NOW)
    prune(instance, ledger, settings, load_rules(None), NOW + timedelta(hours=23))
    assert folder.exists()
    prune(instance, ledger, settings, load_rules(None), NOW + timedelta(hours=25))
    assert not folder.exists()


def test_the_spool_of_a_failed_bucket_stays_as_long_as_batches_do(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings
) -> None:
    folder = settings.home.spool / "failed"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    _age(folder, NOW)
    key = opened(ledger, kind=BatchKind.INITIAL, scope=BucketScope("failed", 0, 1))
    batch = begun(ledger, key, "elsewhere:1:x")
    with ledger.write() as connection:
        takeover.fail(connection, batch, now=NOW, outcome={"error": "x"}, hopeless=True)
    rules = load_rules(None)
    kept = timedelta(days=rules.retention.batch_days)
    prune(instance, ledger, settings, rules, NOW + kept - timedelta(hours=1))
    assert folder.exists()
    prune(instance, ledger, settings, rules, NOW + kept + timedelta(hours=1))
    assert not folder.exists()


def test_a_frame_that_a_killed_writer_left_goes_after_a_day(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings
) -> None:
    frame = shown(instance, settings, opened(ledger))
    left = frame.with_name(f".{frame.name}.0a1b2c3d")
    left.write_bytes(b"rows")
    os.utime(left, (NOW.timestamp(), NOW.timestamp()))
    prune(instance, ledger, settings, load_rules(None), NOW + timedelta(hours=23))
    assert left.exists()
    prune(instance, ledger, settings, load_rules(None), NOW + timedelta(hours=25))
    assert not left.exists()
    assert frame.exists()


def test_a_spool_goes_when_its_last_batch_is_over(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings
) -> None:
    over, needed, unfinished = (settings.home.spool / n for n in ("over", "needed", "unfinished"))
    for folder in (over, needed, unfinished):
        folder.mkdir()
        (folder / "bucket-00000.parquet").write_bytes(b"rows")
    for folder in (over, needed):
        (folder / "manifest.json").write_text("{}")
    first = opened(ledger, kind=BatchKind.INITIAL, scope=BucketScope("over", 0, 1))
    half = opened(ledger, kind=BatchKind.INITIAL, scope=BucketScope("needed", 0, 1))
    opened(ledger, kind=BatchKind.INITIAL, scope=BucketScope("needed", 1, 1))
    done(ledger, first, created=1)
    done(ledger, half, created=1)
    _age(unfinished, NOW)
    removed = prune(instance, ledger, settings, load_rules(None), NOW)
    assert removed["spools"] == 1
    assert not over.exists()
    assert needed.exists()
    assert unfinished.exists(), "somebody may be filling it just now"


def test_closed_events_go_after_their_days_and_open_ones_stay(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings
) -> None:
    events = [
        PushedEvent("salesforce", name, System.PARDOT, "form_submitted", NOW, prospect_id="1")
        for name in ("seen", "given up", "waits", "in a batch")
    ]
    with ledger.write() as connection:
        inbox.store(connection, events)
        taken = inbox.waiting(connection, now=NOW, limit=9)
        inbox.attach(connection, [taken[3].id], "webhook-20260302T090000Z-1", now=NOW)
        inbox.close(connection, [taken[0].id], now=NOW)
        inbox.close(connection, [taken[1].id], now=NOW, note=Note.NOT_SEEN)

    def kept() -> set[str]:
        with ledger.read() as connection:
            return set(connection.execute(sa.select(inbox_events.c.event_id)).scalars())

    rules = load_rules(None)
    last = NOW + timedelta(days=rules.webhooks.inbox_days)
    assert prune(instance, ledger, settings, rules, last)["events"] == 0
    assert len(kept()) == 4
    assert prune(instance, ledger, settings, rules, last + timedelta(seconds=1))["events"] == 2
    assert kept() == {"waits", "in a batch"}
    shorter = rules.model_copy(
        update={"webhooks": rules.webhooks.model_copy(update={"inbox_days": 1})}
    )
    with ledger.write() as connection:
        inbox.close(connection, [taken[2].id], now=NOW)
    assert prune(instance, ledger, settings, shorter, NOW + timedelta(days=2))["events"] == 1
    assert kept() == {"in a batch"}


def test_a_busy_week_goes_in_small_transactions(
    instance: dg.DagsterInstance, ledger: Ledger, settings: Settings
) -> None:
    closed = {"system": "pardot", "type": "form_submitted", "state": "closed", "source": "s"}
    times = {"received_at": NOW, "closed_at": NOW}
    with ledger.write() as connection:
        connection.execute(
            sa.insert(inbox_events),
            [{**closed, **times, "event_id": str(number)} for number in range(5_001)],
        )
    ended: list[object] = []
    sa.event.listen(ledger.engine, "commit", ended.append)
    assert prune(instance, ledger, settings, load_rules(None), NOW + WEEKS)["events"] == 5_001
    assert len(ended) >= 3
    with ledger.read() as connection:
        assert connection.execute(sa.select(sa.func.count(inbox_events.c.id))).scalar_one() == 0
