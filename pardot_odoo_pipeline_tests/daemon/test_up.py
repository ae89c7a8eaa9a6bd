"""`up` without `--once`: it stays, and whatever way it ends, nothing of it stays behind."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pardot_odoo_pipeline.cli.processes import free_port
from pardot_odoo_pipeline_tests.cli import command_line, environment, run
from pardot_odoo_pipeline_tests.world import wait_for

pytestmark = pytest.mark.xdist_group("daemon")


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
        return "The schedule is on" in log and "Dagster is ready" in log

    return seen


def _left(home: Path) -> list[str]:
    """Processes that have to do with this home; Dagster's name it in their arguments."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True
    )
    return [line[:120] for line in listed.stdout.splitlines() if str(home) in line]


def test_up_stays_and_leaves_nothing_behind(home: Path) -> None:
    port = free_port()
    first = _start(home, port)
    try:
        wait_for(_stays(home, first), 120)
        assert f"http://127.0.0.1:{port}" in (home / "up.log").read_text()
        assert len(_left(home)) >= 4  # both sandbox servers, webserver, daemon

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
