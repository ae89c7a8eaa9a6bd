"""`pardot-odoo provision`: give Odoo the fields, views and the action that the sync needs.

What lives here: the command and its report. What does not: provisioning (``odoo/provisioning``),
and what belongs to webhooks (`provision_webhooks`).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, say
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.settings import Settings

if TYPE_CHECKING:
    from pardot_odoo_pipeline.odoo.provisioning.report import ProvisionReport

__all__ = ["command", "outcome_counts", "run_provisioning"]


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be created; create nothing.")
@click.option(
    "--webhooks", is_flag=True, help="Instead: let Odoo push, and write what Salesforce needs to."
)
@click.option(
    "--pipeline-user",
    metavar="LOGIN",
    help="With --webhooks: the Odoo user whose writes are not pushed. [default: ODOO_USERNAME]",
)
@click.option(
    "--check", is_flag=True, help="With --webhooks: change nothing, send each source a test event."
)
@click.option(
    "--wait", default=10.0, show_default=True, help="With --check: seconds until it must be there."
)
@click.option("--json", "as_json", is_flag=True, help="Print the steps as one JSON object.")
def command(
    dry_run: bool,
    webhooks: bool,
    pipeline_user: str | None,
    check: bool,
    wait: float,
    as_json: bool,
) -> None:
    """Create in Odoo what the sync needs and is not there yet.

    Fields x_pardot_… and those that the rules name, views for salespeople, the server actions that
    write people and the blacklist, and Odoo's Leads feature. Run it as an administrator once;
    running it again changes nothing.
    """
    if not webhooks and (pipeline_user or check):
        raise click.UsageError("--pipeline-user and --check need --webhooks.")
    if check and (dry_run or pipeline_user):
        raise click.UsageError("--check changes nothing, and takes neither of the other two.")
    if check:
        from pardot_odoo_pipeline.cli.provision_webhooks import check_webhooks

        check_webhooks(Settings(), wait=wait, as_json=as_json)
        return
    if webhooks:
        from pardot_odoo_pipeline.cli.provision_webhooks import run_webhook_provisioning

        report, more = run_webhook_provisioning(
            Settings(), pipeline_user=pipeline_user, dry_run=dry_run
        )
    else:
        report, more = run_provisioning(Settings(), dry_run=dry_run), {}
    _show(report, more, as_json=as_json)


def _show(report: ProvisionReport, more: Mapping[str, Any], *, as_json: bool) -> None:
    for step in report.steps:
        say(str(step))
    for warning in more.get("warnings", ()):
        say(f"warning: {warning}")
    counts = outcome_counts(report)
    say(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    if as_json:
        steps = [dataclasses.asdict(step) for step in report.steps]
        emit_json({"dry_run": report.dry_run, "steps": steps, **counts, **more})
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
