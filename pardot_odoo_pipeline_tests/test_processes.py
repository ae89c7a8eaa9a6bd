"""Who is dead here, and of whom that cannot be said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pardot_odoo_pipeline.ports import Worker
from pardot_odoo_pipeline.processes import is_dead_here

ASKING = """
import sys
from pardot_odoo_pipeline.processes import is_dead_here
print(is_dead_here(sys.argv[1]))
"""


def asked(worker_id: str, *around: str) -> str:
    """What another process says of a worker."""
    command = [*around, sys.executable, "-c", ASKING, worker_id]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _apart() -> list[str]:
    """What gives a process a namespace of process ids of its own, as a container does."""
    command = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    if shutil.which("unshare") is None:
        return []
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if tried.returncode == 0 else []


def test_a_live_worker_of_another_container_with_our_name_is_not_dead() -> None:
    if not (apart := _apart()):
        pytest.skip("this machine gives no namespaces")
    mine = Worker().id
    assert asked(mine, *apart) == "False", "in there nobody has our number"
    assert asked(mine) == "False"


def test_a_dead_one_of_another_container_is_left_to_its_silence() -> None:
    if not (apart := _apart()):
        pytest.skip("this machine gives no namespaces")
    saying = "from pardot_odoo_pipeline.ports import Worker; print(Worker(pid=999999).id)"
    command = [*apart, sys.executable, "-c", saying]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert not is_dead_here(told)
    assert is_dead_here(Worker(pid=999999).id)


def test_a_dead_one_is_known_although_its_number_is_anothers_by_now() -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("only Linux tells when a process started")
    ended = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    theirs = Worker(pid=ended.pid).id
    assert not is_dead_here(theirs)
    ended.communicate(b"\n")
    assert is_dead_here(theirs)
    # As if the number had been given to this process.
    reused = theirs.replace(f":{ended.pid}:", f":{os.getpid()}:")
    assert is_dead_here(reused)
    assert not is_dead_here(Worker().id)


@pytest.mark.parametrize(
    "change",
    [
        lambda worker: Worker(host="elsewhere", pid=worker.pid).id,
        lambda worker: "unreadable",
        lambda worker: f"{worker.host}:{worker.pid}:x",
        lambda worker: None,
    ],
    ids=["elsewhere", "odd", "older", "nobody"],
)
def test_of_others_nothing_is_said(change: Callable[[Worker], str | None]) -> None:
    assert not is_dead_here(change(Worker(pid=999999)))


def test_an_identity_fits_into_its_column_and_is_nobody_elses() -> None:
    ids = {Worker(host="h" * 300, pid=4_194_304).id for _ in range(50)}
    assert len(ids) == 50
    assert max(map(len, ids)) <= 64
