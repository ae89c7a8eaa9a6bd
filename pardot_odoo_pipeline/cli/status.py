"""`pardot-odoo status`: what was synced, what was pushed, what needs a hand.

What lives here: the command and its page. What does not: its part about pushed events
(`cli.pushed`), incidents (`cli.incidents`), calls (`cli.quota`) and credentials
(`cli.credentials`). It reads the ledger alone, so it works while both systems are down.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from pardot_odoo_pipeline.cli.agreed import certificate_documents, print_agreement
from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.cli.credentials import credential_documents, print_credentials
from pardot_odoo_pipeline.cli.incidents import print_incidents
from pardot_odoo_pipeline.cli.pushed import print_pushed, pushed_events
from pardot_odoo_pipeline.cli.quota import print_quota, quota_document
from pardot_odoo_pipeline.clock import SystemClock
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Settings

__all__ = ["command"]


@click.command()
@click.option("--batches", "shown", default=10, show_default=True, help="How many to list.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(shown: int, as_json: bool) -> None:
    """Show links, quarantine, retries, calls, what is wrong, sources of events, latest batches."""
    settings = Settings()
    now = _now(settings)
    document = _status(settings, shown, now)
    if as_json:
        emit_json(document)
    else:
        _print(document, now)


def _now(settings: Settings) -> datetime:
    """The present moment; a sandbox that is down tells none, and then the machine's clock does."""
    try:
        return settings.clock().now()
    except ConfigurationError:
        return SystemClock().now()


def _status(settings: Settings, shown: int, now: datetime) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import ledger_of, rules_of
    from pardot_odoo_pipeline.cli.incidents import incident_documents
    from pardot_odoo_pipeline.cli.restarting import restart_of
    from pardot_odoo_pipeline.ledger.store import batches, cursors, identity, links, retries, review
    from pardot_odoo_pipeline.opening import ACTIVITIES_CURSOR, MEMBERSHIPS_CURSOR
    from pardot_odoo_pipeline.steps.changes import (
        ACTIVITY_CURSOR,
        LEADS_CURSOR,
        PARTNERS_CURSOR,
        UPDATED_CURSOR,
    )

    rules = rules_of(settings)
    with ledger_of(settings) as ledger, ledger.read() as connection:
        stamp = identity.read_stamp(connection)
        places = {
            name: cursors.position(connection, name)
            for name in (
                *(UPDATED_CURSOR, ACTIVITY_CURSOR, LEADS_CURSOR, PARTNERS_CURSOR),
                *(ACTIVITIES_CURSOR, MEMBERSHIPS_CURSOR),
            )
        }
        return {
            "pardot": settings.pardot_mode().value,
            "odoo": settings.odoo_mode().value,
            "active": rules.active,
            "sync_interval": rules.sync_interval,
            "business_unit_id": stamp.business_unit_id if stamp else None,
            "restart": restart_of(connection),
            "links": {state.value: n for state, n in links.count(connection).items()},
            "quarantine": review.count_quarantine(connection),
            "findings": review.count_findings(connection),
            "retries": {state.value: n for state, n in retries.count(connection).items()},
            "cursors": {
                name: place.time.isoformat() if place else None for name, place in places.items()
            },
            "quota": quota_document(connection, rules, now),
            "credentials": credential_documents(connection, rules, now),
            **incident_documents(connection),
            **certificate_documents(connection),
            **pushed_events(settings, rules, connection, now),
            "batches": [
                {
                    "key": str(batch.key),
                    "state": batch.state.value,
                    "attempt": batch.attempt,
                    "people": batch.people,
                    "dispositions": (batch.outcome or {}).get("dispositions"),
                    "error": (batch.outcome or {}).get("error"),
                }
                for batch in batches.recent(connection, shown)
            ],
        }


def _print(document: dict[str, Any], now: datetime) -> None:
    from rich.table import Table

    stdout.print(f"Pardot: {document['pardot']}   Odoo: {document['odoo']}")
    if document["restart"]:
        stdout.print(document["restart"]["words"], soft_wrap=True)
    for name in ("links", "quarantine", "findings", "retries"):
        counts = ", ".join(f"{number:,} {word}" for word, number in document[name].items())
        stdout.print(f"{name:<11} {counts or 'none'}")
    print_agreement(document)
    print_quota(document)
    print_credentials(document)
    print_incidents(document)
    print_pushed(document, now)
    table = Table(box=None, pad_edge=False)
    for heading in ("batch", "state", "attempt", "people", "outcome"):
        numbers = heading in ("attempt", "people")
        # A key that is cut off could not be copied.
        table.add_column(
            heading, justify="right" if numbers else "left", no_wrap=heading == "batch"
        )
    for batch in document["batches"]:
        outcome = batch["dispositions"] or ({"error": batch["error"]} if batch["error"] else {})
        table.add_row(
            batch["key"],
            batch["state"],
            str(batch["attempt"]),
            "" if batch["people"] is None else f"{batch['people']:,}",
            ", ".join(f"{word} {number}" for word, number in outcome.items()),
        )
    stdout.print(table)
