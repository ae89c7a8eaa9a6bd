"""`pardot-odoo holds`: people whom a brake stopped. Reads the ledger alone."""

from __future__ import annotations

from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.wording import brake_in_words, moment

__all__ = ["command"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(as_json: bool) -> None:
    """Show who is held by which rule; `sync --release HOLD` lets them go."""
    document = {"holds": _open_holds(Settings())}
    if as_json:
        emit_json(document)
    else:
        _print(document["holds"])


def _open_holds(settings: Settings) -> list[dict[str, Any]]:
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.ledger.store import holds

    with ledger_of(settings) as ledger, ledger.read() as connection:
        return [
            {
                "id": one.id,
                "rule": one.rule,
                "what": brake_in_words(one.rule),
                "people": one.people,
                "prospect_ids": list(one.prospect_ids),
                "asked": one.detail.get("asked"),
                "allowed": one.detail.get("allowed"),
                "batch": one.batch_key,
                "held_at": moment(one.held_at),
            }
            for one in holds.open_holds(connection)
        ]


def _print(found: list[dict[str, Any]]) -> None:
    if not found:
        stdout.print("Nobody is held.")
    for one in found:
        ids = one["prospect_ids"]
        named = ", ".join(ids[:8]) + (f" and {len(ids) - 8:,} more" if len(ids) > 8 else "")
        lines = [
            f"hold {one['id']}: {one['people']:,} people, {one['what']}  ({one['rule']})",
            f"  {one['asked']:,} in 24 hours, {one['allowed']:,} are allowed",
            f"  prospects {named}",
            f"  held {one['held_at']} by {one['batch']}",
            f"  let go: pardot-odoo sync --release {one['id']}",
        ]
        stdout.print("\n".join(lines), markup=False, soft_wrap=True)
