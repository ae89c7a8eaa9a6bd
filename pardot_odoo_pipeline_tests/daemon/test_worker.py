"""The warm worker as a process: what it brings over, and what is left when it ends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pardot_odoo_pipeline.batch_jobs import BatchJobs
from pardot_odoo_pipeline.batches import BatchKey, BatchKind, BatchState
from pardot_odoo_pipeline.dead_runs import WARM_TAG
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store.batches import Batch, RunRequest
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.sensors import retry_sensor
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.cli import environment
from pardot_odoo_pipeline_tests.warm import WarmSite, a_lead, copied_package, dagster_of, run_of
from pardot_odoo_pipeline_tests.world import World, wait_for

pytestmark = pytest.mark.xdist_group("daemon")
PROSPECTS = "/api/v5/objects/prospects"
STARTED = dg.DagsterRunStatus.STARTED


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Eighty prospects after their initial sync, activities and lists included."""
    with World.running(tmp_path_factory.mktemp("warm"), 80, sides=True) as world:
        world.begin()
        yield world


@pytest.fixture(scope="module")
def long_lived(world: World) -> Iterator[WarmSite]:
    """A worker that several tests share; the last one asks it to end."""
    with WarmSite.running(world) as site:
        yield site


@pytest.fixture
def mortal(world: World) -> Iterator[WarmSite]:
    """A worker to be killed; the one before has ended."""
    with WarmSite.running(world) as site:
        yield site
    world.forget()


@pytest.fixture
def site(long_lived: WarmSite) -> Iterator[WarmSite]:
    """The same, with nothing left of the test before."""
    yield long_lived
    long_lived.world.forget()


def test_an_event_is_in_odoo_at_once_and_its_run_in_dagster(site: WarmSite) -> None:
    prospect = a_lead(site.world, 0)
    name = site.submit(prospect, 901)
    event = site.closed(name)
    assert site.score(prospect) == 901
    assert event.received_at < event.committed_at <= event.closed_at
    batch = site.batch_of(name)
    assert batch is not None
    assert (batch.state, batch.attempt) == ("done", 1)
    with dagster_of(site.world) as instance:
        run = wait_for(lambda: _ended(instance, batch.key), 30)
        assert (run.status, run.job_name) == (dg.DagsterRunStatus.SUCCESS, "sync_batch_job")
        assert run.run_id == batch.dagster_run_id
        assert run.tags["pardot_odoo/attempt"] == "1"
        assert run.tags["pardot_odoo/lane"] == "webhook"
        assert run.tags[WARM_TAG] == site.processes()[0].id
        assert str(batch.key) in instance.get_dynamic_partitions(PARTITIONS_NAME)
        for asset in ("pardot_prospects_raw", "batch_outcome"):
            stored = instance.get_latest_materialization_event(dg.AssetKey(asset))
            assert stored is not None
            assert stored.run_id == run.run_id
        checks = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        assert checks


def test_the_activities_that_follow_a_form_are_its_work_too(site: WarmSite) -> None:
    name = site.submit(a_lead(site.world, 10), 908)
    site.closed(name)
    batch = site.batch_of(name)
    assert batch is not None

    def followers() -> list[Batch]:
        with site.ledger.read() as connection:
            keys = batches.followers(connection, str(batch.key))
            return [batches.get(connection, BatchKey.parse(key)) for key in keys]

    [follower] = wait_for(lambda: [one for one in followers() if one.state is BatchState.DONE], 30)
    assert follower.key.kind is BatchKind.BULK
    with dagster_of(site.world) as instance:
        run = wait_for(lambda: _ended(instance, follower.key), 30)
    assert (run.job_name, run.status) == ("activity_batch_job", dg.DagsterRunStatus.SUCCESS)
    assert WARM_TAG in run.tags


