"""The main story: nothing configured, one command, and everybody is where they belong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import pytest

from pardot_odoo_pipeline.assets.catalog import ALL_CARDS
from pardot_odoo_pipeline.partitions import PARTITIONS_NAME
from pardot_odoo_pipeline_tests import agreement, cli
from pardot_odoo_pipeline_tests.world import SEED, World, api_calls, writes

SIZE = 300
UP = ("up", "--once", "--prospects", str(SIZE), "--seed", str(SEED), "--json")
PEOPLE = ("leads_created", "leads_updated", "unchanged", "merged", "archived")
PEOPLE += ("held", "deferred", "retrying")
ASSETS = [card.name for card in ALL_CARDS]


@dataclass(frozen=True)
class Story:
    """Two calls of the one command on one home, and the world that they left."""

    world: World
    first: cli.Finished
    second: cli.Finished


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    home = tmp_path_factory.mktemp("first_sync")
    # The population's history ends in the middle of 2026, and readings begin at the present.
    (home / "rules.yaml").write_text("activities: {history_days: 3650}\n")
    env = {"PIPELINE_CONFIG": str(home / "rules.yaml")}
    first = cli.run(home, *UP, env=env)
    assert first.code == 0, first.stderr
    second = cli.run(home, *UP, env=env)
    assert second.code == 0, second.stderr
    with World.running(home, SIZE, sides=True) as world:
        yield Story(world, first, second)


@pytest.fixture(scope="module")
def instance(story: Story) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance that the runs are in."""
    folder = str(story.world.home / "dagster")
    with (
        mock.patch.dict(os.environ, {"DAGSTER_HOME": folder}),
        dg.DagsterInstance.get() as opened,
    ):
        yield opened


def test_the_account_is_the_ground_truth(story: Story) -> None:
    truth, report = story.world.population.truth().counts, story.first.report
    for name in ("prospects_read", *PEOPLE[:5], "quarantined", "findings"):
        assert report[name] == getattr(truth, name), name
    assert report["contacts_created"] == truth.contacts_created
    assert report["contacts_updated"] == truth.contacts_updated
    assert 0 < report["pardot_calls"] <= 40
    assert report["odoo_calls"] > 0
    assert report["seconds"] > 0


@pytest.mark.parametrize("which", ["first", "second"])
def test_every_row_has_one_outcome(story: Story, which: str) -> None:
    report = getattr(story, which).report
    people = sum(report[name] for name in PEOPLE) + sum(report["quarantined"].values())
    assert people == report["prospects_read"] == SIZE


def test_the_report_is_the_last_and_only_thing_on_standard_output(story: Story) -> None:
    for done in (story.first, story.second):
        assert len(done.stdout.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr


def test_every_value_in_odoo_is_the_ground_truth(story: Story) -> None:
    truth = story.world.population.truth()
    assert list(islice(agreement.differences(story.world.client, truth), 20)) == []


def test_every_value_in_pardot_is_the_ground_truth(story: Story) -> None:
    population = story.world.population
    assert any(person.prospect for person in population.truth())
    found = agreement.pardot_differences(story.world.pardot.state, population)
    assert list(islice(found, 20)) == []


def test_a_second_call_changes_nobody(story: Story) -> None:
    first, second = story.first.report, story.second.report
    for name in ("leads_created", "leads_updated", "contacts_created", "contacts_updated"):
        assert second[name] == 0, name
    assert second["unchanged"] == first["leads_created"] + first["leads_updated"]
    for name in ("merged", "archived", "quarantined", "findings"):
        assert second[name] == first[name], name


def test_a_third_call_sends_no_write_to_either_side(story: Story) -> None:
    story.world.forget()
    assert story.world.run("provision").code == 0
    story.world.sync("--initial")
    assert writes(story.world.odoo) == []
    asked = {(call["method"], call["path"]) for call in api_calls(story.world.pardot)}
    assert {path for method, path in asked if method != "GET"} <= {"/api/v5/exports"}


def test_the_same_systems_at_another_address_are_the_same(story: Story) -> None:
    done = story.world.run("sync", "--prospect", "1", "--json", env=story.world.configured)
    assert done.code == 0, done.stderr


@pytest.mark.parametrize("which", ["first", "second"])
def test_all_work_was_done_by_runs_that_dagster_shows(
    story: Story, instance: dg.DagsterInstance, which: str
) -> None:
    report = getattr(story, which).report
    runs = [instance.get_run_by_id(run_id) for run_id in report["dagster_run_ids"]]
    assert [run.status for run in runs if run] == [dg.DagsterRunStatus.SUCCESS] * len(runs)
    partitions = {run.tags.get("dagster/partition") for run in runs if run} - {None}
    assert partitions == set(report["batches"])
    assert partitions <= set(instance.get_dynamic_partitions(PARTITIONS_NAME))


@pytest.mark.parametrize("name", ASSETS)
def test_every_asset_was_materialized_with_its_row_count(
    story: Story, instance: dg.DagsterInstance, name: str
) -> None:
    keys = story.first.report["batches"]
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=dg.AssetKey(name), asset_partitions=keys), limit=5
    ).records
    assert len(found) == 1
    key = found[0].partition_key
    materialization = found[0].asset_materialization
    assert materialization is not None
    metadata: dict[str, Any] = {k: v.value for k, v in materialization.metadata.items()}
    rows = metadata["dagster/partition_row_count"]
    assert isinstance(rows, int)
    assert rows > 0
    if name in ("pardot_prospects_raw", "sync_plan"):
        assert rows == SIZE
    assert metadata["seconds"] >= 0
    assert Path(metadata["path"]).name == f"{key}.parquet"


def test_every_check_passed_on_the_partition(story: Story, instance: dg.DagsterInstance) -> None:
    results = {
        (evaluation.asset_key.to_user_string(), evaluation.check_name): evaluation.passed
        for run_id in story.first.report["dagster_run_ids"]
        for record in instance.get_records_for_run(
            run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
        if (evaluation := record.event_log_entry.dagster_event.asset_check_evaluation_data)
    }
    assert set(results) == {(card.name, c.name) for card in ALL_CARDS for c in card.checks}
    assert all(results.values())


def test_status_tells_the_same(story: Story) -> None:
    truth = story.world.population.truth().counts
    status = story.world.status()
    assert status["pardot"] == status["odoo"] == "sandbox"
    assert status["quarantine"] == truth.quarantined
    assert status["findings"] == truth.findings
    linked = truth.leads_created + truth.leads_updated + truth.unchanged + truth.merged
    assert status["links"] == {"active": linked}
    assert status["retries"] == {}
    first = next(one for one in status["batches"] if one["key"] == story.first.report["batches"][0])
    assert (first["state"], first["attempt"], first["people"]) == ("done", 1, SIZE)
    assert None not in status["cursors"].values()


def test_status_for_people_has_no_personal_data(story: Story) -> None:
    done = story.world.run("status")
    assert done.code == 0
    assert "initial-" in done.stdout
    assert "@" not in done.stdout
