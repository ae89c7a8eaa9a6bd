"""One installation of a measurement: home, systems, ledger, commands."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.webhook.odoos import Odoo, RealOdoo, SandboxOdoo, linked
from bench.webhook.people import People
from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.settings import Home

REAL, SANDBOX = "real", "sandbox"
SEED = 7
# Intervals would come into some blocks and not into others.
_RULES = "sync_interval: 1440\n"
_OURS = ("PARDOT_", "ODOO_", "PIPELINE_", "LEDGER_", "DAGSTER_", "DATA_KEYS", "FRAMES_", "WEBHOOK_")


@dataclass
class Installation:
    """Everything that a block needs.

    Attributes:
        home: ``PIPELINE_HOME``.
        environment: Of every process.
        odoo: Where events must be seen.
        ledger: Open, for what is noted there.
        control: The control port of Pardot's sandbox.
        secret: Of the source that signs.
    """

    home: Path
    environment: Mapping[str, str]
    odoo: Odoo
    ledger: Ledger
    control: str
    secret: str

    def people(self, seed: int) -> People:
        """Those who submit forms: people who have a lead by now."""
        return People(self.control, self.secret, linked(self.odoo), seed)

    def prospects(self, most: int) -> list[str]:
        """Some of those whom Pardot's sandbox began with."""
        path = self.home / "sandbox" / "pardot" / "pardot.sqlite"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            query = "select id from prospects order by id limit ?"
            return [str(row[0]) for row in connection.execute(query, (most,))]

    def run(self, *arguments: str, **more: str) -> dict[str, Any]:
        """A command to its end, in a process of its own; its account."""
        return finished(self.start(*arguments, **more))

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """A command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "pardot_odoo_pipeline.cli.main", *arguments, "--json"],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(self.home / "logs" / "commands.log").open("a"),
            text=True,
        )


def finished(command: subprocess.Popen[str]) -> dict[str, Any]:
    """What a command said with ``--json``; it must have succeeded."""
    out, _ = command.communicate()
    if command.returncode:
        raise RuntimeError(f"{command.args!r} ended with code {command.returncode}")
    told: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return told


@contextmanager
def installed(kind: str, prospects: int) -> Iterator[Installation]:
    """Both systems, with Odoo provisioned and nobody synced.

    Args:
        kind: The sandbox, or a new database of a real Odoo 19, in which the pipeline is a plain
            salesperson.
        prospects: Size of Pardot's sandbox.
    """
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]
    with ExitStack() as stack:
        home = Home(Path(stack.enter_context(tempfile.TemporaryDirectory()))).create()
        systems = ("pardot",) if kind == REAL else ("pardot", "odoo")
        states = stack.enter_context(running_sandbox(home, systems, prospects=prospects, seed=SEED))
        odoo: Odoo = (
            stack.enter_context(RealOdoo.fresh()) if kind == REAL else SandboxOdoo(home.path)
        )
        rules = home.path / "rules.yaml"
        rules.write_text(_RULES)
        secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        environment = {
            **os.environ,
            "PIPELINE_HOME": str(home.path),
            "PIPELINE_CONFIG": str(rules),
            "WEBHOOK_PORT": "0",
            "WEBHOOK_SECRET_SALESFORCE": secret,
            **odoo.environment,
        }
        ledger = stack.enter_context(open_ledger(home.path / "ledger.sqlite"))
        control = states["pardot"]["control_url"]
        made = Installation(home.path, environment, odoo, ledger, control, secret)
        made.run("provision", **odoo.provisioning())
        yield made