def test_the_rules_are_those_of_the_file(site: WarmSite) -> None:
    rules = Path(site.world.environment["PIPELINE_CONFIG"])
    before = rules.read_text()
    try:
        rules.write_text(f"{before}active: false\n")
        time.sleep(6)  # it looks at the file now and then, and says nothing where it is the same
        name = site.submit(a_lead(site.world, 4), 905)
        wait_for(lambda: site.processes()[0].detail["state"] == "inactive", 30)
        assert site.event(name).state == "waiting"
    finally:
        rules.write_text(before)
    site.closed(name)
    assert site.score(a_lead(site.world, 4)) == 905


def test_while_odoo_is_down_it_rests_and_loses_nothing(site: WarmSite) -> None:
    people = [a_lead(site.world, number) for number in range(5, 9)]
    site.world.odoo.fault({"status": 503}, times=10_000)
    names = [site.submit(person, 906) for person in people[:2]]
    wait_for(lambda: "resting, as long as it takes: odoo:down" in site.log, 60)
    site.world.odoo.control("DELETE", "/requests")
    names += [site.submit(person, 906) for person in people[2:]]
    time.sleep(4)
    states = [site.event(name).state for name in names]
    assert states.count("batched") <= 2, "what came during the outage waits"
    assert site.log.count("resting") == 1, site.log
    assert site.world.odoo.asked == [], "it is left alone until the next look"
    site.world.odoo.forget()
    site.world.advance(130)  # past the next look; less than what makes a worker look dead
    for name, person in zip(names, people, strict=True):
        site.closed(name, 60)
        assert site.score(person) == 906
    for name in names:
        batch = site.batch_of(name)
        assert batch is not None
        assert (batch.state, batch.faults) == ("done", 0)


def test_a_run_that_is_terminated_stops_before_its_next_step(site: WarmSite) -> None:
    prospect = a_lead(site.world, 9)
    before = site.score(prospect)
    with dagster_of(site.world) as instance:
        # Only a run that is there can be terminated; those of the tests before are written first.
        wait_for(lambda: _all_recorded(site, instance), 60)
    # Longer than it takes until the worker looks at its run.
    site.world.pardot.fault({"delay_seconds": 15}, path=PROSPECTS)
    name = site.submit(prospect, 907)
    batch = site.running_batch(name)
    with dagster_of(site.world) as instance:
        wait_for(lambda: _status(instance, batch.key) is STARTED, 30)
        run = run_of(instance, batch.key)
        assert run is not None
        instance.report_run_canceling(run)  # what the default launcher does of a run without server
        assert wait_for(lambda: _ended(instance, batch.key), 30)
        assert _status(instance, batch.key) is dg.DagsterRunStatus.CANCELED
    stopped = site.batch_of(name)
    assert stopped is not None
    assert (stopped.state, stopped.faults) == ("abandoned", 0)
    assert site.score(prospect) == before


def test_asked_to_end_it_finishes_the_batch_at_hand(site: WarmSite) -> None:
    prospect = a_lead(site.world, 3)
    site.world.pardot.fault({"delay_seconds": 2}, path=PROSPECTS)
    name = site.submit(prospect, 904)
    batch = site.running_batch(name)
    site.process.terminate()
    assert site.process.wait(30) == 0, site.log
    assert site.event(name).state == "closed"
    assert site.score(prospect) == 904
    with dagster_of(site.world) as instance:
        # On a machine that is very busy it leaves the rest of the records to the sensor.
        assert _ended(instance, batch.key) or "takes too long" in site.log
    assert site.processes()[0].stopped_at is not None


def test_asked_to_end_in_a_long_batch_it_gives_that_back_and_nobody_is_blamed(
    mortal: WarmSite,
) -> None:
    site = mortal
    prospect = a_lead(site.world, 10)
    site.world.pardot.fault({"delay_seconds": 60}, path=PROSPECTS)
    name = site.submit(prospect, 908)
    batch = site.running_batch(name)
    site.process.terminate()
    assert site.process.wait(40) == 0, site.log
    left = site.batch_of(name)
    assert left is not None
    assert (left.state, left.faults, left.rests_until) == ("abandoned", 0, None)
    site.world.pardot.forget()
    with dagster_of(site.world) as instance:
        tick = retry_sensor(dg.build_sensor_context(instance=instance), pipeline=PipelineResource())
        assert isinstance(tick, dg.SensorResult)
        assert str(batch.key) in {one.partition_key for one in tick.run_requests or ()}
        jobs = BatchJobs(Settings(), instance, PipelineResource())
        assert jobs.launch(RunRequest(batch.key, 2)).success
    assert site.score(prospect) == 908


