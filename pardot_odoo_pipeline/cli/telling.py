"""What a command does for alerts at its end: nobody else may be there to do it.

What lives here: telling people after a sync, whatever became of it. What does not: what they are
told (`operations.telling`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pardot_odoo_pipeline.cli.console import say
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.settings import Settings

__all__ = ["telling"]


@contextlib.contextmanager
def telling(settings: Settings) -> Iterator[None]:
    """Tell people at the end of the block, also where it failed.

    That people cannot be told is one line and no failure: the notices wait in the ledger.
    """
    try:
        yield
    finally:
        try:
            _tell(settings)
        except PipelineError as failure:
            say(f"Alerts were not sent: {failure.cause}. {failure.fix}.")


def _tell(settings: Settings) -> None:
    from pardot_odoo_pipeline.assembly import ledger_of, rules_of
    from pardot_odoo_pipeline.operations.telling import look_and_tell

    with ledger_of(settings) as ledger:
        delivery = look_and_tell(settings, rules_of(settings), ledger, serving=False)
    for name, reason in delivery.failed.items():
        say(f"Nobody was told through {name}: {reason}. What is owed waits.")
