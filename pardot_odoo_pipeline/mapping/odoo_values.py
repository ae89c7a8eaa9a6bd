"""From canonical values to what Odoo's RPC takes.

What lives here: ids for names and codes, and the form of each Odoo field type. What does not: the
way back (``pardot_values.py``), comparing with what Odoo holds (``same_value.py``), deciding who
wins (``merge``), and creating the records that Odoo lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pardot_odoo_pipeline.mapping.html import text_to_html
from pardot_odoo_pipeline.mapping.lookups import CAMPAIGNS, OdooLookups, Relation
from pardot_odoo_pipeline.mapping.picklists import GRADE_KEYS, grade_rank, split_values
from pardot_odoo_pipeline.mapping.rules import Rules, Transform, UnknownPolicy
from pardot_odoo_pipeline.mapping.targets import OdooTarget, lead_targets, partner_targets
from pardot_odoo_pipeline.mapping.times import day_in_zone, odoo_time, start_of_day

__all__ = [
    "COUNTRIES",
    "HELD",
    "STATES",
    "OdooLookups",
    "RowWriter",
    "empty_value",
    "lead_values",
    "partner_values",
    "relation_of",
    "row_writer",
    "value_writer",
]

COUNTRIES = "res.country"
STATES = "res.country.state"
_NAMED_BY = {CAMPAIGNS.model: CAMPAIGNS.by, "res.users": "email"}

HELD: Final = object()
"""Stands for a value that the field does not offer, where the rules leave the field alone then."""

RowWriter = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Takes a normalised row and gives the Odoo values of one record."""


def lead_values(row: Mapping[str, Any], rules: Rules, lookups: OdooLookups) -> dict[str, Any]:
    """The mapped fields of one lead in RPC form; False is empty.

    Args:
        row: One row of ``prospects_normalized``, None where a value is missing.
        rules: The field map.
        lookups: What this Odoo has.
    """
    return row_writer(lead_targets(rules, lookups), lookups, rules.account_time_zone)(row)


def partner_values(row: Mapping[str, Any], rules: Rules, lookups: OdooLookups) -> dict[str, Any]:
    """The mapped fields of one contact in RPC form; False is empty.

    Args:
        row: One row of ``prospects_normalized``, None where a value is missing.
        rules: The field map.
        lookups: What this Odoo has.
    """
    return row_writer(partner_targets(rules, lookups), lookups, rules.account_time_zone)(row)


def row_writer(targets: Iterable[OdooTarget], lookups: OdooLookups, zone: str = "UTC") -> RowWriter:
    """The same for many rows: what depends only on the targets is settled once."""
    writers = tuple((target.name, value_writer(target, lookups, zone)) for target in targets)

    def write(row: Mapping[str, Any]) -> dict[str, Any]:
        values = {name: value_of(row) for name, value_of in writers}
        return {name: value for name, value in values.items() if value is not HELD}

    return write


def value_writer(
    target: OdooTarget, lookups: OdooLookups, zone: str = "UTC"
) -> Callable[[Mapping[str, Any]], Any]:
    """Takes a normalised row and gives the Odoo value of one field, or ``HELD``.

    Args:
        target: The Odoo field.
        lookups: Ids and fields of this Odoo.
        zone: The Pardot account's time zone, for days.
    """
    column = target.column
    find = _choice_finder(target, lookups)
    if find is None:
        form, empty = _form_of(target, zone), empty_value(target.type)
        return lambda row: empty if (value := row.get(column)) is None else form(value)
    if target.about.relation == STATES:
        return lambda row: lookups.state_id(row.get("country"), row.get(column)) or False
    if target.type == "many2many":
        return lambda row: _several(row.get(column), find)
    return lambda row: False if (value := row.get(column)) is None else find(value)


def _choice_finder(target: OdooTarget, lookups: OdooLookups) -> Callable[[str], Any] | None:
    """The look-up of a value in what the field offers; None for a field that takes any value."""
    if target.type == "selection":
        if target.rule.kind is Transform.GRADE or not target.about.selection:
            return None
        known: Callable[[str], Any] = target.about.key_of
    elif target.type in ("many2one", "many2many"):
        if target.about.relation == COUNTRIES and target.rule.kind is Transform.COUNTRY:
            known = lookups.countries.get
        else:
            known = lookups.table(relation_of(target)).id_of
    else:
        return None
    holds = target.rule.unknown is UnknownPolicy.HOLD
    default = target.rule.default

    def find(value: str) -> Any:
        found = known(value)
        if found is None and holds:
            return HELD
        if found is None and default is not None:
            found = known(default)
        return False if found is None else found

    return find


def _several(document: str | None, find: Callable[[str], Any]) -> Any:
    found = [find(value) for value in split_values(document or "")]
    if HELD in found:
        return HELD
    return sorted({record_id for record_id in found if record_id}) or False


def relation_of(target: OdooTarget) -> Relation:
    """The records that a relational field chooses from, and what tells them apart."""
    model = target.about.relation or ""
    by = target.rule.by
    return Relation(model, by.value if by else _NAMED_BY.get(model, "name"))


def empty_value(field_type: str) -> Any:
    """What an empty field of a type is written as."""
    return 0 if field_type == "integer" else 0.0 if field_type in _DECIMALS else False


def _form_of(target: OdooTarget, zone: str) -> Callable[[Any], Any]:
    if target.rule.kind is Transform.GRADE:
        return _GRADE_FORMS.get(target.type, str)
    if target.rule.kind is Transform.CHOICES:
        return _joined(target)
    match target.type:
        case "datetime" if target.rule.kind is Transform.DATE:
            return lambda value: odoo_time(start_of_day(value, zone))
        case "date" if target.rule.kind is Transform.TIME:
            return lambda value: day_in_zone(value, zone)
    return _FORMS.get(target.type, str)


def _joined(target: OdooTarget) -> Callable[[str], str]:
    between, as_html = target.rule.join, target.type == "html"

    def join(document: str) -> str:
        text = between.join(split_values(document))
        return text_to_html(text) if as_html else text

    return join


_DECIMALS = frozenset({"float", "monetary"})

_GRADE_FORMS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {"integer": grade_rank, "selection": GRADE_KEYS.__getitem__}
)

_FORMS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "integer": int,
        "float": float,
        "monetary": float,
        "boolean": bool,
        "datetime": odoo_time,
        "html": lambda value: text_to_html(str(value)),
    }
)
