"""From canonical values to what Odoo's RPC takes.

What lives here: the choice of target fields by the rules, ids for names and codes, and the form of
each Odoo field type. What does not: comparing with what Odoo holds (``same_value.py``), deciding
who wins (``merge``), and creating the sources and campaigns that Odoo lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pardot_odoo_pipeline.mapping.fields import column_of
from pardot_odoo_pipeline.mapping.html import text_to_html
from pardot_odoo_pipeline.mapping.picklists import GRADE_KEYS, grade_rank
from pardot_odoo_pipeline.mapping.rules import FieldRule, Rules
from pardot_odoo_pipeline.mapping.times import odoo_time

__all__ = [
    "OdooLookups",
    "OdooTarget",
    "RowWriter",
    "lead_targets",
    "lead_values",
    "partner_targets",
    "partner_values",
    "row_writer",
    "type_of_target",
    "unknown_targets",
]

RowWriter = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Takes a normalised row and gives the Odoo values of one record."""

_EMPTY: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True)
class OdooLookups:
    """What an Odoo has, as plain tables.

    Attributes:
        countries: ISO2 -> id.
        states: (ISO2, code) -> id and (ISO2, lower-case name) -> id.
        industries: Lower-case name -> id.
        sources: Name -> id of utm.source.
        campaigns: Name -> id of utm.campaign.
        lead_fields: Field of crm.lead -> type. Empty: not known, every target is taken to exist.
        partner_fields: The same for res.partner.
        stage_id: Stage of new leads; None leaves it to Odoo.
        team_id: Sales team of new leads; None leaves it to Odoo.
    """

    countries: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[tuple[str, str], int] = field(default_factory=dict)
    industries: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    campaigns: Mapping[str, int] = field(default_factory=dict)
    lead_fields: Mapping[str, str] = field(default_factory=dict)
    partner_fields: Mapping[str, str] = field(default_factory=dict)
    stage_id: int | None = None
    team_id: int | None = None


@dataclass(frozen=True)
class OdooTarget:
    """One Odoo field that a Pardot field is written to.

    Attributes:
        name: The Odoo field.
        type: Its type, as ``fields_get`` names it.
        source: The Pardot field.
        column: The normalised column.
        rule: The rule of the Pardot field.
    """

    name: str
    type: str
    source: str
    column: str
    rule: FieldRule


# The types of the fields that the default rules name, for when Odoo was not asked.
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("country_id", "state_id", "industry_id", "source_id", "campaign_id"), "many2one"
        ),
        **dict.fromkeys(("x_pardot_score", "x_pardot_grade_rank"), "integer"),
        "x_pardot_grade": "selection",
        "x_pardot_last_activity_at": "datetime",
        "description": "html",
        "comment": "html",
    }
)


def type_of_target(name: str, known: Mapping[str, str] = _EMPTY) -> str:
    """The type of an Odoo field: as Odoo says, else as the default rules suppose, else char."""
    return known.get(name) or _TYPES.get(name, "char")


def lead_targets(rules: Rules, lookups: OdooLookups) -> tuple[OdooTarget, ...]:
    """The fields of crm.lead that the rules write and Odoo has."""
    return _targets(rules, "lead", lookups.lead_fields)


def partner_targets(rules: Rules, lookups: OdooLookups) -> tuple[OdooTarget, ...]:
    """The fields of res.partner that the rules write and Odoo has."""
    return _targets(rules, "partner", lookups.partner_fields)


def _targets(rules: Rules, side: str, known: Mapping[str, str]) -> tuple[OdooTarget, ...]:
    return tuple(
        OdooTarget(name, type_of_target(name, known), source, column_of(source), rule)
        for source, rule in rules.fields.items()
        for name in getattr(rule, side)
        if not known or name in known
    )


def unknown_targets(rules: Rules, lookups: OdooLookups) -> tuple[str, ...]:
    """The targets that the rules name and Odoo lacks, as ``crm.lead.x_colour (from colour__c)``."""
    return tuple(
        f"{model}.{name} (from {source})"
        for source, rule in rules.fields.items()
        for model, names, known in (
            ("crm.lead", rule.lead, lookups.lead_fields),
            ("res.partner", rule.partner, lookups.partner_fields),
        )
        for name in names
        if known and name not in known
    )


def lead_values(row: Mapping[str, Any], rules: Rules, lookups: OdooLookups) -> dict[str, Any]:
    """The mapped fields of one lead in RPC form; False is empty.

    Args:
        row: One row of ``prospects_normalized``, None where a value is missing.
        rules: The field map.
        lookups: What this Odoo has.
    """
    return row_writer(lead_targets(rules, lookups), lookups)(row)


def partner_values(row: Mapping[str, Any], rules: Rules, lookups: OdooLookups) -> dict[str, Any]:
    """The mapped fields of one contact in RPC form; False is empty.

    Args:
        row: One row of ``prospects_normalized``, None where a value is missing.
        rules: The field map.
        lookups: What this Odoo has.
    """
    return row_writer(partner_targets(rules, lookups), lookups)(row)


def row_writer(targets: Iterable[OdooTarget], lookups: OdooLookups) -> RowWriter:
    """The same for many rows: what depends only on the targets is settled once."""
    writers = tuple((target.name, _writer(target, lookups)) for target in targets)

    def write(row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value_of(row) for name, value_of in writers}

    return write


def _writer(target: OdooTarget, lookups: OdooLookups) -> Callable[[Mapping[str, Any]], Any]:
    column = target.column
    if target.type == "many2one":
        if column == "state":
            return lambda row: _state_id(row.get("country"), row.get(column), lookups) or False
        ids = _ids_of(column, lookups)
        if column == "industry":
            return lambda row: ids.get((row.get(column) or "").lower(), False)
        return lambda row: ids.get(row.get(column), False)
    form = _grade_form(target.type) if column == "grade" else _FORMS.get(target.type, _text)
    return lambda row: form(row.get(column))


def _ids_of(column: str, lookups: OdooLookups) -> Mapping[Any, int]:
    tables: Mapping[str, Mapping[str, int]] = {
        "country": lookups.countries,
        "industry": lookups.industries,
        "source": lookups.sources,
        "campaign": lookups.campaigns,
    }
    return tables.get(column, _EMPTY)


def _state_id(country: str | None, code: str | None, lookups: OdooLookups) -> int | None:
    if country is None or code is None:
        return None
    return lookups.states.get((country, code)) or lookups.states.get((country, code.lower()))


def _text(value: Any) -> Any:
    if value is None:
        return False
    return value if isinstance(value, str) else str(value)


def _grade_form(field_type: str) -> Callable[[Any], Any]:
    if field_type == "integer":
        return grade_rank
    if field_type == "selection":
        return lambda grade: GRADE_KEYS[grade] if grade else False
    return _text


_FORMS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "integer": lambda value: 0 if value is None else int(value),
        "float": lambda value: 0.0 if value is None else float(value),
        "monetary": lambda value: 0.0 if value is None else float(value),
        "boolean": bool,
        "datetime": lambda value: False if value is None else odoo_time(value),
        "date": lambda value: False if value is None else odoo_time(value)[:10],
        "html": lambda value: False if value is None else text_to_html(str(value)),
    }
)
