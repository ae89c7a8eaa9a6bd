"""`pardot-odoo mapping test`: what the rules make of real people, without writing anything.

What lives here: the reading of a sample and the table. What does not: the mapping itself
(`steps.mapping_preview`). People's values are on the screen because they are what the command is
for; they go nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pardot_odoo_pipeline.cli.console import emit_json, say, stdout
from pardot_odoo_pipeline.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from pardot_odoo_pipeline.mapping.rules import Rules
    from pardot_odoo_pipeline.odoo.client import OdooClient
    from pardot_odoo_pipeline.odoo.reference import OdooReference
    from pardot_odoo_pipeline.pardot.client import PardotClient
    from pardot_odoo_pipeline.steps.mapping_preview import Linked, PersonPreview
    from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping

__all__ = ["command"]

_MOST = 1000


@click.group()
def command() -> None:
    """Look at the mapping."""


@command.command()
@click.option(
    "--sample",
    type=click.IntRange(1, _MOST),
    default=5,
    show_default=True,
    help="How many prospects, those changed last.",
)
@click.option("--prospect", "prospects", multiple=True, metavar="ID", help="These prospects.")
@click.option("--all", "everything", is_flag=True, help="Show also what arrives as it is.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def test(sample: int, prospects: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Show source and destination of every mapped field, and what is cut, changed or refused.

    Nothing is written. For people who are linked already, what Odoo holds and what would go back to
    Pardot is shown too.
    """
    people = _previews(Settings(), sample, prospects)
    counts = Counter(
        field.remark.value for person in people for field in person.fields if field.pardot
    )
    if as_json:
        emit_json({"prospects": [asdict(person) for person in people], "remarks": dict(counts)})
        return
    for person in people:
        _print(person, everything)
    say(", ".join(f"{number} {remark}" for remark, number in counts.items()) or "nothing to show")


def _previews(settings: Settings, sample: int, ids: Sequence[str]) -> list[PersonPreview]:
    from pardot_odoo_pipeline.assembly import odoo_client, pardot_client, rules_of
    from pardot_odoo_pipeline.mapping.rules_file import rule_places
    from pardot_odoo_pipeline.mapping.schema_check import check_schema, needs_definitions
    from pardot_odoo_pipeline.odoo.reference import OdooReference
    from pardot_odoo_pipeline.steps.mapping_preview import preview
    from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping

    rules = rules_of(settings)
    pardot, odoo = pardot_client(settings), odoo_client(settings)
    reference = OdooReference.load(odoo)
    definitions = pardot.custom_fields() if needs_definitions(rules) else []
    mapping = OdooMapping.of(rules, reference)
    check_schema(rules, mapping.lookups, definitions, rule_places(settings.pipeline_config))
    raw = _sample(pardot, rules, definitions, sample, ids)
    reference.learn(mapping.unknown_names(raw))
    linked = _linked(settings, odoo, mapping, reference, list(raw["id"].dropna()))
    return preview(raw, mapping, linked)


def _sample(
    pardot: PardotClient,
    rules: Rules,
    definitions: list[dict[str, Any]],
    sample: int,
    ids: Sequence[str],
) -> pd.DataFrame:
    from pardot_odoo_pipeline.mapping.canonical import canonical_raw
    from pardot_odoo_pipeline.mapping.fields import pardot_fields
    from pardot_odoo_pipeline.pardot.lookups import prospects_by_id
    from pardot_odoo_pipeline.pardot.unqueryable import read_singly, unqueryable_fields

    wanted = pardot_fields(rules.fields)
    singly = unqueryable_fields(definitions, wanted)
    asked = [name for name in wanted if name not in singly]
    if ids:
        found = [row for page in prospects_by_id(pardot, asked, map(int, ids)) for row in page]
    else:
        found = pardot.query("prospects", asked, order_by="updatedAt DESC", limit=sample).rows
    if singly:
        rest = read_singly(pardot, [int(row["id"]) for row in found], sorted(singly))
        found = [{**row, **rest.get(int(row["id"]), {})} for row in found]
    return canonical_raw(found, wanted)


def _linked(
    settings: Settings,
    odoo: OdooClient,
    mapping: OdooMapping,
    reference: OdooReference,
    prospect_ids: list[str],
) -> dict[str, Linked]:
    """What the records of these people hold, by prospect id."""
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.ledger.store import links
    from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER

    with ledger_of(settings) as ledger, ledger.read() as connection:
        known = links.by_prospects(connection, prospect_ids)
    held: dict[str, dict[str, dict[str, Any]]] = {key: {} for key in known}
    for model in (LEAD, PARTNER):
        ids = {
            key: link.lead_id if model == LEAD else link.partner_id for key, link in known.items()
        }
        rows = (
            odoo.read(model, sorted({n for n in ids.values() if n}), mapping.read_fields(model))
            if any(ids.values())
            else []
        )
        values = {row["id"]: {name: _plain(value) for name, value in row.items()} for row in rows}
        reference.learn_ids(mapping.unknown_ids(model, values.values()))
        for key, record_id in ids.items():
            if record_id in values:
                held[key][model] = values[record_id]
    return dict(held)


def _plain(value: Any) -> Any:
    """A many2one as its id; a list of ids stays one."""
    is_record = isinstance(value, list) and len(value) == 2 and isinstance(value[1], str)
    return value[0] if is_record else value


def _print(person: PersonPreview, everything: bool) -> None:
    aside = f": not synced ({person.set_aside})" if person.set_aside else ""
    _line(f"Prospect {person.prospect_id}{aside}", "bold")
    for field in person.fields:
        if not everything and field.remark.value == "as it is" and not field.differs:
            continue
        why = f" ({', '.join(field.findings)})" if field.findings else ""
        _line(f"  {field.source} → {field.cell}: {field.remark.value}{why}")
        back = ", ".join(f"{name} = {value}" for name, value in field.back.items())
        for label, value in (
            ("in Pardot", field.pardot),
            ("would show", field.odoo),
            ("shows now", field.held if field.differs else None),
            ("would go back", back if field.differs else None),
        ):
            if value:
                _line(f"    {label:14}{value}", "dim")


def _line(text: str, style: str = "") -> None:
    from rich.text import Text

    # As plain text: what people typed must not act as markup or move the cursor.
    plain = "".join(letter if letter.isprintable() or letter == " " else "␣" for letter in text)
    stdout.print(Text(plain, style), soft_wrap=True)
