"""The normalisation of a frame of prospects.

What lives here: which transform runs on which column, in an order that lets one use the result of
another (a phone and a state need the country). What does not: the transforms, one module per kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from pardot_odoo_pipeline.mapping.canonical import UNREAD_COLUMN
from pardot_odoo_pipeline.mapping.companies import clean_company
from pardot_odoo_pipeline.mapping.conversion import Converted
from pardot_odoo_pipeline.mapping.emails import email_key, trim_email
from pardot_odoo_pipeline.mapping.fields import STANDARD_COLUMNS, column_of
from pardot_odoo_pipeline.mapping.names import full_name, lead_title
from pardot_odoo_pipeline.mapping.numbers import clean_number
from pardot_odoo_pipeline.mapping.phones import clean_phone
from pardot_odoo_pipeline.mapping.picklists import (
    clean_choice,
    clean_choices,
    clean_flag,
    clean_grade,
)
from pardot_odoo_pipeline.mapping.places import KnownStates, clean_country, clean_state
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.rules import Rules, Transform
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.mapping.text_steps import apply_steps
from pardot_odoo_pipeline.mapping.texts import clean_lines, clean_text
from pardot_odoo_pipeline.mapping.times import parse_day, parse_time
from pardot_odoo_pipeline.mapping.websites import clean_website
from pardot_odoo_pipeline.schemas.prospects_normalized import ProspectsNormalized
from pardot_odoo_pipeline.schemas.quarantine import Findings
from pardot_odoo_pipeline.schemas.rows import plain_values, text_array

__all__ = [
    "Converter",
    "NormalizeOptions",
    "NormalizedProspects",
    "converter_of",
    "normalize_prospects",
]

_TEXT = "string"

_DTYPES: Mapping[Transform, Any] = {
    Transform.NUMBER: "Int64",
    Transform.FLAG: "boolean",
    Transform.TIME: pd.DatetimeTZDtype(unit="us", tz="UTC"),
}


@dataclass(frozen=True)
class NormalizeOptions:
    """What normalisation depends on beside the values.

    Attributes:
        rules: The rules file: transforms, limits, value maps, default country, account time zone.
        known_states: The states that Odoo has; None accepts every state of ISO 3166-2.
        choices: Pardot field -> (lower-case name -> name as Odoo spells it) for the fields whose
            values Odoo limits; every other field accepts every text.
    """

    rules: Rules
    known_states: KnownStates | None = None
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def standard(cls) -> NormalizeOptions:
        """The options without a rules file and without an Odoo."""
        return cls(rules=default_rules())


class NormalizedProspects(NamedTuple):
    """Prospects in canonical form, and what was found on the way.

    Attributes:
        frame: Under ``ProspectsNormalized``, one row for each row that went in, same order.
        findings: Under ``Findings``: ``prospect_id, field, code, raw``. None for people in the
            recycle bin.
    """

    frame: pd.DataFrame
    findings: pd.DataFrame


def normalize_prospects(frame: pd.DataFrame, options: NormalizeOptions) -> NormalizedProspects:
    """Bring validated prospects into canonical, typed form.

    Args:
        frame: Under ``ProspectsValidated``.
        options: Rules and what Odoo knows.
    """
    rules = options.rules
    names = [*STANDARD_COLUMNS, *rules.extra_fields]
    size = len(frame)
    raw: dict[str, list[Any]] = {
        name: plain_values(frame[name]) if name in frame.columns else [None] * size
        for name in names
    }
    unread = _unread(frame, names)
    pass_over = [clean_flag(value).value is True for value in raw["isDeleted"]]
    findings = _FindingLog(raw["id"], pass_over)
    done: dict[str, list[Any]] = {}
    columns: dict[str, Any] = {}
    # The country first: phone and state are read in its light.
    for field_name in sorted(names, key=lambda name: name != "country"):
        column = column_of(field_name)
        convert = converter_of(field_name, options)
        done[column] = findings.collect(column, raw[field_name], convert, done.get("country", []))
        dtype = _dtype(field_name, rules)
        values = done[column]
        columns[column] = text_array(values) if dtype == _TEXT else pd.array(values, dtype=dtype)
    columns["is_deleted"] = pd.array(pass_over, dtype="boolean")
    columns["email_key"] = text_array(map(email_key, done["email"]))
    people = list(map(full_name, done["first_name"], done["last_name"], done["email"]))
    columns["full_name"] = text_array(people)
    columns["lead_title"] = text_array(map(lead_title, people, done["company"]))
    columns[UNREAD_COLUMN] = text_array(unread)
    for required in rules.required_fields:
        values = done.get(column_of(required), people)
        findings.miss(column_of(required), required, values, unread)
    order = [name for name in ProspectsNormalized.to_schema().columns if name in columns]
    extra = [name for name in columns if name not in order]
    result = pd.DataFrame({name: columns[name] for name in (*order, *extra)})
    return NormalizedProspects(result, findings.frame())


def _unread(frame: pd.DataFrame, names: Sequence[str]) -> list[str | None]:
    """Per row the fields that were not read; a column that lacks was read of nobody."""
    absent = [name for name in names if name not in frame.columns]
    if UNREAD_COLUMN not in frame.columns:
        return [" ".join(absent) or None] * len(frame)
    told = plain_values(frame[UNREAD_COLUMN])
    return [" ".join(dict.fromkeys((*(row or "").split(), *absent))) or None for row in told]


def _dtype(name: str, rules: Rules) -> Any:
    kind = rules.transform_of(name)
    if kind is Transform.NUMBER and name in rules.fields and rules.fields[name].decimals:
        return "Float64"
    return _DTYPES.get(kind, _TEXT)


Converter = Callable[[Any, str | None], Converted]
"""Takes a raw value and the record's country."""


