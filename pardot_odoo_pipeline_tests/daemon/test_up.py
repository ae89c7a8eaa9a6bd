"""`up` without `--once`: it stays, and whatever way it ends, nothing of it stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pardot_odoo_pipeline.cli.processes import Child, Supervised, free_port
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline_tests.cli import command_line, environment, run
from pardot_odoo_pipeline_tests.world import World, wait_for

pytestmark = pytest.mark.xdist_group("daemon")
SYSTEMS = ("pardot", "odoo")


def _start(home: Path, port: int) -> subprocess.Popen[str]:
    """As a script's background job does, where the shell makes it ignore Ctrl-C."""
    return subprocess.Popen(
        command_line("up", "--prospects", "40", "--port", str(port)),
        env=environment(home),
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(home / "up.log").open("w"),
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )


def _stays(home: Path, process: subprocess.Popen[str]) -> Callable[[], bool]:
    def seen() -> bool:
        log = (home / "up.log").read_text()
        assert process.poll() is None, log
        words = ("The schedule is on", "Dagster is ready", "The warm worker is ready")
        return all(word in log for word in words)

    return seen


def _left(home: Path) -> list[str]:
    """Processes that have to do with this home; Dagster's name it in their arguments."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True
    )
    return [line[:120] for line in listed.stdout.splitlines() if str(home) in line]


def _an_edit_is_pushed_into_odoo(home: Path) -> None:
    """With nothing configured: the sandbox pushes, the receiver takes it, the worker acts."""
    states = {n: json.loads((home / "sandbox" / f"{n}.json").read_text()) for n in SYSTEMS}
    world = World(home, states, 40)
    lead = world.client.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"], limit=1
    )[0]
    prospect = lead["x_pardot_prospect_id"]
    world.edit(prospect, score=4711)
    shown = [("x_pardot_score", "=", 4711)]
    # The interval of fifteen minutes has not passed: nothing else would have brought it.
    wait_for(lambda: world.client.search_read("crm.lead", shown, ["id"]), 60)


def _what_is_killed_comes_back(home: Path) -> None:
    state = home / "webhooks.json"
    killed = json.loads(state.read_text())
    os.kill(killed["pid"], signal.SIGKILL)

    def again() -> bool:
        return state.exists() and json.loads(state.read_text())["pid"] != killed["pid"]

    wait_for(again, 60)
    assert json.loads(state.read_text())["url"] == killed["url"]
    assert "The webhook receiver ended with code -9" in (home / "up.log").read_text()


def test_up_stays_and_leaves_nothing_behind(home: Path) -> None:
    port = free_port()
    first = _start(home, port)
    try:
        wait_for(_stays(home, first), 120)
        assert f"http://127.0.0.1:{port}" in (home / "up.log").read_text()
        assert len(_left(home)) >= 4  # both sandbox servers, webserver, daemon
        _an_edit_is_pushed_into_odoo(home)
        _what_is_killed_comes_back(home)

        rival = run(home, "up", "--once", "--prospects", "40")
        assert rival.code == 2
        assert "runs already" in rival.stderr

        first.kill()
        second = _start(home, free_port())
        try:
            wait_for(_stays(home, second), 120)
            second.terminate()
            assert second.wait(60) == 0, (home / "up.log").read_text()
        finally:
            second.kill()
    finally:
        first.kill()
    wait_for(lambda: not _left(home), 60)


def test_a_sandbox_server_ends_with_its_command(home: Path) -> None:
    command = subprocess.Popen(
        command_line("sandbox", "--prospects", "20"),
        env=environment(home),
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    servers = [home / "sandbox" / f"{name}.json" for name in ("pardot", "odoo")]
    wait_for(lambda: all(path.exists() for path in servers))
    command.kill()
    command.wait()
    begun = time.monotonic()
    wait_for(lambda: not _left(home), 20)
    # Ended by themselves and in order: the files that say how to reach them are gone too.
    assert not any(path.exists() for path in servers), time.monotonic() - begun


def test_a_child_that_ended_is_started_again_after_a_longer_and_longer_rest(home: Path) -> None:
    said: list[str] = []

    def start() -> Child:
        return Child("It", "this", [], home / "logs" / "it.log")

    supervised = Supervised(start, said.append)
    first = supervised.child
    wait_for(lambda: supervised.child.ended)
    with pytest.raises(PipelineError, match="It ended by itself, with code 0"):
        supervised.look()  # what never worked will not work the next time
    assert supervised.child is first
    supervised.proved = True
    begun = time.monotonic()

    def ended_twice() -> bool:
        supervised.look()
        return len(said) == 2

    wait_for(ended_twice, 30)
    assert time.monotonic() - begun >= 1.0
    assert supervised.child is not first
    assert ["in 1 s" in said[0], "in 2 s" in said[1]] == [True, True], said
