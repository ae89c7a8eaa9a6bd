"""``python -m pardot_odoo_pipeline.webhooks``: the receiver as a process of its own."""

from __future__ import annotations

import sys

from pardot_odoo_pipeline import process_logs
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.server import serve


def main() -> int:
    """Receive events until SIGTERM; returns the exit code."""
    settings = Settings()
    process_logs.set_up("receiver", log_format=settings.log_format)
    try:
        serve(settings)
    except PipelineError as failure:
        print(f"error: {failure.cause}.\n  fix: {failure.fix}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
