"""`pardot-odoo explain`: why one person shows what they show.

What lives here: the command and its page. What does not: how the facts are gathered
(`explaining`). It prints a person's values because it is asked to, and logs none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, stdout
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.wording import moment, note_in_words, rule_in_words, shown

__all__ = ["command"]


@click.command()
@click.argument("person", metavar="EMAIL_OR_ID")
@click.argument("field", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def command(person: str, field: str | None, as_json: bool) -> None:
    """Show both sides of a person, who wrote what last, why, and what lost."""
    document = _explain(Settings(), person, field)
    if as_json:
        emit_json(document)
    else:
        _print(document)


def _explain(settings: Settings, person: str, field: str | None) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import build_ports, ledger_of
    from pardot_odoo_pipeline.cli.people import find_person
    from pardot_odoo_pipeline.explaining import explain
    from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
    from pardot_odoo_pipeline.ledger.store import dossier

    with ledger_of(settings) as ledger, ledger.read() as connection:
        if person.isdecimal() and dossier.quarantine_of(connection, person):
            prospect_id = person  # never synced, and there is something to say
        else:
            prospect_id = find_person(connection, load_lookup_key(settings.home.keys), person)[
                0
            ].prospect_id
    ports = build_ports(settings)
    with ports.ledger:
        document = explain(ports, prospect_id)
    if field is not None:
        document["fields"] = _chosen(document["fields"], field)
    for one in document["fields"]:
        one["why"] = rule_in_words(one["rule"]) if one["rule"] else None
        for lost in one["lost"]:
            lost["why"] = rule_in_words(lost["rule"])
    return document


def _chosen(fields: list[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """The one field that is meant: by Pardot's name, Odoo's, or ``model/field``.

    Raises:
        ConfigurationError: No mapped field is called so.
    """
    import difflib

    found = [
        one
        for one in fields
        if wanted == one["field"]
        or any(wanted in (cell["cell"], cell["cell"].partition("/")[2]) for cell in one["cells"])
    ]
    if not found:
        names = [one["field"] for one in fields]
        near = difflib.get_close_matches(wanted, names, n=1)
        raise ConfigurationError(
            f"No mapped field is called {wanted[:40]!r}",
            fix=f"Did you mean {near[0]}?" if near else f"Name one of {', '.join(names)}",
            code="field_unknown",
        )
    return found


def _print(document: dict[str, Any]) -> None:
    lines = [f"Prospect {document['prospect_id']}: {document['state']}"]
    if document["leader"] != document["prospect_id"]:
        lines.append(f"  speaks through prospect {document['leader']}, with the same address")
    if document["followers"]:
        lines.append(f"  speaks for prospects {', '.join(document['followers'])}")
    lines.append(f"  in Pardot: {document['in_pardot']}")
    for kind, name in (("lead", "crm.lead"), ("contact", "res.partner")):
        number = document[f"{kind}_id"]
        there = "" if document["in_odoo"][kind] or number is None else ", not found"
        lines.append(f"  {kind}: {'none' if number is None else f'{name} {number}{there}'}")
    for words in document["attention"]:
        lines.append(f"  ! {words}")
    lines += [_event_line(one) for one in document["events"]]
    for one in document["fields"]:
        lines += ["", *_field_lines(one)]
    stdout.print("\n".join(lines), markup=False, soft_wrap=True)


def _event_line(one: dict[str, Any]) -> str:
    """One pushed event: what, when, and what became of it."""
    words = [f"  pushed: {one['type']}, received {_time(one['received_at'])} from {one['source']}"]
    if one["occurred_at"]:
        words.append(f"occurred {_time(one['occurred_at'])}")
    if one["committed_at"]:
        words.append(f"in Odoo {_time(one['committed_at'])}")
    if one["note"]:
        words.append(note_in_words(one["note"]))
    elif one["state"] == "closed":
        words.append("seen" if one["committed_at"] else "seen, nothing was to be written")
    else:
        words.append(one["state"])
    return ", ".join(words) + (f" ({one['batch']})" if one["batch"] else "")


def _time(at: str) -> str:
    return moment(datetime.fromisoformat(at))


def _field_lines(one: dict[str, Any]) -> list[str]:
    lines = [f"{one['field']}: {one['verdict']}", f"  Pardot shows {shown(one['pardot'])}"]
    for cell in one["cells"]:
        agreed = cell["agreed"]
        before = f", agreed {shown(agreed[1])}" if agreed else ""
        lines.append(f"  {cell['cell']} shows {shown(cell['shown'])}{before}")
    wrote = one["last_write"]
    if wrote:
        at = f"{wrote['at'][:19].replace('T', ' ')} UTC by {wrote['batch']}"
        lines.append(f"  last written to {wrote['to'].capitalize()} {at}")
        lines.append(f"  because {one['why']}")
    for lost in one["lost"]:
        lines.append(
            f"  lost: {shown(lost['value'])} of {lost['side'].capitalize()}, conflict "
            f"#{lost['id']}, {lost['why']}"
        )
    return lines
