"""`pardot-odoo retries`: failed writes, and when each is tried again. Reads the ledger alone."""

from __future__ import annotations

from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.wording import moment

__all__ = ["command"]


@click.command()
@click.option("--limit", default=100, show_default=True, help="How many, suspended ones first.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(limit: int, as_json: bool) -> None:
    """Show writes that failed. Suspended ones wait for a person: mend, then `sync --prospect`."""
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.ledger.store import dossier

    with ledger_of(Settings()) as ledger, ledger.read() as connection:
        found = dossier.waiting(connection, limit=limit)
    document: dict[str, list[dict[str, Any]]] = {
        "retries": [
            {
                "id": one.id,
                "prospect_id": one.prospect_id,
                "system": one.system,
                "state": one.state.value,
                "failures": one.failures,
                "failure_class": one.failure_class,
                "code": one.code,
                "due_at": moment(one.due_at) or None,
                "last_batch": one.last_batch,
                "last_failed_at": moment(one.last_failed_at),
            }
            for one in found
        ]
    }
    if as_json:
        emit_json(document)
    else:
        _print(document["retries"])


def _print(found: list[dict[str, Any]]) -> None:
    if not found:
        stdout.print("No write is owed.")
    for one in found:
        when = f"again {one['due_at']}" if one["due_at"] else "waits for a person"
        stdout.print(
            f"{one['id']}  prospect {one['prospect_id']}  {one['system'].capitalize()}: "
            f"{one['code']}, {one['failures']} failures, {when}, {one['last_batch']}",
            markup=False,
            soft_wrap=True,
        )
