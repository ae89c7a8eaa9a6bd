"""From what Odoo shows to what Pardot's API takes.

What lives here: the two halves of the way back: an Odoo value into canonical form, and a canonical
value into the members of a request body. What does not: the way to Odoo (``odoo_values.py``), and
whether a value goes back at all (``merge``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pardot_odoo_pipeline.mapping.canonical import canonical_text
from pardot_odoo_pipeline.mapping.emails import email_key, trim_email
from pardot_odoo_pipeline.mapping.fields import OTHER_FIELDS, READ_ONLY, STANDARD_COLUMNS
from pardot_odoo_pipeline.mapping.html import drop_control, html_to_text
from pardot_odoo_pipeline.mapping.lookups import OdooLookups
from pardot_odoo_pipeline.mapping.names import full_name, split_name
from pardot_odoo_pipeline.mapping.normalize import NormalizeOptions, converter_of
from pardot_odoo_pipeline.mapping.numbers import clean_number
from pardot_odoo_pipeline.mapping.odoo_values import COUNTRIES, STATES, relation_of
from pardot_odoo_pipeline.mapping.picklists import (
    GRADE_KEYS,
    grade_of_rank,
    join_values,
    split_values,
)
from pardot_odoo_pipeline.mapping.places import clean_country, country_name
from pardot_odoo_pipeline.mapping.rules import Transform
from pardot_odoo_pipeline.mapping.same_value import is_empty
from pardot_odoo_pipeline.mapping.targets import OdooTarget
from pardot_odoo_pipeline.mapping.times import api_time, day_in_zone, read_odoo_time

__all__ = ["NoCounterpart", "canonical_value", "is_invertible", "pardot_values"]

# What Odoo shows as text and Pardot as something else: it is read as if Pardot had written it.
_READ_AS_TYPED = frozenset(
    {
        *(Transform.EMAIL, Transform.PHONE, Transform.COUNTRY, Transform.STATE, Transform.GRADE),
        *(Transform.NUMBER, Transform.FLAG, Transform.DATE, Transform.TIME),
    }
)
_TEXTS = frozenset({"char", "text"})
_NUMBERS_AS_TEXT = frozenset({"annualRevenue", "employees", "yearsInBusiness"})


class NoCounterpart(Exception):
    """The other side has no form for this value. It says nothing of the value itself."""


def is_invertible(source: str) -> bool:
    """Whether a value of this Pardot field could be written to Pardot at all."""
    return source not in READ_ONLY and source != "lead_title"


def canonical_value(
    target: OdooTarget,
    value: Any,
    lookups: OdooLookups,
    options: NormalizeOptions,
    country: str | None = None,
) -> Any:
    """What the normalised column would hold if Pardot showed the same.

    Args:
        target: The Odoo field.
        value: As Odoo shows it over RPC, a many2one as id.
        lookups: Ids and fields of this Odoo.
        options: Rules, and the names that Odoo knows.
        country: The record's country, for phones.

    Raises:
        NoCounterpart: The value is none that Pardot could have.
    """
    if is_empty(target.type, value):
        return None
    kind = target.rule.kind
    if target.type in _TEXTS:
        if kind in _READ_AS_TYPED:
            return _as_typed(target.source, str(value), options, country)
        return _one_text(str(value), target)
    match target.type:
        case "html":
            return _one_text(html_to_text(str(value)), target)
        case "many2one":
            return _name_of_record(target, value, lookups)
        case "many2many":
            return join_values(_name_of_record(target, one, lookups) for one in value)
        case "integer" | "float" | "monetary" if kind is Transform.GRADE:
            return grade_of_rank(int(value))
        case "integer" | "float" | "monetary":
            return clean_number(str(value), target.rule.decimals).value
        case "selection" if kind is Transform.GRADE:
            return _GRADE_OF_KEY.get(str(value))
        case "selection":
            return target.about.label_of(str(value)) or str(value)
        case "boolean":
            return bool(value)
        case "datetime" | "date":
            return _moment_or_day(target, str(value), options.rules.account_time_zone)
    return str(value)


_GRADE_OF_KEY = {key: grade for grade, key in GRADE_KEYS.items()}


def _as_typed(source: str, text: str, options: NormalizeOptions, country: str | None) -> Any:
    typed = converter_of(source, options)(text, country).value
    if typed is None:
        raise NoCounterpart
    return typed


def _one_text(text: str, target: OdooTarget) -> str | None:
    text = drop_control(text)
    if target.rule.kind is Transform.CHOICES:
        between = target.rule.join.strip() or target.rule.join
        return join_values(part.strip() for part in text.split(between) if part.strip())
    if target.rule.kind is not Transform.LINES:
        return " ".join(text.split()) or None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip() or None


def _moment_or_day(target: OdooTarget, text: str, zone: str) -> Any:
    as_day = target.rule.kind is Transform.DATE
    if target.type == "date":
        if not as_day and target.rule.kind is Transform.TIME:
            raise NoCounterpart  # the hour is gone
        return text[:10]
    moment = read_odoo_time(text)
    return day_in_zone(moment, zone) if as_day else moment


def _name_of_record(target: OdooTarget, value: Any, lookups: OdooLookups) -> str:
    record_id = int(value[0] if isinstance(value, list | tuple) else value)
    if target.about.relation == COUNTRIES:
        name = lookups.country_code(record_id)
    elif target.about.relation == STATES:
        place = lookups.place_of_state(record_id)
        name = place[1] if place else None
    else:
        name = lookups.table(relation_of(target)).name_of(record_id)
    if name is None:
        raise NoCounterpart
    return name


def pardot_values(
    source: str,
    value: Any,
    lookups: OdooLookups,
    options: NormalizeOptions,
    *,
    country: str | None = None,
    shown: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The members of a request body that make Pardot show a canonical value.

    What Pardot shows already in a spelling of its own ("Deutschland") stays as it is spelt.

    Args:
        source: The Pardot field of the rules.
        value: In canonical form; None clears.
        lookups: Ids and fields of this Odoo.
        options: Rules, and the names that Odoo knows.
        country: The record's country, ISO2, for its state.
        shown: The prospect as it was read, by API field; None where it was not.

    Returns:
        API field to JSON value; empty for a field that Pardot does not let anybody write.
    """
    shown = shown or {}
    if source == "full_name":
        return _names(value, shown, options)
    if not is_invertible(source):
        return {}
    if value is None:
        return {source: None}
    kind = options.rules.transform_of(source)
    spelt = shown.get(source)
    if kind is Transform.EMAIL and spelt and email_key(spelt) == email_key(value):
        return {source: spelt}
    if kind in _SPELT and isinstance(spelt, str):
        where = clean_country(canonical_text(shown.get("country"))).value
        same_place = kind is not Transform.STATE or where == country
        if same_place and converter_of(source, options)(spelt, where).value == value:
            return {source: spelt}
    return {source: _json_value(source, kind, value, lookups, options, country)}


