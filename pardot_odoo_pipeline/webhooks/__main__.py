"""``python -m pardot_odoo_pipeline.webhooks``: the receiver as a process of its own."""

from __future__ import annotations

import logging
import sys

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.server import serve


def main() -> int:
    """Receive events until SIGTERM; returns the exit code."""
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    try:
        serve(Settings())
    except PipelineError as failure:
        print(f"error: {failure.cause}.\n  fix: {failure.fix}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
