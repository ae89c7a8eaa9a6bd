"""Runs the command line as a user does: another process, its exit code and what it printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OURS = (
    *("PARDOT_", "ODOO_", "PIPELINE_", "LEDGER_", "DAGSTER_", "DATA_KEYS", "FRAMES_"),
    *("WEBHOOK_", "ALERT_"),
)


@dataclass(frozen=True)
class Finished:
    """A command that ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON object that a command prints last with --json."""
        return json.loads(self.stdout.strip().splitlines()[-1])


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment with nothing of ours in it but ``PIPELINE_HOME`` and what is given."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
    return {**clean, "PIPELINE_HOME": str(home), **(extra or {})}


def command_line(*arguments: str) -> list[str]:
    """The argument list of a command."""
    return [sys.executable, "-m", "pardot_odoo_pipeline.cli.main", *arguments]


def run(
    home: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    timeout: float = 600,
) -> Finished:
    """Run a command to its end."""
    done = subprocess.run(
        command_line(*arguments),
        env=environment(home, env),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)
