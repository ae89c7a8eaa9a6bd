"""A disk that is full, at whichever file it shows first: one message, and nothing half written."""

from __future__ import annotations

import resource
import subprocess
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import batches, incidents
from pardot_odoo_pipeline.ledger.store.incidents import Incident
from pardot_odoo_pipeline.operations import standing
from pardot_odoo_pipeline.steps.odoo_records import PROSPECT_ID
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.world import EVERYONE, World, refused


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


@pytest.mark.parametrize("folder", ["frames", "spool"])
def test_a_full_folder_stops_before_anything_is_written_and_goes_on_with_space(
    world: World, folder: str
) -> None:
    """Its own small disk: the ledger has space, and says what is wrong until a batch is done."""
    who = somebody(world)
    world.advance(60)
    world.edit(who, score=71)
    before = world.client.search_read("crm.lead", [], ["write_date"], order="id", context=EVERYONE)
    command = ("sync", "--initial") if folder == "spool" else ("sync", "--prospect", who)
    done = on_a_small_disk(world, folder, *command)
    refused(done, "stored" if folder == "frames" else "written", "Free space", code=1)
    after = world.client.search_read("crm.lead", [], ["write_date"], order="id", context=EVERYONE)
    assert after == before, "nothing half applied"
    trouble = incident(world)
    assert trouble is not None
    assert "Free space" in trouble.detail["fix"]
    with open_ledger(world.home / "ledger.sqlite") as ledger, ledger.read() as connection:
        waiting = batches.due_for_run(connection)
    assert all(batch.faults == 0 for batch in waiting), "a full disk is no fault of the batch"
    world.advance(60)
    world.sync(*command[1:])
    assert incident(world) is None, "over by itself"
    assert world.of_prospect("crm.lead", who, "x_pardot_score")[0]["x_pardot_score"] == 71


def somebody(world: World) -> str:
    """A prospect who has a lead."""
    domain = [("x_pardot_prospect_id", "!=", False)]
    while not (found := world.client.search_read("crm.lead", domain, [PROSPECT_ID], limit=1)):
        world.sync("--initial")
    return str(found[0][PROSPECT_ID])


def on_a_small_disk(world: World, folder: str, *arguments: str) -> cli.Finished:
    """Run a command while one of the home's folders is a disk of its own, of 16 KiB."""
    place = world.home / folder
    place.mkdir(exist_ok=True)
    apart = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mounting = 'mount -t tmpfs -o size=16k,mode=0700 tmpfs "$0" && exec "$@"'
    tried = subprocess.run([*apart, mounting, str(place), "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("this machine gives no namespaces")
    done = subprocess.run(
        [*apart, mounting, str(place), *cli.command_line(*arguments)],
        env=cli.environment(world.home, world.environment),
        cwd=world.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return cli.Finished(done.returncode, done.stdout, done.stderr)


def incident(world: World) -> Incident | None:
    """What people are told of the disk now."""
    with open_ledger(world.home / "ledger.sqlite") as ledger:
        now = datetime.fromisoformat(world.pardot.control("GET", "/clock")["now"])
        standing.look(ledger, now=now)
        with ledger.read() as connection:
            found = {one.cause_key: one for one in incidents.open_incidents(connection)}
    return found.get("disk:full")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
