"""`pardot-odoo provision`: give Odoo the fields, views and the action that the sync needs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

import click

from pardot_odoo_pipeline.cli.console import emit_json, say
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.settings import Settings

if TYPE_CHECKING:
    from pardot_odoo_pipeline.odoo.provisioning.report import ProvisionReport

__all__ = ["command", "outcome_counts", "run_provisioning"]


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be created; create nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as one JSON object.")
def command(dry_run: bool, as_json: bool) -> None:
    """Create in Odoo what the sync needs and is not there yet.

    Fields x_pardot_… and those that the rules name, views for salespeople, the server actions that
    write people and the blacklist, and Odoo's Leads feature. Run it as an administrator once;
    running it again changes nothing.
    """
    report = run_provisioning(Settings(), dry_run=dry_run)
    for step in report.steps:
        say(str(step))
    counts = outcome_counts(report)
    say(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    if as_json:
        emit_json(
            {"dry_run": dry_run, "steps": [dataclasses.asdict(s) for s in report.steps], **counts}
        )
    if report.refused:
        raise PipelineError(
            f"{len(report.refused)} things could not be provisioned",
            fix="The lines above name each with its reason",
            code="provisioning_refused",
        )


def run_provisioning(settings: Settings, *, dry_run: bool = False) -> ProvisionReport:
    """Provision the configured Odoo for the configured rules.

    Pardot is asked for its custom fields only where the rules want an Odoo field made for one.
    """
    from pardot_odoo_pipeline.assembly import (
        forget_reference_data,
        odoo_client,
        pardot_client,
        rules_of,
    )
    from pardot_odoo_pipeline.odoo.provisioning.mapped_fields import (
        mapped_fields,
        names_custom_fields,
    )
    from pardot_odoo_pipeline.odoo.provisioning.provision import provision

    rules = rules_of(settings)
    definitions = pardot_client(settings).custom_fields() if names_custom_fields(rules) else ()
    mapped = mapped_fields(rules, definitions)
    try:
        return provision(odoo_client(settings), mapped=mapped, dry_run=dry_run)
    finally:
        forget_reference_data(settings)


def outcome_counts(report: ProvisionReport) -> dict[str, int]:
    """How many things were created, were there already, and so on."""
    return dict(Counter(step.outcome.value for step in report.steps))
