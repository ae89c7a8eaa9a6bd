"""The sensors and the schedules, called as the daemon calls them, on an instance of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pardot_odoo_pipeline import opening
from pardot_odoo_pipeline.definitions import build_definitions
from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches, cursors, retries
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.sensors import ATTEMPT_TAG, LANE_TAG, inbox_sensor, retry_sensor
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.steps.changes import ACTIVITY_CURSOR, UPDATED_CURSOR
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.ledgers import begun, opened, state


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installation with nothing but its folder."""
    for name in set(os.environ) - set(cli.environment(tmp_path)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as made:
        yield made


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    Settings().home.create()
    with open_ledger(home / "ledger.sqlite") as made:
        yield made


def sense(
    instance: dg.DagsterInstance, sensor: dg.SensorDefinition = retry_sensor
) -> dg.SensorResult | dg.SkipReason:
    result = sensor(dg.build_sensor_context(instance=instance), pipeline=PipelineResource())
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def tick(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    schedule = build_definitions(Settings()).resolve_schedule_def("interval_schedule")
    result = schedule(dg.build_schedule_context(instance=instance), pipeline=PipelineResource())
    assert isinstance(result, dg.RunRequest | dg.SkipReason)
    return result


def synced_before(ledger: Ledger) -> datetime:
    now = datetime.now(UTC)
    with ledger.write() as connection:
        for name in (UPDATED_CURSOR, ACTIVITY_CURSOR):
            cursors.advance(
                connection,
                name,
                expected=None,
                to=cursors.Position(now - timedelta(hours=1)),
                now=now,
            )
    return now


def inactive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("active: false\n")
    monkeypatch.setenv("PIPELINE_CONFIG", str(path))


@pytest.mark.parametrize("sensor", [inbox_sensor, retry_sensor], ids=lambda one: one.name)
def test_before_any_set_up_the_sensors_make_nothing(
    instance: dg.DagsterInstance, home: Path, sensor: dg.SensorDefinition
) -> None:
    assert isinstance(sense(instance, sensor), dg.SkipReason)
    assert not home.exists()


@pytest.mark.parametrize("sensor", [inbox_sensor, retry_sensor], ids=lambda one: one.name)
def test_a_waiting_batch_gets_one_run(
    instance: dg.DagsterInstance, ledger: Ledger, sensor: dg.SensorDefinition
) -> None:
    [key] = opening.open_ids(ledger, ["5"], datetime.now(UTC))
    result = sense(instance, sensor)
    assert isinstance(result, dg.SensorResult)
    [request] = result.run_requests or ()
    assert (request.run_key, request.partition_key) == (f"{key}:1", str(key))
    assert request.tags == {ATTEMPT_TAG: "1", LANE_TAG: "manual", "dagster/priority": "0"}
    [added] = result.dynamic_partitions_requests or ()
    assert list(added.partition_keys) == [str(key)]
    for other in (inbox_sensor, retry_sensor):
        assert isinstance(sense(instance, other), dg.SkipReason), "the second look finds it taken"


def test_a_partition_that_is_known_is_not_added_again(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    [key] = opening.open_ids(ledger, ["5"], datetime.now(UTC))
    instance.add_dynamic_partitions(PARTITIONS_NAME, [str(key)])
    result = sense(instance)
    assert isinstance(result, dg.SensorResult)
    assert list(result.dynamic_partitions_requests or ()) == []


def test_the_batch_of_a_silent_worker_is_launched_under_a_new_run_key(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    key = opened(ledger, at=long_ago)
    begun(ledger, key, "another-host:1:x", at=long_ago)
    result = sense(instance)
    assert isinstance(result, dg.SensorResult)
    assert [request.run_key for request in result.run_requests or ()] == [f"{key}:2"]


def test_a_batch_whose_run_waits_in_the_queue_is_left_there(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    keys = [opened(ledger, at=long_ago) for _ in range(2)]
    with ledger.write() as connection:
        for key in keys:
            batches.request_run(connection, key, now=long_ago)
    instance.add_run(
        dg.DagsterRun(
            job_name="sync_batch_job",
            status=dg.DagsterRunStatus.NOT_STARTED,
            tags={"dagster/partition": str(keys[0]), ATTEMPT_TAG: "1"},
        )
    )
    sense(instance)
    assert [state(ledger, key) for key in keys] == ["requested", "abandoned"]


def test_a_run_that_ended_before_its_batch_began_keeps_no_place(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    lost, late = (opened(ledger, at=long_ago) for _ in range(2))
    with ledger.write() as connection:
        batches.request_run(connection, lost, now=long_ago)
        batches.request_run(connection, late, now=datetime.now(UTC))
    runs = [
        instance.add_run(
            dg.DagsterRun(
                job_name="sync_batch_job",
                status=dg.DagsterRunStatus.STARTED,
                tags={"dagster/partition": str(key), **({ATTEMPT_TAG: "1"} if asked else {})},
            )
        )
        for key, asked in ((lost, True), (late, True), (lost, False))
    ]
    sense(instance)
    assert state(ledger, lost) == "abandoned"
    found = [instance.get_run_by_id(run.run_id) for run in runs]
    assert [run.status.value if run else None for run in found] == ["FAILURE", "STARTED", "STARTED"]


def test_records_whose_next_attempt_is_due_become_a_batch(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    with ledger.write() as connection:
        retries.record(
            connection,
            [retries.Failure("5", FailureClass.RETRY_LATER, "x")],
            system="odoo",
            batch_key="manual-20260101T000000Z-0001",
            now=long_ago,
        )
    result = sense(instance)
    assert isinstance(result, dg.SensorResult)
    [request] = result.run_requests or ()
    assert request.tags[LANE_TAG] == "retry"
    with ledger.read() as connection:
        [batch] = batches.recent(connection)
    assert batch.scope.prospect_ids == ("5",)


def test_the_schedule_opens_the_next_interval_and_registers_its_partition(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    synced_before(ledger)
    request = tick(instance)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key is not None
    assert request.partition_key.startswith("interval-")
    assert request.tags[LANE_TAG] == "interval"
    assert instance.get_dynamic_partitions(PARTITIONS_NAME) == [request.partition_key]
    assert isinstance(tick(instance), dg.SkipReason), "one at a time"
    assert isinstance(sense(instance), dg.SkipReason), "the schedule's own request stands"


def test_before_an_initial_sync_the_schedule_says_so(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    result = tick(instance)
    assert isinstance(result, dg.SkipReason)
    assert "initial sync" in (result.skip_message or "")


def test_a_pipeline_that_is_switched_off_opens_nothing_by_itself(
    instance: dg.DagsterInstance, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inactive(monkeypatch, tmp_path)
    synced_before(ledger)
    result = tick(instance)
    assert isinstance(result, dg.SkipReason)
    assert "active: false" in (result.skip_message or "")
    with ledger.read() as connection:
        assert batches.recent(connection) == []


def test_a_broken_rules_file_shows_as_a_coded_failure(
    instance: dg.DagsterInstance, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("bach_size: 3\n")
    monkeypatch.setenv("PIPELINE_CONFIG", str(path))
    with pytest.raises(dg.Failure, match=r"rules\.yaml:1"):
        sense(instance)
