"""`python -m pardot_odoo_pipeline.sandbox.pardot`: the Pardot sandbox as a process.

What lives here: arguments, assembly, the ready file. What does not: behaviour.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.sandbox.control import ControlApp, Switches
from pardot_odoo_pipeline.sandbox.faults import ObservedApp
from pardot_odoo_pipeline.sandbox.http import announce, serve
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.control_bustle import LifeControl
from pardot_odoo_pipeline.sandbox.pardot.control_pushes import Pushes
from pardot_odoo_pipeline.sandbox.pardot.control_routes import pardot_routes
from pardot_odoo_pipeline.sandbox.pardot.errors import error_response
from pardot_odoo_pipeline.sandbox.pardot.planting import open_state
from pardot_odoo_pipeline.sandbox.pardot.switches import SWITCHES
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["main"]

_CLIENT_CREDENTIALS = ("client_id", "client_secret", "refresh_token", "business_unit_id")


def main(arguments: list[str] | None = None) -> int:
    """Run the server until it is told to stop.

    Returns:
        The exit code: 0 after a clean end, 2 when it cannot start.
    """
    wish = _parser().parse_args(arguments)
    try:
        _run(wish)
    except PipelineError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    except OSError as wrong:
        sys.stderr.write(f"The Pardot sandbox cannot start: {wrong.strerror}.\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pardot-sandbox", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the pipeline's home directory")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port of the API; 0 picks one")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control app")
    parser.add_argument("--prospects", type=int, default=2000, help="how many people")
    parser.add_argument("--seed", type=int, default=7, help="which population")
    parser.add_argument("--fresh", action="store_true", help="throw the old state away")
    return parser


def _run(wish: argparse.Namespace) -> None:
    directory = wish.home / "sandbox"
    clock = WorldClock(directory / "clock.json")
    state = directory / "pardot"
    store = open_state(state, clock, seed=wish.seed, size=wish.prospects, fresh=wish.fresh)
    switches = Switches(SWITCHES)
    app = PardotApp(store, clock, switches, state / "exports")
    observed = ObservedApp(app, clock, error_response)
    pushes, life = Pushes(app), LifeControl(app)
    routes = (*pardot_routes(app), *pushes.routes(), *life.routes())
    control = ControlApp(observed, clock, switches, routes)
    ready = directory / "pardot.json"

    def tell(url: str, control_url: str) -> None:
        kept = app.tokens.credentials
        announce(
            ready,
            {
                "pid": os.getpid(),
                "url": url,
                "token_url": f"{url}/services/oauth2/token",
                "control_url": control_url,
                "credentials": {name: kept[name] for name in _CLIENT_CREDENTIALS},
            },
        )

    try:
        serve(
            observed,
            control,
            host=wish.host,
            port=wish.port,
            control_port=wish.control_port,
            on_ready=tell,
        )
    finally:
        ready.unlink(missing_ok=True)
        life.close()
        pushes.close()
        app.quota.keep()
        store.close()


if __name__ == "__main__":
    sys.exit(main())
