"""`python -m pardot_odoo_pipeline.sandbox.odoo`: the Odoo sandbox as a process."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.sandbox.http import announce, serve
from pardot_odoo_pipeline.sandbox.odoo.server import open_sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pardot_odoo_pipeline.sandbox.odoo")
    parser.add_argument("--home", type=Path, required=True, help="where the state lives")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--control-port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--prospects", type=int, default=2000, help="size of the population")
    parser.add_argument("--seed", type=int, default=7, help="seed of the population")
    parser.add_argument("--version", type=int, choices=(18, 19), default=19, help="Odoo's version")
    parser.add_argument("--fresh", action="store_true", help="throw away the state that is there")
    options = parser.parse_args(arguments)
    try:
        sandbox = open_sandbox(
            options.home,
            version=options.version,
            seed=options.seed,
            prospects=options.prospects,
            fresh=options.fresh,
        )
    except PipelineError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2

    ready = options.home / "sandbox" / "odoo.json"

    def on_ready(url: str, control_url: str) -> None:
        announce(
            ready,
            {
                "pid": os.getpid(),
                "url": url,
                "control_url": control_url,
                "credentials": sandbox.credentials,
            },
        )

    try:
        serve(
            sandbox.app,
            sandbox.control,
            port=options.port,
            control_port=options.control_port,
            on_ready=on_ready,
        )
    except OSError as error:
        print(f"The port cannot be opened: {error}. Choose another one.", file=sys.stderr)  # noqa: T201
        return 2
    finally:
        ready.unlink(missing_ok=True)
        sandbox.database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