def test_the_batch_of_a_killed_worker_goes_on_and_its_run_is_over(mortal: WarmSite) -> None:
    site = mortal
    prospect = a_lead(site.world, 1)
    site.world.pardot.fault({"delay_seconds": 30}, path=PROSPECTS)
    name = site.submit(prospect, 902)
    batch = site.running_batch(name)
    with dagster_of(site.world) as instance:
        wait_for(lambda: _status(instance, batch.key) is STARTED, 30)
        site.kill()
        site.world.pardot.forget()
        assert _status(instance, batch.key) is STARTED, "Dagster does not know yet"
        tick = retry_sensor(dg.build_sensor_context(instance=instance), pipeline=PipelineResource())
        assert isinstance(tick, dg.SensorResult)
        assert str(batch.key) in {one.partition_key for one in tick.run_requests or ()}
        assert _status(instance, batch.key) is dg.DagsterRunStatus.FAILURE
        jobs = BatchJobs(Settings(), instance, PipelineResource())
        assert jobs.launch(RunRequest(batch.key, 2)).success
    assert site.closed(name).committed_at is not None
    assert site.score(prospect) == 902
    assert site.world.twins() == []


def test_a_worker_killed_after_its_batch_leaves_no_run_behind(mortal: WarmSite) -> None:
    site = mortal
    name = site.submit(a_lead(site.world, 2), 903)
    batch = site.running_batch(name)
    with dagster_of(site.world) as instance:
        wait_for(lambda: _status(instance, batch.key), 30)
        site.closed(name)
        site.kill()  # the records are still being written
        retry_sensor(dg.build_sensor_context(instance=instance), pipeline=PipelineResource())
        assert _ended(instance, batch.key)
    again = site.batch_of(name)
    assert again is not None
    assert (again.state, again.attempt) == ("done", 1)


def test_the_next_worker_goes_on_where_a_killed_one_stopped(world: World) -> None:
    with WarmSite.running(world) as site:
        prospect = a_lead(world, 3)
        world.pardot.fault({"delay_seconds": 30}, path=PROSPECTS)
        name = site.submit(prospect, 917)
        site.running_batch(name)
        site.kill()
        world.pardot.forget()
    # No sensor runs here: the one who is warm does not wait for it.
    with WarmSite.running(world) as next_one:
        assert next_one.closed(name).committed_at is not None
        batch = next_one.batch_of(name)
        assert batch is not None
        assert (batch.state, batch.attempt) == ("done", 2)
        assert batch.worker_id is not None
        assert batch.worker_id.split(":")[1] == str(next_one.process.pid)
    assert site.score(prospect) == 917
    assert world.twins() == []


def test_it_ends_to_be_started_again_where_its_code_changed(home: Path) -> None:
    package = copied_package(home)
    log = home / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pardot_odoo_pipeline.worker"],
            cwd=home,
            env=environment(home, {"PYTHONPATH": str(package.parent)}),
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(lambda: " ready: " in log.read_text(), 90)
        (package / "clock.py").touch()
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert "its code changed" in log.read_text()


def _all_recorded(site: WarmSite, instance: dg.DagsterInstance) -> bool:
    with site.ledger.read() as connection:
        known = batches.recent(connection, 100)
    runs = [instance.get_run_by_id(one.dagster_run_id) for one in known if one.dagster_run_id]
    return all(run is not None and run.is_finished for run in runs)


def _status(instance: dg.DagsterInstance, key: object) -> dg.DagsterRunStatus | None:
    run = run_of(instance, key)
    return run.status if run else None


def _ended(instance: dg.DagsterInstance, key: object) -> dg.DagsterRun | None:
    run = run_of(instance, key)
    return run if run and run.is_finished else None
