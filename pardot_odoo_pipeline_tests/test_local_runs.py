"""A command beside other processes: it waits for what they run, and takes what they left."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pardot_odoo_pipeline import launching, local_runs
from pardot_odoo_pipeline.assets.sync_batch import attempt_of
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.store.batches import RunRequest
from pardot_odoo_pipeline.local_runs import LocalRuns
from pardot_odoo_pipeline.resources import PipelineResource
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.ledgers import begun, opened, outcome, state


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installation with nothing but its folder."""
    for name in set(os.environ) - set(cli.environment(tmp_path)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.chdir(tmp_path)
    Settings().home.create()
    return tmp_path


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    with open_ledger(home / "ledger.sqlite") as made:
        yield made


def test_a_batch_that_another_process_runs_is_waited_for(ledger: Ledger) -> None:
    now = datetime.now(UTC)
    key = opened(ledger, at=now)
    batch = begun(ledger, key, "elsewhere:1:x", at=now)
    waits = threading.Event()

    def other() -> None:
        assert waits.wait(30)
        with ledger.write() as connection:
            batches.finish(connection, batch, now=now, outcome=outcome(created=1), people=1)

    process = threading.Thread(target=other)
    process.start()
    with LocalRuns.start(Settings(), lambda *_: waits.set()) as runs:
        assert runs.run([str(key)]) == [str(key)]
        assert runs.run_ids == []
    process.join()
    assert waits.is_set()
    assert state(ledger, key) == "done"


def test_what_a_command_opens_is_its_own(ledger: Ledger) -> None:
    with LocalRuns.start(Settings(), lambda *_: None) as runs:
        [key] = runs.open(kind="manual", prospect_ids=["5"])
    assert launching.take_requests(ledger, datetime.now(UTC)) == []
    with ledger.read() as connection:
        [batch] = batches.recent(connection)
    assert (str(batch.key), batch.state, batch.attempt) == (key, "requested", 1)


def test_a_launch_that_got_lost_is_taken_after_a_while(ledger: Ledger) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    key = opened(ledger, at=long_ago)
    with ledger.write() as connection:
        batches.request_run(connection, key, now=long_ago)
    launched: list[int] = []

    def launch(request: RunRequest) -> str:
        launched.append(request.attempt)
        return "a run"

    def waits(*_: object) -> None:
        pytest.fail("waits")

    LocalRuns(Settings(), PipelineResource(), launch, waits).run([str(key)])
    assert launched == [2]
    assert local_runs.WORKSPACE.exists()


@pytest.mark.parametrize(
    ("tags", "parent", "attempt"),
    [
        ({}, None, None),
        ({launching.ATTEMPT_TAG: "3"}, None, 3),
        ({launching.ATTEMPT_TAG: "3"}, "b9f0c0de-0000-4000-8000-000000000001", None),
    ],
    ids=["by hand", "requested", "again by hand"],
)
def test_only_a_person_replays(
    tags: dict[str, str], parent: str | None, attempt: int | None
) -> None:
    run = dg.DagsterRun(
        job_name="sync_batch_job", tags=tags, parent_run_id=parent, root_run_id=parent
    )
    assert attempt_of(run) == attempt
