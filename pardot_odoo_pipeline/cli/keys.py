"""`pardot-odoo keys`: data keys. Reads and writes nothing."""

from __future__ import annotations

import click

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.settings import Settings

__all__ = ["command"]


@click.group()
def command() -> None:
    """Make data keys, and show which ones are set (`DATA_KEYS`)."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
def new(as_json: bool) -> None:
    """Print a new key. It is stored nowhere: put it into DATA_KEYS and keep a copy elsewhere."""
    from pardot_odoo_pipeline.operations.data_keys import new_key

    key = new_key()
    if as_json:
        emit_json({"key": key})
    else:
        click.echo(key)


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def list_keys(as_json: bool) -> None:
    """Show the names of the keys that are set, never the keys."""
    from pardot_odoo_pipeline.operations.data_keys import KeyRing

    ids = KeyRing.of(Settings()).ids
    if as_json:
        emit_json({"keys": [{"id": one, "active": one == ids[0]} for one in ids]})
        return
    if not ids:
        stdout.print("No data key is set: what is kept of people's values is masked.")
    for one in ids:
        stdout.print(f"{one}  {'active: encrypts' if one == ids[0] else 'decrypts only'}")
