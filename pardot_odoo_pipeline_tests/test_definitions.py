"""What Dagster loads: whole, documented, and without touching anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._daemon.sensor import MIN_INTERVAL_LOOP_TIME

from pardot_odoo_pipeline.assets.catalog import ALL_CARDS
from pardot_odoo_pipeline.definitions import build_definitions
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli

ROOT = Path(__file__).parent.parent
ASSETS = [card.name for card in ALL_CARDS]
DESKS = ["agreement_certificate", "audit_log", "prospect_snapshot", "sync_health"]
"""Assets that are no part of a batch."""

_NO_NETWORK = """
import socket, sys
def refuse(*_): raise SystemExit("the network was touched")
socket.socket.connect = socket.getaddrinfo = refuse
import pardot_odoo_pipeline.definitions as loaded
print(len(loaded.defs.resolve_all_asset_specs()))
"""


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_definitions(Settings(_env_file=None))


@pytest.fixture(scope="module")
def specs(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def empty_environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def test_the_project_validates_with_an_empty_environment(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate"],
        cwd=ROOT,
        env=empty_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "successful" in (done.stdout + done.stderr).lower()


def test_loading_touches_neither_network_nor_disk(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _NO_NETWORK],
        cwd=tmp_path,
        env={**empty_environment(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(len([*ASSETS, *DESKS]))), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_lineage_is_the_one_of_the_design(specs: dict[str, dg.AssetSpec]) -> None:
    upstream = {
        name: {dep.asset_key.to_user_string() for dep in spec.deps} for name, spec in specs.items()
    }
    sides = {name for name in upstream if "activit" in name or "membership" in name}
    sides |= {name for name in upstream if "tag" in name or "list" in name}
    assert {name: upstream[name] for name in upstream.keys() - sides - set(DESKS)} == {
        "pardot_prospects_raw": set(),
        "prospects_validated": {"pardot_prospects_raw"},
        "prospects_normalized": {"prospects_validated"},
        "odoo_records_raw": {"prospects_normalized"},
        "sync_plan": {"pardot_prospects_raw", "prospects_normalized", "odoo_records_raw"},
        "odoo_load_results": {"sync_plan"},
        "pardot_load_results": {"sync_plan", "odoo_load_results"},
        "batch_outcome": {"sync_plan", "odoo_load_results", "pardot_load_results"},
    }
    assert {name: upstream[name] for name in upstream if "activit" in name} == {
        "pardot_activities_raw": set(),
        "activities_validated": {"pardot_activities_raw"},
        "activities_normalized": {"activities_validated"},
        "activity_plan": {"activities_normalized"},
        "odoo_activity_results": {"activity_plan"},
        "activity_outcome": {
            "activities_validated",
            "activity_plan",
            "odoo_activity_results",
        },
    }


@pytest.mark.parametrize("name", ASSETS)
def test_an_asset_tells_everything_that_the_ui_shows(
    specs: dict[str, dg.AssetSpec], name: str
) -> None:
    spec = specs[name]
    assert spec.description
    assert spec.group_name not in (None, "default")
    assert spec.owners
    assert spec.kinds
    assert spec.code_version
    assert isinstance(spec.partitions_def, dg.DynamicPartitionsDefinition)
    columns = spec.metadata["dagster/column_schema"].columns
    assert len(columns) >= 2
    assert [column.name for column in columns if not column.description] == []


def test_every_asset_has_a_check_and_every_check_is_partitioned(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    checked = {key.asset_key.to_user_string() for key in graph.asset_check_keys}
    assert checked == {*ASSETS, "agreement_certificate"}
    for key in graph.asset_check_keys:
        spec = graph.get_check_spec(key)
        assert spec.description
        if key.asset_key.to_user_string() in DESKS:
            continue
        assert isinstance(spec.partitions_def, dg.DynamicPartitionsDefinition), key


def test_what_runs_by_itself_is_on_from_the_start(defs: dg.Definitions) -> None:
    interval = defs.resolve_schedule_def("interval_schedule")
    assert interval.cron_schedule == "*/15 * * * *"
    assert interval.default_status is dg.DefaultScheduleStatus.RUNNING
    upkeep = defs.resolve_schedule_def("maintenance_schedule")
    assert upkeep.default_status is dg.DefaultScheduleStatus.RUNNING
    nightly = defs.resolve_schedule_def("agreement_schedule")
    assert (nightly.cron_schedule, nightly.execution_timezone) == ("40 2 * * *", "UTC")
    assert nightly.default_status is dg.DefaultScheduleStatus.RUNNING
    for name in ("inbox_sensor", "retry_sensor"):
        sensor = defs.resolve_sensor_def(name)
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
        assert (sensor.minimum_interval_seconds or 0) < MIN_INTERVAL_LOOP_TIME


@pytest.mark.parametrize(
    ("minutes", "cron"), [(5, "*/5 * * * *"), (60, "0 */1 * * *"), (180, "0 */3 * * *")]
)
def test_the_rules_file_sets_the_interval(tmp_path: Path, minutes: int, cron: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"sync_interval: {minutes}\n")
    built = build_definitions(Settings(_env_file=None, pipeline_config=path))
    assert built.resolve_schedule_def("interval_schedule").cron_schedule == cron


def test_a_job_opens_batches_from_the_ui(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("open_batch_job")
    schema = job.run_config_schema.config_type.fields["ops"].config_type.fields["open_batch"]
    assert set(schema.config_type.fields["config"].config_type.fields) == {
        "kind",
        "lineages",
        "prospect_ids",
        "release",
        "restores",
        "since",
        "take",
        "within_today",
    }


def test_help_is_quick_and_needs_nothing(tmp_path: Path) -> None:
    """No sub-command is imported for it, so Dagster is not either."""
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys; sys.argv = ['pardot-odoo', '--help']\n"
            "from pardot_odoo_pipeline.cli.main import main\n"
            "try: main()\n"
            "finally: print('dagster' in sys.modules, 'pandas' in sys.modules)",
        ],
        env={**cli.environment(tmp_path), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("False False")
    for name in ("up", "sandbox", "provision", "sync", "status"):
        assert f"  {name} " in done.stdout
