"""Workers killed in mid-load, and answers that get lost: nobody twice, nobody forgotten."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline_tests import agreement, cli
from pardot_odoo_pipeline_tests.world import PEOPLE_ONLY, World, refused, wait_for, writes

APPLY = "/json/2/ir.actions.server/run"
SIZE = 300


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Batches so small that an initial sync has several."""
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(f"batch_size: 120\n{PEOPLE_ONLY}")
    return {"PIPELINE_CONFIG": str(path)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A provisioned world in which nobody was synced yet."""
    with World.running(tmp_path, SIZE) as running:
        assert running.run("provision").code == 0
        running.forget()
        yield running


def killed_when(world: World, applied: int, env: Mapping[str, str]) -> None:
    """Run the initial sync in a process of its own, and kill that after so many writes."""
    process = subprocess.Popen(
        cli.command_line("sync", "--initial", "--json"),
        env=cli.environment(world.home, {**world.environment, **env}),
        cwd=world.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: len(applies(world)) >= applied or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1]
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(20) == -signal.SIGKILL
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def applies(world: World) -> list[str]:
    return [path for path in writes(world.odoo) if path == APPLY]


def exports(world: World) -> int:
    """Exports that were asked for."""
    return len(
        [
            entry
            for entry in world.pardot.asked
            if entry["method"] == "POST" and entry["path"].startswith("/api/v5/exports")
        ]
    )


def account(status: Mapping[str, Any]) -> Counter[str]:
    """Dispositions over all batches of the ledger."""
    total: Counter[str] = Counter()
    for batch in status["batches"]:
        assert batch["state"] == "done", batch
        total.update(batch["dispositions"])
    return total


def assert_all_is_well(world: World) -> None:
    truth = world.population.truth()
    assert world.twins() == []
    assert list(islice(agreement.differences(world.client, truth), 20)) == []
    total = account(world.status())
    assert total["created"] == truth.counts.leads_created
    assert total["updated"] == truth.counts.leads_updated
    assert total["merged"] == truth.counts.merged
    assert total["archived"] == truth.counts.archived
    assert total["quarantined"] == sum(truth.counts.quarantined.values())
    assert sum(total.values()) == SIZE


def test_a_worker_killed_between_two_writes(world: World, rules: dict[str, str]) -> None:
    # A batch is one write of people, and one of addresses that are blocked.
    killed_when(world, applied=3, env=rules)
    assert exports(world) > 0
    world.pardot.forget()
    report = world.sync("--initial", **rules)
    assert exports(world) == 0, "the second process must go on from the first one's spool"
    assert report["prospects_read"] < SIZE, "what was finished is not done again"
    assert_all_is_well(world)


def test_a_worker_killed_while_odoo_does_the_work(world: World, rules: dict[str, str]) -> None:
    world.odoo.fault({"delay_seconds": 20, "reset": True, "after": True}, path=APPLY)
    killed_when(world, applied=1, env=rules)
    world.forget()
    report = world.sync("--initial", **rules)
    assert exports(world) == 0
    assert report["prospects_read"] == SIZE
    assert_all_is_well(world)


def test_an_answer_of_odoo_that_is_lost_after_the_work(world: World, rules: dict[str, str]) -> None:
    world.odoo.fault({"reset": True, "after": True}, path=APPLY)
    refused(world.run("sync", "--initial", env=rules), "broke the connection off", code=1)
    [*_, lost] = world.status()["batches"]
    assert (lost["state"], lost["dispositions"]) == ("abandoned", None)
    world.sync("--initial", **rules)
    assert_all_is_well(world)
    assert world.status()["retries"] == {}
