"""What Dagster makes of runs that did nothing wrong: they meet a shut way, or are told to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import dagster as dg
import pytest

from pardot_odoo_pipeline import launching, opening
from pardot_odoo_pipeline.alert_sensors import run_failure_sensor
from pardot_odoo_pipeline.batch_jobs import BatchJobs
from pardot_odoo_pipeline.batches import UNFINISHED_STATES, BatchState
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store.batches import Batch, RunRequest
from pardot_odoo_pipeline.operations import outages
from pardot_odoo_pipeline.operations.playbook import Reaction
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline_tests.outages.operation import Operation
from pardot_odoo_pipeline_tests.outages.twins import Twins
from pardot_odoo_pipeline_tests.world import wait_for


@pytest.fixture
def operation(twins: Twins) -> Iterator[Operation]:
    with twins.disturbed.around():
        yield twins.disturbed


def launched(operation: Operation, request: RunRequest) -> dg.ExecuteInProcessResult:
    """The run of an attempt, and what the failure sensor does about it."""
    pipeline = PipelineResource()
    jobs = BatchJobs(pipeline.settings(), operation.instance, pipeline)
    result = jobs.launch(request)
    pipeline.close()
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failure_sensor",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=operation.instance,
        dagster_run=result.dagster_run,
    ).for_run_failure()
    run_failure_sensor(context, pipeline=pipeline)
    return result


def requested(operation: Operation) -> RunRequest:
    opening.open_interval(operation.ledger, operation.now())
    [request] = launching.take_requests(operation.ledger, operation.now())
    return request


def batch_of(operation: Operation, request: RunRequest) -> Batch:
    with operation.ledger.read() as connection:
        return batches.get(connection, request.key)


def test_a_run_that_meets_a_shut_way_is_not_told_as_a_failed_run(
    twins: Twins, operation: Operation
) -> None:
    request = requested(operation)
    refusal = PipelineError(
        "No calls are left", fix="Wait", code="52", failure_class=FailureClass.PAUSE_UNTIL_RESET
    )
    verdict = outages.Verdict(Reaction.PAUSE_LANE, "pardot")
    rules = PipelineResource().rules()
    with operation.ledger.write() as connection:
        outages.note(
            connection, refusal, verdict, lane="interval", now=operation.now(), rules=rules
        )
    result = launched(operation, request)
    [failed] = [event for event in result.all_events if event.is_step_failure]
    told = failed.step_failure_data.user_failure_data
    assert told is not None
    assert told.metadata["code"].value == "circuit_open"
    assert [one.cause_key for one in operation.open_incidents()] == ["pardot:lane:interval"]
    batch = batch_of(operation, request)
    assert batch.faults == 0
    assert batch.state in UNFINISHED_STATES - {BatchState.RUNNING, BatchState.REQUESTED}
    # The lane's pause ends with the account's day.
    twins.pass_time(24 * 60 + 2, step=24 * 60 + 2)
    assert batch_of(operation, request).state is BatchState.DONE
    assert operation.open_incidents() == []


def test_a_run_that_is_told_to_end_is_no_fault_of_its_batch(operation: Operation) -> None:
    request = requested(operation)
    pardot = operation.world.pardot
    pardot.forget()
    pardot.fault({"delay_seconds": 5}, path="/api/v5/objects/prospects")
    known = {one.cause_key for one in operation.open_incidents()}

    def end_it() -> None:
        wait_for(lambda: any("/objects/prospects" in call["path"] for call in pardot.asked))
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, lambda *_: pytest.fail("it came too late"))
    thread = threading.Thread(target=end_it)
    thread.start()
    try:
        result = launched(operation, request)
    finally:
        thread.join(60)
        signal.signal(signal.SIGTERM, before)
    assert not result.success
    batch = batch_of(operation, request)
    assert (batch.faults, batch.state) == (0, BatchState.ABANDONED)
    assert {one.cause_key for one in operation.open_incidents()} == known
    pardot.forget()
    operation.tick()
    assert batch_of(operation, request).state is BatchState.DONE
