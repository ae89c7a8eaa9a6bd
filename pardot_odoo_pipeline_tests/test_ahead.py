"""A batch ahead of its run: the run sees what it would have seen, and can stop it."""

from __future__ import annotations

import threading
from collections.abc import Generator

import dagster as dg
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.ahead import BatchAhead, PipelineAhead
from pardot_odoo_pipeline.batches import BatchKey
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.recording import Recorder
from pardot_odoo_pipeline.run_batch import StepResult

KEY = BatchKey.parse("webhook-20260302T090000Z-0001")
Steps = Generator[StepResult, None, None]


class Script:
    """Steps of a batch that go on when they are told to."""

    def __init__(self, names: list[str], failure: Exception | None = None) -> None:
        self.done: list[str] = []
        self.given_back: BaseException | None = None
        self.go = threading.Semaphore(0)
        self._names = names
        self._failure = failure

    def steps(self) -> Steps:
        try:
            for name in self._names:
                self.go.acquire()
                self.done.append(name)
                yield StepResult(name, pd.DataFrame(), {}, ())
            if self._failure:
                raise self._failure
        except BaseException as failure:
            self.given_back = failure
            raise

    def all_at_once(self) -> Script:
        for _ in self._names:
            self.go.release()
        return self


@given(st.lists(st.text(min_size=1), max_size=6), st.booleans())
def test_the_run_sees_every_step_in_order_and_the_failure_last(
    names: list[str], fails: bool
) -> None:
    failure = PipelineError("Odoo is down", fix="Wait", code="odoo_down") if fails else None
    ahead = BatchAhead(Script(names, failure).all_at_once().steps(), "none")
    results = ahead.results()
    assert [next(results).asset for _ in names] == names
    with pytest.raises(PipelineError if fails else StopIteration) as told:
        next(results)
    assert not fails or told.value is failure
    assert ahead.failure is failure
    assert ahead.join(1)


def test_it_goes_on_without_a_run() -> None:
    script = Script(["a", "load", "b"]).all_at_once()
    ahead = BatchAhead(script.steps(), "load")
    assert ahead.join(10)
    assert script.done == ["a", "load", "b"]


def test_who_waits_for_the_load_waits_no_longer() -> None:
    script = Script(["a", "load", "b"])
    ahead = BatchAhead(script.steps(), "load")
    script.go.release(2)
    ahead.wait(10)
    assert script.done == ["a", "load"]
    script.go.release()
    assert ahead.join(10)


def test_a_terminated_run_stops_it_before_its_next_step() -> None:
    script = Script(["a", "load", "b"])
    ahead = BatchAhead(script.steps(), "load")
    results = ahead.results()
    script.go.release()
    assert next(results).asset == "a"
    ahead.stop()
    script.go.release(2)  # the step at hand is finished, as no call can be taken back
    assert next(results).asset == "load"
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert script.done == ["a", "load"]
    assert not isinstance(script.given_back, Exception), "no fault of the batch"


def test_a_run_that_fails_itself_stops_it_too() -> None:
    script = Script(["a", *map(str, range(100_000))])
    ahead = BatchAhead(script.steps(), "load")
    results = ahead.results()
    script.go.release()
    assert next(results).asset == "a"
    closing = threading.Thread(target=results.close)  # what Dagster does where a frame is refused
    closing.start()
    while script.given_back is None:
        script.go.release()
    closing.join(10)
    assert ahead.join(10)
    assert not isinstance(script.given_back, Exception), "no fault of the batch"


@dg.op
def _nothing() -> None:
    """A step."""


@dg.job
def _job() -> None:
    _nothing()


def test_dagster_calls_a_listener_after_every_record_of_a_run_that_is_yet_to_come() -> None:
    """The recorder holds records back that way; where this changes it holds nothing back."""
    run_id = "b9f0c0de-0000-4000-8000-000000000001"
    threads: list[int] = []
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_event_listener(run_id, lambda _: threads.append(threading.get_ident()))
        done = _job.execute_in_process(instance=instance, run_id=run_id)
        assert done.run_id == run_id
        stored = len(instance.all_logs(run_id))
    assert threads == [threading.get_ident()] * stored
    assert stored > 5


class Jobs:
    """Executes a run of one op in place of a batch's."""

    def __init__(self, instance: dg.DagsterInstance, fails: bool) -> None:
        self.listeners: list[int] = []
        self._instance = instance
        self._fails = fails

    def launch(self, request: RunRequest, *, tags: dict[str, str], run_id: str) -> None:
        _job.execute_in_process(instance=self._instance, run_id=run_id, tags=tags)
        self.listeners.append(len(self._instance._subscribers[run_id]))
        if self._fails:
            raise RuntimeError("Dagster's storage is away")


@pytest.mark.parametrize("fails", [False, True], ids=["recorded", "not_recorded"])
def test_nothing_is_kept_of_a_run_that_has_ended(fails: bool) -> None:
    """Where Dagster keeps its listeners elsewhere, they stay as long as the worker lives."""
    with dg.DagsterInstance.ephemeral() as instance:
        jobs, pipeline = Jobs(instance, fails), PipelineAhead()
        recorder = Recorder(instance, jobs, pipeline, "me")  # type: ignore[arg-type]
        for number in range(4):
            ahead = BatchAhead(Script([]).steps(), "none")
            run_id = f"b9f0c0de-0000-4000-8000-00000000001{number}"
            recorder.record(RunRequest(KEY, number), run_id, ahead)
        assert recorder.end(30)
        assert jobs.listeners == [1] * 4
        assert not instance._subscribers
