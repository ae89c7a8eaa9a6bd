"""`pardot-odoo snapshot`: what the ledger knows, kept in a place of its own."""

from __future__ import annotations

from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.settings import Settings

__all__ = ["command"]


@click.command()
@click.option("--to", metavar="URL_OR_PATH", help="Where to; else what the rules file says.")
@click.option("--plain", is_flag=True, help="Not encrypted: whoever has the files can read them.")
@click.option("--list", "listing", is_flag=True, help="Show which snapshots there are; take none.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(to: str | None, plain: bool, listing: bool, as_json: bool) -> None:
    """Take a snapshot of the ledger, encrypted with the data key, while everything runs."""
    settings = Settings()
    if listing:
        document = _list(settings, to)
        if as_json:
            emit_json(document)
        else:
            _print_list(document)
        return
    document = _take(settings, to, plain)
    if as_json:
        emit_json(document)
    else:
        _print(document)


def _take(settings: Settings, to: str | None, plain: bool) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import ledger_of, rules_of
    from pardot_odoo_pipeline.cli.progress import progress_bars
    from pardot_odoo_pipeline.operations.snapshot import Snapshots, place_of

    rules = rules_of(settings)
    place = place_of(settings, rules, to)
    with progress_bars() as told, ledger_of(settings) as ledger:
        snapshots = Snapshots(settings, rules, ledger, place, told)
        manifest = snapshots.take(settings.clock().now(), plain=plain)
    return {
        "snapshot": manifest.name,
        "location": place.location,
        "taken_at": manifest.taken_at,
        "key_id": manifest.key_id,
        "bytes": manifest.bytes,
        "files": len(manifest.files),
        "counts": dict(manifest.counts),
    }


def _list(settings: Settings, to: str | None) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import rules_of
    from pardot_odoo_pipeline.errors import PipelineError
    from pardot_odoo_pipeline.operations.data_keys import KeyRing
    from pardot_odoo_pipeline.operations.snapshot import place_of

    place, ring = place_of(settings, rules_of(settings), to), KeyRing.of(settings)
    found: list[dict[str, Any]] = []
    for name in reversed(place.names()):
        try:
            manifest = place.manifest(name, ring)
        except PipelineError as refusal:
            found.append({"snapshot": name, "problem": refusal.cause})
            continue
        found.append(
            {
                "snapshot": name,
                "taken_at": manifest.taken_at,
                "key_id": manifest.key_id,
                "bytes": manifest.bytes,
                "links": manifest.counts.get("links", 0),
                "problem": None,
            }
        )
    return {"location": place.location, "snapshots": found}


def _print(document: dict[str, Any]) -> None:
    counts = document["counts"]
    closed = f"data key {document['key_id']}" if document["key_id"] else "NOT encrypted"
    stdout.print(
        f"snapshot {document['snapshot']}: {counts.get('links', 0):,} people, "
        f"{document['bytes'] / 1e6:,.1f} MB, {closed}\n"
        f"  at {document['location']}",
        soft_wrap=True,
    )


def _print_list(document: dict[str, Any]) -> None:
    if not document["snapshots"]:
        stdout.print(f"No snapshots at {document['location']}.", soft_wrap=True)
    for one in document["snapshots"]:
        if one["problem"]:
            stdout.print(f"{one['snapshot']}  {one['problem']}", soft_wrap=True)
            continue
        closed = one["key_id"] or "not encrypted"
        stdout.print(
            f"{one['snapshot']}  {one['links']:,} people  {one['bytes'] / 1e6:,.1f} MB  {closed}"
        )
