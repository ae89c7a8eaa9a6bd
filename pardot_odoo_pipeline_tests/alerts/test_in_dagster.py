"""Dagster's own troubles go the same way: runs that failed, assets that are too old."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import pytest
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange

from pardot_odoo_pipeline.alert_sensors import alert_sensor, run_failure_sensor
from pardot_odoo_pipeline.assets.sync_health import HEALTH, OUTCOME, sync_health
from pardot_odoo_pipeline.batches import BatchState
from pardot_odoo_pipeline.definitions import build_definitions
from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import batches, incidents, retries, takeover
from pardot_odoo_pipeline.operations import run_reports
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.alerts.receivers import Mailbox, text_of
from pardot_odoo_pipeline_tests.ledgers import begun, opened, state
from pardot_odoo_pipeline_tests.world import run_here

NOW = datetime.now(UTC)
"""The sensor goes by the clock of the machine."""

CANARY = "canary.person@private.example"


class Site:
    """A home with a mail server that is told, and an instance in memory."""

    def __init__(self, home: Path, mailbox: Mailbox, instance: dg.DagsterInstance) -> None:
        self.home, self.mailbox, self.instance = home, mailbox, instance
        self.pipeline = PipelineResource()
        self.defs = build_definitions(Settings(_env_file=None))

    def run(self, **config: Any) -> dg.ExecuteInProcessResult:
        """A run of the job that opens batches, and the sensor's look at it where it failed."""
        result = self.run_alone(**config)
        if not result.success:
            self.note(result)
        return result

    def run_alone(self, **config: Any) -> dg.ExecuteInProcessResult:
        """A run as from the launchpad."""
        return self.defs.resolve_job_def("open_batch_job").execute_in_process(
            instance=self.instance,
            run_config={"ops": {"open_batch": {"config": config}}},
            raise_on_error=False,
        )

    def note(self, result: dg.ExecuteInProcessResult) -> None:
        """What the sensor does about a run that failed."""
        context = dg.build_run_status_sensor_context(
            sensor_name="run_failure_sensor",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=self.instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        run_failure_sensor(context, pipeline=self.pipeline)

    def look(self, cursor: str | None = None) -> dg.SensorResult:
        context = dg.build_sensor_context(instance=self.instance, cursor=cursor)
        found = alert_sensor(context, pipeline=self.pipeline)
        assert isinstance(found, dg.SensorResult)
        return found

    def freshness(self, key: dg.AssetKey, now: FreshnessState) -> None:
        """What Dagster's freshness daemon reports."""
        change = FreshnessStateChange(
            key=key,
            new_state=now,
            previous_state=FreshnessState.PASS,
            state_change_timestamp=time.time(),
        )
        self.instance._report_runless_asset_event(change)


@pytest.fixture
def site(tmp_path: Path, mailbox: Mailbox) -> Iterator[Site]:
    env = cli.environment(tmp_path, {"ALERT_URLS": mailbox.url})
    with mock.patch.dict(os.environ, env, clear=True), dg.DagsterInstance.ephemeral() as instance:
        yield Site(tmp_path, mailbox, instance)


def test_a_failed_run_is_told_once_and_the_next_that_goes_well_ends_it(site: Site) -> None:
    first = site.run(kind="manual")
    second = site.run(kind="manual")
    assert not first.success
    site.look()
    site.look()
    assert site.mailbox.subjects == ["Pardot-Odoo: A run of open_batch_job failed"]
    text = text_of(site.mailbox.mails[0])
    assert f"http://127.0.0.1:3000/runs/{second.run_id}" in text
    assert "reported 2 times" in text
    assert "No prospect was named." in text
    assert site.run(kind="manual", prospect_ids=["11"]).success
    site.look()
    assert site.mailbox.subjects[1:] == ["Pardot-Odoo: over: A run of open_batch_job failed"]


def test_what_an_unexpected_failure_holds_is_not_told(site: Site) -> None:
    with mock.patch.object(PipelineResource, "ledger", side_effect=ValueError(CANARY)):
        result = site.run_alone(kind="manual", prospect_ids=["11"])
    assert not result.success
    site.note(result)
    site.look()
    assert site.mailbox.subjects == ["Pardot-Odoo: A run of open_batch_job failed"]
    text = text_of(site.mailbox.mails[0])
    assert "code ValueError" in text
    assert CANARY not in text


def failed_run(batch: str | None, **values: Any) -> run_reports.FailedRun:
    said = {"code": "x", "failure_class": "bad_record", "cause": "It broke", **values}
    return run_reports.FailedRun("run-1", "sync_batch_job", batch, **said)


def test_a_batch_that_the_ledger_knows_about_is_not_told_as_a_run(site: Site) -> None:
    with open_ledger(site.home / "ledger.sqlite") as ledger:
        key = opened(ledger, at=NOW)
        with ledger.write() as tx:
            batches.request_run(tx, key, now=NOW)
            batch = batches.start(tx, key, "w:1:x", now=NOW, dagster_run_id="run-1")
            takeover.fail(tx, batch, now=NOW, outcome={"error": "x"}, hopeless=True)
        assert state(ledger, key) == BatchState.FAILED.value
        assert not run_reports.note_failed(ledger, failed_run(str(key)), now=NOW)
        site.look()
        assert site.mailbox.subjects == ["Pardot-Odoo: A batch failed for good (code x)"]
        # Another one whose worker died and that is another worker's by now.
        other = opened(ledger, at=NOW)
        begun(ledger, other, "w:2:x", at=NOW)
        assert not run_reports.note_failed(ledger, failed_run(str(other), code=None), now=NOW)
        # And one that never began: nobody else knows of it.
        third = opened(ledger, at=NOW)
        assert run_reports.note_failed(ledger, failed_run(str(third)), now=NOW)
        for code in ("circuit_open", "coming_forward", "batch_not_startable"):
            assert not run_reports.note_failed(ledger, failed_run(None, code=code), now=NOW)
        down = failed_run(None, failure_class="retry_later")
        assert not run_reports.note_failed(ledger, down, now=NOW)


def test_an_asset_that_dagster_finds_too_old_is_told_until_it_is_not(site: Site) -> None:
    site.freshness(OUTCOME, FreshnessState.FAIL)
    site.freshness(HEALTH, FreshnessState.PASS)
    site.look()
    site.look()
    assert site.mailbox.subjects == ["Pardot-Odoo: batch_outcome was not made for too long"]
    assert "Look whether Dagster's daemon runs" in text_of(site.mailbox.mails[0])
    site.freshness(OUTCOME, FreshnessState.PASS)
    site.look()
    assert site.mailbox.subjects[1:] == [
        "Pardot-Odoo: over: batch_outcome was not made for too long"
    ]


def test_during_an_outage_and_where_nothing_is_to_happen_nothing_is_too_old(site: Site) -> None:
    with site.pipeline.ledger() as ledger, ledger.write() as tx:
        incidents.report(tx, "odoo:down", now=NOW)
    site.freshness(OUTCOME, FreshnessState.FAIL)
    site.look()
    assert site.mailbox.subjects == ["Pardot-Odoo: Odoo does not answer"]
    with site.pipeline.ledger() as ledger, ledger.write() as tx:
        incidents.recover(tx, "odoo:down", now=NOW)
    (site.home / "rules.yaml").write_text("active: false\n")
    with mock.patch.dict(os.environ, {"PIPELINE_CONFIG": str(site.home / "rules.yaml")}):
        site.look()
    assert len(site.mailbox.mails) == 2


def test_health_is_reported_now_and_then_and_can_be_materialized(site: Site) -> None:
    with site.pipeline.ledger() as ledger, ledger.write() as tx:
        incidents.report(tx, "odoo:down", now=NOW)
        failures = [retries.Failure("7", "bad_record", "x")]
        for _ in range(7):
            retries.record(tx, failures, system="odoo", batch_key="b", now=NOW)
    first = site.look()
    (event,) = first.asset_events
    figures = {name: value.value for name, value in event.metadata.items()}
    assert event.asset_key == HEALTH
    assert (figures["open_incidents"], figures["suspended"], figures["links"]) == (2, 1, 0)
    assert site.look(first.cursor).asset_events == []
    made = dg.materialize(
        [sync_health], instance=site.instance, resources={"pipeline": site.pipeline}
    )
    (value,) = made.asset_materializations_for_node("sync_health")
    assert set(value.metadata) == set(event.metadata)


def test_addresses_that_cannot_be_read_are_shown_and_stop_nothing(site: Site) -> None:
    with mock.patch.dict(os.environ, {"ALERT_URLS": "nosuch://secret-token"}):
        assert len(site.look().asset_events) == 1
        site.look()
        with site.pipeline.ledger() as ledger, ledger.read() as tx:
            (one,) = incidents.open_incidents(tx)
    assert (one.cause_key, one.times) == ("alerts:channels", 1)
    assert "secret-token" not in str(one.detail)
    site.look()
    with site.pipeline.ledger() as ledger, ledger.read() as tx:
        assert incidents.open_incidents(tx) == []


def test_status_shows_that_notices_wait_while_a_channel_is_down(site: Site) -> None:
    with site.pipeline.ledger() as ledger, ledger.write() as tx:
        incidents.report(tx, "odoo:down", now=NOW)
    site.mailbox.refuses = True
    said = site.look().skip_reason
    assert said is not None
    assert said.skip_message == "0 notices sent, 1 channels failed."
    env = {"ALERT_URLS": site.mailbox.url}
    (queue,) = run_here(site.home, "status", "--json", env=env).report["notices_waiting"]
    assert (queue["waiting"], queue["tries"]) == (1, 1)
    assert "! notices that wait for mailto:" in run_here(site.home, "status", env=env).stdout
    site.mailbox.refuses = False
