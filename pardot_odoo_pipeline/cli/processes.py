"""Child processes of `up` and `sandbox`: started, waited for, ended by their own pid.

What lives here: one class for one child. What does not: what the children do.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline.errors import PipelineError

__all__ = ["Child", "free_port", "read_state"]


def free_port() -> int:
    """A TCP port of the loopback interface that nobody holds just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def read_state(path: Path, pid: int) -> dict[str, Any] | None:
    """The state file that a ready server wrote, None while it is absent or an older process's."""
    try:
        state: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return state if state.get("pid") == pid else None


class Child:
    """One child process, which ends with this one and whose output goes to a log file.

    Args:
        name: What it is called in messages.
        module: What it runs, as `python -m` does.
        arguments: Of the module.
        log: Its log file, appended to.
        env: Variables beside those of this process.
        show_errors: Let its standard error through to ours (progress of a first start).
    """

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        show_errors: bool = False,
    ) -> None:
        self.name = name
        self._log = log
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "pardot_odoo_pipeline.cli.leash", str(os.getpid())),
                    *(module, *arguments),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if show_errors else output,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def wait_until(self, ready: Callable[[], Any], seconds: float) -> Any:
        """Poll until ``ready`` answers something true, and return that.

        Raises:
            PipelineError: The process ended first, or time ran out.
        """
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if answer := ready():
                return answer
            if self.ended:
                raise PipelineError(
                    f"{self.name} ended with code {self._process.returncode} while starting",
                    fix=f"The reason stands above or in {self._log}",
                    code=self._process.returncode,
                )
            time.sleep(0.1)
        raise PipelineError(
            f"{self.name} was not ready after {seconds:.0f} seconds", fix=f"See {self._log}"
        )

    def end(self, seconds: float = 15) -> None:
        """Ask it to end, and its children with it; insist after a while."""
        for sign, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
            if self.ended:
                return
            with contextlib.suppress(ProcessLookupError, PermissionError):
                # The child leads its own session, so its group is it and what it started.
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