def converter_of(name: str, options: NormalizeOptions) -> Converter:
    """The transforms of one Pardot field, one after the other."""
    convert = _kind_converter(name, options)
    rule = options.rules.fields.get(name)
    if rule is None or not rule.steps:
        return convert
    steps, limit = rule.steps, options.rules.limit_of(name)

    def in_turn(value: Any, country: str | None) -> Converted[Any]:
        found = convert(value, country)
        if found.value is None:
            return found
        text, cut = apply_steps(found.value, steps, limit)
        return Converted(text, (*found.findings, *cut))

    return in_turn


def _kind_converter(name: str, options: NormalizeOptions) -> Converter:
    rules = options.rules
    limit = rules.limit_of(name)
    known = options.choices.get(name)
    renamed = rules.value_map(name)
    match rules.transform_of(name):
        case Transform.IDENTITY:
            return lambda value, country: Converted(value)
        case Transform.EMAIL:
            return lambda value, country: Converted(trim_email(value))
        case Transform.PHONE:
            home = rules.default_country
            return lambda value, country: clean_phone(value, country or home)
        case Transform.COMPANY:
            return lambda value, country: clean_company(value, limit)
        case Transform.LINES:
            return lambda value, country: clean_lines(value, limit)
        case Transform.COUNTRY:
            return lambda value, country: clean_country(value)
        case Transform.STATE:
            return _state_converter(options.known_states)
        case Transform.WEBSITE:
            return lambda value, country: clean_website(value, limit)
        case Transform.PICKLIST:
            return lambda value, country: clean_choice(value, known, renamed, limit)
        case Transform.CHOICES:
            return lambda value, country: clean_choices(value, known, renamed, limit)
        case Transform.GRADE:
            return lambda value, country: clean_grade(value)
        case Transform.NUMBER:
            decimals = rules.fields[name].decimals if name in rules.fields else 0
            return lambda value, country: clean_number(value, decimals)
        case Transform.FLAG:
            return lambda value, country: clean_flag(value, renamed)
        case Transform.DATE:
            zone = rules.account_time_zone
            return lambda value, country: parse_day(value, zone)
        case Transform.TIME:
            zone = rules.account_time_zone
            return lambda value, country: parse_time(value, zone)
        case _:
            return lambda value, country: clean_text(value, limit)


def _state_converter(known: KnownStates | None) -> Converter:
    # For this frame only: the states of an Odoo are no fit key for a lasting cache.
    seen: dict[tuple[str | None, str], Converted[str]] = {}

    def convert(value: Any, country: str | None) -> Converted[str]:
        key = (country, value)
        if key not in seen:
            seen[key] = clean_state(value, country, known)
        return seen[key]

    return convert


class _FindingLog:
    """Collects findings while columns are converted; one per prospect, field and code."""

    def __init__(self, ids: list[str], pass_over: list[bool]) -> None:
        self._ids = ids
        self._pass_over = pass_over
        self._rows: list[tuple[str, str, str, str | None]] = []

    def collect(
        self, column: str, raw: list[Any], convert: Converter, countries: list[str | None]
    ) -> list[Any]:
        """Convert one column; its findings are kept, its values returned."""
        values: list[Any] = []
        for at, value in enumerate(raw):
            if value is None:
                values.append(None)
                continue
            outcome = convert(value, countries[at] if countries else None)
            values.append(outcome.value)
            if outcome.findings and not self._pass_over[at]:
                self._rows.extend(
                    (self._ids[at], column, code.value, value)
                    for code in dict.fromkeys(outcome.findings)
                )
        return values

    def miss(
        self, column: str, name: str, values: Sequence[Any], unread: Sequence[str | None]
    ) -> None:
        """Note where a required field is blank although it was read."""
        self._rows.extend(
            (self._ids[at], column, FindingCode.REQUIRED_MISSING.value, None)
            for at, value in enumerate(values)
            if value is None and not self._pass_over[at] and name not in (unread[at] or "").split()
        )

    def frame(self) -> pd.DataFrame:
        """The findings, by prospect in the order of the rows, then by column."""
        place = {key: at for at, key in enumerate(self._ids)}
        ordered = sorted(self._rows, key=lambda row: place[row[0]])
        names = list(Findings.to_schema().columns)
        return pd.DataFrame(
            {name: text_array(row[at] for row in ordered) for at, name in enumerate(names)}
        )
