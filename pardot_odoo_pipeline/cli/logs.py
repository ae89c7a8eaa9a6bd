"""`pardot-odoo logs`: what was called, what was written, whose data went where.

What lives here: options and printing. What does not: the questions (`operations.audit_query`).
Neither system is asked, and nothing is written.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.settings import Settings

__all__ = ["command"]

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@click.command()
@click.argument("kind", type=click.Choice(["calls", "values", "transfers"]), default="calls")
@click.option("--since", help="From then on: 90m, 2h, 3d, or ISO 8601.", default=None)
@click.option("--until", help="Before then; as --since.", default=None)
@click.option("--system", type=click.Choice(["pardot", "odoo", "salesforce", "pipeline"]))
@click.option("--batch", help="A batch's key, or how it begins.")
@click.option("--person", help="E-mail address or prospect id.")
@click.option("--code", help="What calls were refused with, or how transfers ended.")
@click.option("--failed", is_flag=True, help="What came to no good.")
@click.option("--slow", type=float, help="Calls that took so many seconds or more.")
@click.option("--field", help="A field's name, in Pardot or in Odoo.")
@click.option("--values", "show", is_flag=True, help="Show the values themselves (needs the key).")
@click.option("--summary", is_flag=True, help="Counts instead of rows.")
@click.option("--limit", default=100, show_default=True, help="How many rows, the latest first.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(
    kind: str,
    since: str | None,
    until: str | None,
    system: str | None,
    batch: str | None,
    person: str | None,
    code: str | None,
    failed: bool,
    slow: float | None,
    field: str | None,
    show: bool,
    summary: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Look at the audit: calls, values that were changed or written, transfers of people's data.

    Values are shown with --values alone: as they are where a data key encrypts them, else as a
    keyed hash and their length.
    """
    from pardot_odoo_pipeline.operations.audit_files import AuditFiles, Kind
    from pardot_odoo_pipeline.operations.audit_query import AuditQuery, Filters
    from pardot_odoo_pipeline.operations.data_keys import KeyRing

    settings = Settings()
    now = settings.clock().now()
    filters = Filters(
        since=_moment(since, now),
        until=_moment(until, now),
        system=system,
        batch=batch,
        people=_people(settings, person),
        code=code,
        failed=failed,
        slow=slow,
        field=field,
    )
    query = AuditQuery(AuditFiles(settings.audit_location, KeyRing.of(settings)))
    if summary:
        found = query.summary(Kind(kind), filters)
    else:
        found = query.rows(Kind(kind), filters, limit=limit, values=show)
    if as_json:
        emit_json({"kind": kind, "rows": [_plain(row) for row in found]})
    elif not found:
        stdout.print("Nothing of that kind is recorded.")
    else:
        lines = _SUMMARIES if summary else _LINES
        for row in found:
            stdout.print(lines[kind](_plain(row)), markup=False, soft_wrap=True)


def _moment(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    if found := re.fullmatch(r"(\d+)([mhd])", text.strip()):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"'{text}' is no point in time",
            fix="Write 90m, 2h or 3d, or a time as 2026-01-31T08:15:00Z",
            code="point_in_time",
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _people(settings: Settings, person: str | None) -> tuple[str, ...]:
    """Whose rows are meant; a prospect id needs no link, as it may be gone by now."""
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.cli.people import find_person
    from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key

    if person is None:
        return ()
    if person.isdecimal():
        return (person,)
    with ledger_of(settings) as ledger, ledger.read() as connection:
        found = find_person(connection, load_lookup_key(settings.home.keys), person)
    if not found:
        raise PipelineError("Nobody like that is known", fix="Give the prospect's id")
    return tuple(link.prospect_id for link in found)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).isoformat(timespec="milliseconds")
        if isinstance(value, datetime)
        else value
        for name, value in row.items()
    }


def _call(row: dict[str, Any]) -> str:
    ended = row["status"] if row["status"] is not None else "no answer"
    code = f"  code {row['code']}" if row["code"] is not None else ""
    quota = f"  quota {row['quota_used']}/{row['quota_limit']}" if row["quota_limit"] else ""
    return (
        f"{row['happened_at']}  {row['system']:10} {row['method']} {row['path']}  {ended}{code}  "
        f"{row['seconds']:.3f} s  {row['sent']}>{row['received']} bytes{quota}  "
        f"{row['batch'] or '-'}  {row['request_id'] or ''}"
    )


def _value(row: dict[str, Any]) -> str:
    change = ""
    if "old" in row:
        shown = [
            "nothing" if value is None else f"#{value}" if row["masked"] else repr(value)
            for value in (row["old"], row["new"])
        ]
        change = f"  {shown[0]} -> {shown[1]}"
    where = f"{row['system']}/{row['model']}"
    where += f"/{row['record_id']}" if row["record_id"] is not None else ""
    return (
        f"{row['happened_at']}  prospect {row['prospect_id']}  {row['source']} -> "
        f"{where} {row['field']}{change}  {row['rule'] or ''}  {row['batch'] or '-'}"
    )


def _transfer(row: dict[str, Any]) -> str:
    where = row["model"] + (f"/{row['record_id']}" if row["record_id"] is not None else "")
    return (
        f"{row['happened_at']}  prospect {row['prospect_id']}  {row['source']} -> {row['system']} "
        f"{where}  {row['outcome']}  {row['fields'].count(',') + 1} fields: {row['fields']}  "
        f"{row['batch'] or '-'}"
    )


_LINES = {"calls": _call, "values": _value, "transfers": _transfer}

_SUMMARIES = {
    "calls": lambda row: (
        f"{row['calls']:>8}  {row['system']:10} {row['path']}  "
        f"{row['status'] if row['status'] is not None else 'no answer'}  "
        f"{row['failed']} failed ({row['error_rate']:.1%})  p50 {row['p50']:.3f} s  "
        f"p95 {row['p95']:.3f} s  {row['sent']}>{row['received']} bytes"
    ),
    "values": lambda row: (
        f"{row['values']:>8}  {row['system']}/{row['model']} {row['field']}  {row['rule'] or ''}  "
        f"{row['people']} people, latest {row['latest']}"
    ),
    "transfers": lambda row: (
        f"{row['transfers']:>8}  {row['source']} -> {row['system']} {row['model']}  "
        f"{row['outcome']}  {row['people']} people, latest {row['latest']}"
    ),
}
