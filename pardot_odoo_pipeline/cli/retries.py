"""`pardot-odoo retries`: failed writes, when each is tried again, and trying suspended ones anew.

What lives here: the list, which reads the ledger alone, and the release. What does not: when a
record is suspended (`ledger.store.retries`).
"""

from __future__ import annotations

from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, say, stdout
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.wording import moment

__all__ = ["command"]


@click.group(invoke_without_command=True)
@click.option("--limit", default=100, show_default=True, help="How many, suspended ones first.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_context
def command(ctx: click.Context, limit: int, as_json: bool) -> None:
    """Show writes that failed. Suspended ones wait for a person: mend the cause, then release."""
    if ctx.invoked_subcommand is not None:
        return
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


@command.command("release")
@click.argument("ids", metavar="[ID]...", type=int, nargs=-1)
@click.option("--code", metavar="CODE", help="All that were suspended with this code.")
@click.option("--all", "everything", is_flag=True, help="All that are suspended.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
def release(ids: tuple[int, ...], code: str | None, everything: bool, as_json: bool) -> None:
    """Try suspended records anew with a clean record, now that the cause is mended."""
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.cli.sync import run_sync
    from pardot_odoo_pipeline.ledger.store import dossier, retries

    if sum([bool(ids), code is not None, everything]) != 1:
        raise ConfigurationError(
            "Nothing says which suspended records are meant, or more than one thing does",
            fix="Give numbers, or --code CODE, or --all; `pardot-odoo retries` lists them",
            code="usage",
        )
    settings = Settings()
    with ledger_of(settings) as ledger, ledger.write() as connection:
        people = retries.release(connection, now=settings.clock().now(), ids=ids, code=code)
    if not people:
        raise PipelineError(
            "No suspended record is meant by that",
            fix="`pardot-odoo retries` lists them with numbers and codes; those that wait are "
            "tried again by themselves",
            code="retry_unknown",
        )
    # From here on they are due, whatever becomes of this command.
    report = run_sync(settings, {"kind": "manual", "prospect_ids": people})
    with ledger_of(settings) as ledger, ledger.read() as connection:
        owed = dossier.waiting(connection, prospect_ids=people)
    still = sorted({one.prospect_id for one in owed})
    document = {
        "released": len(people),
        "written": len(people) - len(still),
        "still_failing": {one.prospect_id: one.code for one in owed},
        "sync": report.document,
    }
    if as_json:
        emit_json(document)
    if not report.complete:
        raise report.incomplete()
    if still:
        codes = ", ".join(sorted({str(one.code) for one in owed}))
        raise PipelineError(
            f"{len(still)} of {len(people)} could not be written again: {codes}",
            fix="Mend the cause; they are tried again by themselves as if it were the first time",
            code="still_failing",
        )
    if not as_json:
        say(f"Written: {len(people)}. Nothing is owed for them any more.")


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
