"""A disk that is full, at whichever file it shows first: one message, and nothing half written."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.world import World, refused


@pytest.fixture(scope="module")
def world(small_world: World) -> World:
    assert small_world.run("provision").code == 0
    return small_world


@pytest.mark.parametrize("kilobytes", [20, 120, 450])
def test_a_full_disk_is_named_and_leaves_whole_files_only(world: World, kilobytes: int) -> None:
    """Limits the size of files: tiny stops Dagster's storage, then the ledger's, then a batch."""
    limit = kilobytes * 1024
    done = subprocess.run(
        cli.command_line("sync", "--initial"),
        env=cli.environment(world.home, world.environment),
        cwd=world.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        timeout=120,
        check=False,
    )
    refused(cli.Finished(done.returncode, done.stdout, done.stderr), "disk", "Free space", code=1)
    for path in files(world.home / "frames"):
        assert not path.name.startswith("."), path
        pq.read_table(path)
    for folder in (world.home / "spool").iterdir():
        assert (folder / "manifest.json").exists(), "a spool without its end"


def test_afterwards_everything_works(world: World) -> None:
    world.sync("--initial")
    counts = world.population.truth().counts
    status = world.status()
    assert world.twins() == []
    assert sum(status["quarantine"].values()) == sum(counts.quarantined.values())
    assert status["links"]["active"] == counts.leads_created + counts.leads_updated + counts.merged


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
