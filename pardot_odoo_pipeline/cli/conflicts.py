"""`pardot-odoo conflicts`: values that a rule overruled, and bringing one of them back.

What lives here: the history for people, and the command that opens a batch for a losing value. What
does not: the decision (`merge.cells`) and the history's rows (`ledger.store.conflicts`).
"""

from __future__ import annotations

from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, say, stdout
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store.conflicts import RecordedConflict
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.wording import cell_names, interval, moment, rule_in_words, shown

__all__ = ["command", "conflict_document"]


@click.group(invoke_without_command=True)
@click.option("--person", metavar="EMAIL_OR_ID", help="Only of this person.")
@click.option("--limit", default=50, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_context
def command(ctx: click.Context, person: str | None, limit: int, as_json: bool) -> None:
    """Show values that lost against another one, and why."""
    if ctx.invoked_subcommand is not None:
        return
    document = _history(Settings(), person, limit)
    if as_json:
        emit_json(document)
    else:
        _print(document["conflicts"])


@command.command("restore")
@click.argument("conflict_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
def restore(conflict_id: int, as_json: bool) -> None:
    """Put the losing value back, in both systems."""
    from pardot_odoo_pipeline.cli.sync import run_sync

    settings = Settings()
    conflict = _restorable(settings, conflict_id)
    report = run_sync(
        settings,
        {
            "kind": "manual",
            "prospect_ids": [conflict.prospect_id],
            "restores": [conflict_id],
        },
    )
    document = _restored(settings, conflict_id)
    document["sync"] = report.document
    if as_json:
        emit_json(document)
    if not report.complete:
        raise report.incomplete()
    if document["restored_at"] is None:
        raise PipelineError(
            f"Conflict {conflict_id} was not restored: the person could not be written",
            fix="`pardot-odoo retries` says why; run the same command again after that",
            code="not_restored",
        )
    if not as_json:
        overruled = document["overruled"]
        say(
            f"Conflict {conflict_id} is restored; what it replaced is in the history as "
            + ", ".join(f"#{number}" for number in overruled)
            if overruled
            else f"Both systems show the value of conflict {conflict_id} already"
        )


def _history(settings: Settings, person: str | None, limit: int) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import ledger_of, rules_of
    from pardot_odoo_pipeline.cli.people import find_person
    from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
    from pardot_odoo_pipeline.ledger.store import conflicts

    names = cell_names(rules_of(settings))
    with ledger_of(settings) as ledger, ledger.read() as connection:
        if person is None:
            found = conflicts.recent(connection, limit=limit)
        else:
            known = find_person(connection, load_lookup_key(settings.home.keys), person)
            ids = [link.prospect_id for link in known]
            found = conflicts.of_person(connection, ids, limit=limit)
    return {"conflicts": [conflict_document(conflict, names) for conflict in found]}


def conflict_document(conflict: RecordedConflict, names: dict[str, str]) -> dict[str, Any]:
    """One conflict as JSON, values included: whoever asked for it wants to see them."""
    return {
        "id": conflict.id,
        "prospect_id": conflict.prospect_id,
        "field": conflict.field,
        "pardot_field": names.get(conflict.field),
        "agreed": conflict.agreed,
        "pardot": {
            "value": conflict.pardot_value,
            "changed_after": _iso(conflict.pardot_changed_from),
            "changed_until": _iso(conflict.pardot_changed_until),
            "changed": interval(conflict.pardot_changed_from, conflict.pardot_changed_until),
        },
        "odoo": {
            "value": conflict.odoo_value,
            "changed_after": _iso(conflict.odoo_changed_from),
            "changed_until": _iso(conflict.odoo_changed_until),
            "changed": interval(conflict.odoo_changed_from, conflict.odoo_changed_until),
        },
        "winner": conflict.winner,
        "lost": conflict.lost,
        "rule": conflict.rule,
        "why": rule_in_words(conflict.rule),
        "batch": conflict.batch_key,
        "decided_at": _iso(conflict.decided_at),
        "restored_at": _iso(conflict.restored_at),
        "restored_batch": conflict.restored_batch,
    }


def _iso(at: Any) -> str | None:
    return None if at is None else at.isoformat()


def _restorable(settings: Settings, conflict_id: int) -> RecordedConflict:
    """The conflict, if its losing value can be brought back.

    Raises:
        PipelineError: It is unknown, was restored already, or its field or person is not synced.
    """
    from pardot_odoo_pipeline.assembly import ledger_of, rules_of
    from pardot_odoo_pipeline.ledger.store import conflicts, links
    from pardot_odoo_pipeline.ledger.store.links import LinkState

    names = cell_names(rules_of(settings))
    with ledger_of(settings) as ledger, ledger.read() as connection:
        found = conflicts.by_ids(connection, [conflict_id])
        known = links.by_prospects(connection, [one.prospect_id for one in found])
    if not found:
        raise PipelineError(
            f"There is no conflict {conflict_id}",
            fix="`pardot-odoo conflicts` lists them with their numbers",
            code="conflict_unknown",
        )
    [conflict] = found
    if conflict.restored_at is not None:
        raise PipelineError(
            f"Conflict {conflict_id} was restored already, {moment(conflict.restored_at)} by "
            f"{conflict.restored_batch}",
            fix=f"`pardot-odoo conflicts --person {conflict.prospect_id}` shows what happened "
            "since; restore the newest entry whose value you want",
            code="already_restored",
        )
    if conflict.field not in names:
        raise PipelineError(
            f"Conflict {conflict_id} is about {conflict.field}, which is not in the field map",
            fix="Set the value by hand in the system whose it is",
            code="not_restorable",
        )
    link = known.get(conflict.prospect_id)
    if link is None or not link.leads or link.state is not LinkState.ACTIVE:
        raise PipelineError(
            f"Prospect {conflict.prospect_id} of conflict {conflict_id} does not show its own "
            "values in Odoo any more",
            fix=f"`pardot-odoo explain {conflict.prospect_id}` says who does; set the value by "
            "hand there",
            code="not_restorable",
        )
    return conflict


def _restored(settings: Settings, conflict_id: int) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import ledger_of, rules_of
    from pardot_odoo_pipeline.ledger.store import conflicts

    names = cell_names(rules_of(settings))
    with ledger_of(settings) as ledger, ledger.read() as connection:
        [conflict] = conflicts.by_ids(connection, [conflict_id])
        later = conflicts.of_person(connection, [conflict.prospect_id])
    return {
        **conflict_document(conflict, names),
        "overruled": [
            one.id
            for one in reversed(later)
            if one.batch_key == conflict.restored_batch and one.rule == "restored"
        ],
    }


def _print(found: list[dict[str, Any]]) -> None:
    if not found:
        stdout.print("No conflicts.")
    for one in found:
        field = one["pardot_field"] or one["field"]
        head = f"#{one['id']}  prospect {one['prospect_id']}  {field}  ({one['field']})"
        before = one["agreed"]
        lines = [
            head,
            f"  before  {shown(before[0]) if before else '(nothing agreed yet)'}",
            f"  Pardot  {shown(one['pardot']['value'])}  {one['pardot']['changed']}",
            f"  Odoo    {shown(one['odoo']['value'])}  {one['odoo']['changed']}",
            f"  {one['winner'].capitalize()} won: {one['why']}",
            f"  {one['decided_at'][:19].replace('T', ' ')} UTC, batch {one['batch']}",
        ]
        if one["restored_at"]:
            lines.append(f"  put back by {one['restored_batch']}")
        stdout.print("\n".join(lines), markup=False, soft_wrap=True)
