"""`pardot-odoo integrity`: does Odoo's side hang together?"""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.settings import Settings

__all__ = ["command"]

_SHOWN = 10


@click.command()
@click.option("--repair", is_flag=True, help="Sync the people whom a batch would mend.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(repair: bool, as_json: bool) -> None:
    """Look for orphans, twins and broken links in Odoo; nothing is written without --repair."""
    settings = Settings()
    document = _inspected(settings)
    if repair:
        document["repair"] = _repaired(settings, document["to_repair"])
    if as_json:
        emit_json(document)
    else:
        _print(document)


def _inspected(settings: Settings) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import build_ports
    from pardot_odoo_pipeline.cli.progress import progress_bars
    from pardot_odoo_pipeline.operations.integrity import WORDS, inspect, to_repair

    with progress_bars() as progress:
        ports = build_ports(settings, progress=progress)
        with ports.ledger:
            found = inspect(ports)
    return {
        "leads": found.leads,
        "contacts": found.contacts,
        "problems": dict(Counter(one.problem.value for one in found.findings)),
        "findings": [
            {
                "problem": one.problem.value,
                "prospect_id": one.prospect_id,
                "records": list(one.records),
                "meaning": WORDS[one.problem].meaning,
                "fix": WORDS[one.problem].fix,
                "by": "batch" if WORDS[one.problem].by_batch else "hand",
            }
            for one in found.findings
        ],
        "unread": list(found.unread),
        "to_repair": to_repair(found.findings),
    }


def _repaired(settings: Settings, people: list[str]) -> dict[str, Any]:
    """Normal batches of the people concerned, which every brake may stop."""
    from pardot_odoo_pipeline.assembly import ledger_of, rules_of
    from pardot_odoo_pipeline.cli.progress import progress_bars
    from pardot_odoo_pipeline.local_runs import LocalRuns
    from pardot_odoo_pipeline.operations.integrity import open_repairs

    if not people:
        return {"people": 0, "batches": []}
    with progress_bars() as progress, LocalRuns.start(settings, progress) as runs:
        with ledger_of(settings) as ledger:
            size = rules_of(settings).batch_size
            opened = open_repairs(ledger, people, settings.clock().now(), batch_size=size)
        keys = runs.run([str(key) for key in opened])
    return {"people": len(people), "batches": keys}


def _print(document: dict[str, Any]) -> None:
    stdout.print(f"{document['leads']:,} leads and {document['contacts']:,} contacts of prospects")
    for name in document["unread"]:
        stdout.print(f"{name}: not looked at, this user may not read them", soft_wrap=True)
    if not document["findings"]:
        stdout.print("Nothing is wrong with them.")
    for problem, number in document["problems"].items():
        some = [one for one in document["findings"] if one["problem"] == problem]
        stdout.print(f"{problem}: {number:,}: {some[0]['meaning']}", soft_wrap=True, markup=False)
        for one in some[:_SHOWN]:
            whose = f"prospect {one['prospect_id']}: " if one["prospect_id"] else ""
            stdout.print(f"  {whose}{', '.join(one['records'])}", soft_wrap=True, markup=False)
        if number > _SHOWN:
            stdout.print(f"  and {number - _SHOWN:,} more (--json has all)")
        stdout.print(f"  {some[0]['fix']}", soft_wrap=True, markup=False)
    if document["to_repair"] and "repair" not in document:
        people = len(document["to_repair"])
        stdout.print(f"{people:,} would be mended by a batch: pardot-odoo integrity --repair")