_SPELT = frozenset(
    {
        *(Transform.TEXT, Transform.LINES, Transform.COMPANY, Transform.WEBSITE),
        *(Transform.PHONE, Transform.COUNTRY, Transform.STATE, Transform.PICKLIST),
    }
)


def _names(
    value: str | None, shown: Mapping[str, Any], options: NormalizeOptions
) -> dict[str, Any]:
    first, last = (
        converter_of(name, options)(shown[name], None).value if shown.get(name) else None
        for name in ("firstName", "lastName")
    )
    if value is not None and value == full_name(first, last, trim_email(shown.get("email"))):
        return {"firstName": shown.get("firstName"), "lastName": shown.get("lastName")}
    given, family = split_name(value, alone_is_first=bool(first and not last))
    return {"firstName": given, "lastName": family}


def _json_value(
    source: str,
    kind: Transform,
    value: Any,
    lookups: OdooLookups,
    options: NormalizeOptions,
    country: str | None,
) -> Any:
    match kind:
        case Transform.COUNTRY:
            return country_name(value) or value
        case Transform.STATE:
            state_id = lookups.state_id(country, value)
            return lookups.state_names.get(state_id or 0, value)
        case Transform.PICKLIST:
            return _renamed_back(source, options).get(str(value).casefold(), value)
        case Transform.CHOICES:
            renamed = _renamed_back(source, options)
            return [renamed.get(one.casefold(), one) for one in split_values(value)]
        case Transform.TIME:
            return api_time(value)
        case Transform.FLAG:
            is_boolean = source in OTHER_FIELDS or source in STANDARD_COLUMNS
            return value if is_boolean else _flag_text(source, value, options)
        case Transform.NUMBER if source in _NUMBERS_AS_TEXT:
            return str(value)
    return value


def _renamed_back(source: str, options: NormalizeOptions) -> dict[str, str]:
    """Lower-case name as Odoo spells it to the first Pardot value that the rules give for it."""
    spelt = options.choices.get(source, {})
    renamed: dict[str, str] = {}
    for value, name in options.rules.picklists.get(source, {}).items():
        renamed.setdefault(spelt.get(name.lower(), name).casefold(), value)
    return renamed


def _flag_text(source: str, value: bool, options: NormalizeOptions) -> str:
    text = "true" if value else "false"
    return _renamed_back(source, options).get(text, text)
