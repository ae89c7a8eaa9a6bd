"""`pardot-odoo quarantine`: who cannot be synced and why, and trying one of them again.

What lives here: the list and the release. What does not: the reasons (`mapping.reasons`).
"""

from __future__ import annotations

from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, say, stdout
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store.review import Entry
from pardot_odoo_pipeline.mapping.reasons import QUARANTINE, QuarantineReason
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.wording import moment

__all__ = ["command"]

_MOST_AT_ONCE = 20_000


@click.group(invoke_without_command=True)
@click.option("--after", default=0, metavar="ID", help="Only those behind this number.")
@click.option("--limit", default=100, show_default=True, help="How many, first seen first.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_context
def command(ctx: click.Context, after: int, limit: int, as_json: bool) -> None:
    """Show prospects that are not synced until the cause is gone."""
    if ctx.invoked_subcommand is not None:
        return
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.ledger.store import review

    with ledger_of(Settings()) as ledger, ledger.read() as connection:
        found = review.open_quarantine(connection, after=after, limit=limit)
    document = {"quarantine": [_entry(one) for one in found]}
    if as_json:
        emit_json(document)
    else:
        _print(document["quarantine"])


@command.command("release")
@click.argument("entry_id", metavar="[ID]", type=int, required=False)
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in QuarantineReason]),
    help="Everybody who is there for this reason.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
def release(entry_id: int | None, reason: str | None, as_json: bool) -> None:
    """Read and plan one of them anew, or all of a reason, now that the cause is mended."""
    if (entry_id is None) is (reason is None):
        raise click.UsageError("Give either a number or --reason.")
    if entry_id is not None:
        _release_one(entry_id, as_json)
    else:
        assert reason is not None
        _release_all(QuarantineReason(reason), as_json)


def _release_all(reason: QuarantineReason, as_json: bool) -> None:
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.cli.sync import run_sync
    from pardot_odoo_pipeline.ledger.store import review

    settings = Settings()
    with ledger_of(settings) as ledger, ledger.write() as connection:
        entries = review.open_quarantine(connection, reason=reason.value, limit=_MOST_AT_ONCE)
        for entry in entries:
            review.release(connection, entry.id)
    people = [entry.prospect_id for entry in entries]
    document: dict[str, Any] = {"reason": reason.value, "people": len(people), "still": 0}
    if people:
        report = run_sync(settings, {"kind": "manual", "prospect_ids": people})
        with ledger_of(settings) as ledger, ledger.read() as connection:
            still = review.open_quarantine(connection, reason=reason.value, limit=_MOST_AT_ONCE)
        left = {entry.prospect_id for entry in still}.intersection(people)
        document |= {"still": len(left), "sync": report.document}
    if as_json:
        emit_json(document)
    if people and not report.complete:
        raise report.incomplete()
    if document["still"]:
        words = QUARANTINE[reason]
        raise PipelineError(
            f"{document['still']} of {len(people)} prospects stay in quarantine: {words.meaning}",
            fix=words.fix,
            code="still_quarantined",
        )
    if not as_json:
        say(f"{len(people)} prospects are out of quarantine.")


def _release_one(entry_id: int, as_json: bool) -> None:
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.cli.sync import run_sync
    from pardot_odoo_pipeline.ledger.store import dossier, review

    settings = Settings()
    with ledger_of(settings) as ledger:
        with ledger.read() as connection:
            entry = review.quarantine_entry(connection, entry_id)
        if entry is None:
            raise PipelineError(
                f"Nobody is in quarantine under number {entry_id}",
                fix="`pardot-odoo quarantine` lists them with their numbers",
                code="quarantine_unknown",
            )
        with ledger.write() as connection:
            review.release(connection, entry_id)
    report = run_sync(settings, {"kind": "manual", "prospect_ids": [entry.prospect_id]})
    with ledger_of(settings) as ledger, ledger.read() as connection:
        still = dossier.quarantine_of(connection, entry.prospect_id)
    reasons = [one["reason"] for one in still]
    document = {
        "prospect_id": entry.prospect_id,
        "released": not still,
        "reasons": reasons,
        "sync": report.document,
    }
    if as_json:
        emit_json(document)
    if not report.complete:
        raise report.incomplete()
    if still:
        raise PipelineError(
            f"Prospect {entry.prospect_id} stays in quarantine: "
            + "; ".join(QUARANTINE[QuarantineReason(one)].meaning.rstrip(".") for one in reasons),
            fix=QUARANTINE[QuarantineReason(reasons[0])].fix,
            code="still_quarantined",
        )
    if not as_json:
        say(f"Prospect {entry.prospect_id} is out of quarantine.")


def _entry(one: Entry) -> dict[str, Any]:
    words = QUARANTINE[QuarantineReason(one.code)]
    return {
        "id": one.id,
        "prospect_id": one.prospect_id,
        "reason": one.code,
        "meaning": words.meaning,
        "fix": words.fix,
        "candidates": list(one.candidates),
        "first_batch": one.first_batch,
        "first_seen_at": moment(one.first_seen_at),
        "last_batch": one.last_batch,
        "last_seen_at": moment(one.last_seen_at),
    }


def _print(found: list[dict[str, Any]]) -> None:
    if not found:
        stdout.print("Nobody is in quarantine.")
    for one in found:
        named = ", ".join(map(str, one["candidates"]))
        lines = [
            f"{one['id']}  prospect {one['prospect_id']}  {one['reason']}",
            f"  {one['meaning']}",
            f"  fix: {one['fix']}",
            f"  since {one['first_seen_at']}, {one['first_batch']}",
        ]
        if named:
            lines.append(f"  could be {named}")
        stdout.print("\n".join(lines), markup=False, soft_wrap=True)
