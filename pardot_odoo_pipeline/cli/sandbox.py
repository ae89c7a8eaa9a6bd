"""`pardot-odoo sandbox`: the two sandbox servers alone.

What lives here: starting and stopping the servers, for this command and for `up`. What does not:
the servers (`pardot_odoo_pipeline.sandbox`).
"""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import requests

from pardot_odoo_pipeline.cli.console import emit_json, say
from pardot_odoo_pipeline.cli.processes import Child, read_state
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Home, Settings

__all__ = ["command", "running_sandbox"]

# Creating a population of a million people takes minutes; a start on an existing one, a second.
_START_SECONDS = 900
_OTHER_SECONDS = 10


@contextlib.contextmanager
def running_sandbox(
    home: Home,
    systems: Sequence[str],
    *,
    prospects: int,
    seed: int,
    fresh: bool = False,
    ports: dict[str, int] | None = None,
    odoo_version: int = 19,
) -> Iterator[dict[str, dict[str, Any]]]:
    """Run the named sandbox servers while the block lasts.

    Args:
        home: Where their state is kept.
        systems: ``pardot`` and/or ``odoo``.
        prospects: Size of the population.
        seed: Seed of the population.
        fresh: Delete the state first.
        ports: Port by system; a free one where absent.
        odoo_version: Whether Odoo answers as 18 or 19.

    Yields:
        The state that each server published: its URLs and credentials.

    Raises:
        PipelineError: A server did not start; its own message is on standard error.
    """
    with contextlib.ExitStack() as stack:
        children = []
        for system in systems:
            arguments = [
                *("--home", str(home.path), "--prospects", str(prospects), "--seed", str(seed)),
                *("--port", str((ports or {}).get(system, 0)), "--control-port", "0"),
                *(["--version", str(odoo_version)] if system == "odoo" else []),
                *(["--fresh"] if fresh else []),
            ]
            _wait_for_the_one_before(system, home.sandbox / f"{system}.json")
            child = Child(
                f"The {system} sandbox",
                f"pardot_odoo_pipeline.sandbox.{system}",
                arguments,
                home.logs / f"sandbox-{system}.log",
                show_errors=True,
            )
            stack.callback(child.end)
            children.append((system, child))
        yield {
            system: child.wait_until(
                partial(read_state, home.sandbox / f"{system}.json", child.pid),
                _START_SECONDS,
            )
            for system, child in children
        }


def _wait_for_the_one_before(system: str, path: Path) -> None:
    """Two servers must not share one state.

    A server whose command was killed ends a moment later by itself, so it is waited for.

    Raises:
        ConfigurationError: It goes on.
    """
    limit = time.monotonic() + _OTHER_SECONDS
    while (state := _answering(path)) is not None:
        if time.monotonic() > limit:
            raise ConfigurationError(
                f"The {system} sandbox of this PIPELINE_HOME runs already (process {state['pid']})",
                fix="End the command that started it, or use another PIPELINE_HOME",
                code="sandbox_running",
            )
        time.sleep(0.2)  # another command's server: we get no notice of its end


def _answering(path: Path) -> dict[str, Any] | None:
    """The state of a server that answers on its control port, None where none does."""
    try:
        state: dict[str, Any] = json.loads(path.read_text())
        requests.get(f"{state['control_url']}/healthz", timeout=2).raise_for_status()
    except (OSError, ValueError, KeyError):
        return None
    return state


@click.command()
@click.option("--pardot-port", default=0, help="Port of the Pardot server; 0 takes a free one.")
@click.option("--odoo-port", default=0, help="Port of the Odoo server; 0 takes a free one.")
@click.option("--prospects", default=2000, show_default=True, help="Size of the population.")
@click.option("--seed", default=7, show_default=True, help="Seed of the population.")
@click.option("--odoo-version", type=click.Choice(["18", "19"]), default="19", show_default=True)
@click.option("--fresh", is_flag=True, help="Delete an existing population first.")
@click.option("--json", "as_json", is_flag=True, help="Print addresses as one JSON object.")
def command(
    pardot_port: int,
    odoo_port: int,
    prospects: int,
    seed: int,
    odoo_version: str,
    fresh: bool,
    as_json: bool,
) -> None:
    """Start the two sandbox servers, print how to reach them, and stay until interrupted."""
    home = Settings().home.create()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with running_sandbox(
        home,
        ("pardot", "odoo"),
        prospects=prospects,
        seed=seed,
        fresh=fresh,
        ports={"pardot": pardot_port, "odoo": odoo_port},
        odoo_version=int(odoo_version),
    ) as states:
        addresses = {
            system: {key: state[key] for key in ("url", "control_url")}
            for system, state in states.items()
        }
        for system, urls in addresses.items():
            say(f"{system}: {urls['url']}  (control {urls['control_url']})")
        say(f"Credentials are in {home.sandbox}/pardot.json and odoo.json. Ctrl-C ends both.")
        if as_json:
            emit_json(addresses)
        stop.wait()
