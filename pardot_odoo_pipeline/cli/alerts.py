"""`pardot-odoo alerts`: what is wrong, what was, and whether people can be told.

What lives here: the command. What does not: sending what is due, which happens by itself.
"""

from __future__ import annotations

from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.settings import Settings

__all__ = ["command"]


@click.command()
@click.option("--limit", default=20, show_default=True, help="How many that are over to list.")
@click.option("--test", "test", is_flag=True, help="Send a test notice through every channel.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(limit: int, test: bool, as_json: bool) -> None:
    """Show incidents, open ones first, and the channels of ALERT_URLS."""
    settings = Settings()
    document = _tested(settings) if test else _found(settings, limit)
    if as_json:
        emit_json(document)
    elif test:
        _print_channels(document["channels"])
    else:
        _print(document)
    broken = [one["name"] for one in document["channels"] if one.get("works") is False]
    if broken:
        raise PipelineError(
            f"{len(broken)} of {len(document['channels'])} channels did not take the test notice: "
            + ", ".join(broken),
            fix="Correct their addresses in ALERT_URLS (docs/alerts.md), and look whether the "
            "servers behind them can be reached from here",
            code="channel_broken",
        )


def _found(settings: Settings, limit: int) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.cli.incidents import incident_document, incident_documents
    from pardot_odoo_pipeline.ledger.store import incidents
    from pardot_odoo_pipeline.operations.telling import channels_in

    with ledger_of(settings) as ledger, ledger.read() as connection:
        known = incident_documents(connection)
        over = [
            incident_document(one)
            for one in incidents.recent(connection, limit + len(known["incidents"]))
            if one.recovered_at is not None
        ]
    channels = [{"name": one.name, "kind": one.kind} for one in channels_in(settings)]
    return {**known, "over": over[:limit], "channels": channels}


def _tested(settings: Settings) -> dict[str, Any]:
    from pardot_odoo_pipeline.mapping.alert_rules import Severity
    from pardot_odoo_pipeline.operations.telling import channels_in

    settings.home.create()
    channels = channels_in(settings)
    if not channels:
        raise ConfigurationError(
            "Nobody can be told: ALERT_URLS is not set",
            fix="Set it to addresses like mailtos://…, slack://… or json://… (docs/alerts.md)",
            code="no_channels",
        )
    found = []
    for channel in channels:
        reason = channel.send(
            "Pardot-Odoo: a test",
            "This is a test of the alerts of the Pardot-Odoo sync. Nothing is wrong.\n",
            Severity.INFO,
        )
        works = {"works": reason is None, "reason": reason}
        found.append({"name": channel.name, "kind": channel.kind, **works})
    return {"channels": found}


def _print(document: dict[str, Any]) -> None:
    from pardot_odoo_pipeline.cli.incidents import print_incident, print_incidents

    if not document["incidents"]:
        stdout.print("Nothing is wrong.")
    print_incidents(document)
    for one in document["over"]:
        print_incident(one)
    _print_channels(document["channels"])


def _print_channels(channels: list[dict[str, Any]]) -> None:
    if not channels:
        stdout.print("Nobody is told: ALERT_URLS is not set (docs/alerts.md).")
    for one in channels:
        name = one["name"] if one["name"] == one["kind"] else f"{one['name']} ({one['kind']})"
        word = {True: ": works", False: f": does not work: {one.get('reason')}", None: ""}
        stdout.print(f"channel {name}{word[one.get('works')]}", markup=False, soft_wrap=True)
