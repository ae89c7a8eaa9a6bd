"""Child processes of `up` and `sandbox`: started, waited for, ended by their own pid.

What lives here: one class for one child, one for a child that is started again. What does not: what
the children do.
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

__all__ = ["Child", "Supervised", "free_port", "is_free", "read_state"]

_MOST_REST = 60.0


def free_port() -> int:
    """A TCP port of the loopback interface that nobody holds just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether nobody holds that port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


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
        self.log = log
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

    @property
    def code(self) -> int | None:
        """The exit code with which it ended."""
        return self._process.poll()

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
                    fix=f"The reason stands above or in {self.log}",
                    code=self._process.returncode,
                )
            time.sleep(0.1)  # whether it is ready can only be asked: there is no event of it
        raise PipelineError(
            f"{self.name} was not ready after {seconds:.0f} seconds", fix=f"See {self.log}"
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


class Supervised:
    """A child that is started again where it ends by itself.

    After each start that did not last it rests twice as long, up to a minute.

    Args:
        start: Starts the child.
        say: Is told in one line of every end.

    Attributes:
        child: The present child, or the one that ended last.
        proved: Whether it was seen at work: what never was is not started again.
    """

    def __init__(self, start: Callable[[], Child], say: Callable[[str], None]) -> None:
        self.child = start()
        self.proved = False
        self._start = start
        self._say = say
        self._started = time.monotonic()
        self._rest = 1.0
        self._again_at: float | None = None

    def look(self) -> None:
        """Start it again where that is due.

        Raises:
            PipelineError: It ended before it was ever at work.
        """
        now = time.monotonic()
        if self._again_at is not None:
            if now >= self._again_at:
                self.child, self._started, self._again_at = self._start(), now, None
        elif self.child.ended and not self.proved:
            raise PipelineError(
                f"{self.child.name} ended by itself, with code {self.child.code}",
                fix=f"{self.child.log} names the reason",
            )
        elif self.child.ended:
            self._rest = 1.0 if now - self._started > _MOST_REST else self._rest
            self._again_at = now + self._rest
            self._say(
                f"{self.child.name} ended with code {self.child.code} and is started again in "
                f"{self._rest:.0f} s (log: {self.child.log})"
            )
            self._rest = min(self._rest * 2, _MOST_REST)

    def end(self) -> None:
        """End it for good."""
        self.child.end()
