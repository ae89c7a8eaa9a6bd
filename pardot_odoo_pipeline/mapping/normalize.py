"""The normalisation of a frame of prospects.

What lives here: which transform runs on which column, in an order that lets one use the result of
another (a phone and a state need the country). What does not: the transforms, one module per kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from pardot_odoo_pipeline.mapping.companies import clean_company
from pardot_odoo_pipeline.mapping.conversion import Converted
from pardot_odoo_pipeline.mapping.emails import email_key, trim_email
from pardot_odoo_pipeline.mapping.fields import STANDARD_COLUMNS, column_of
from pardot_odoo_pipeline.mapping.names import full_name, lead_title
from pardot_odoo_pipeline.mapping.phones import clean_phone
from pardot_odoo_pipeline.mapping.picklists import (
    clean_choice,
    clean_flag,
    clean_grade,
    clean_score,
)
from pardot_odoo_pipeline.mapping.places import KnownStates, clean_country, clean_state
from pardot_odoo_pipeline.mapping.rules import Rules, Transform
from pardot_odoo_pipeline.mapping.rules_file import default_rules
from pardot_odoo_pipeline.mapping.texts import clean_lines, clean_text
from pardot_odoo_pipeline.mapping.times import parse_day, parse_time
from pardot_odoo_pipeline.mapping.websites import clean_website
from pardot_odoo_pipeline.schemas.prospects_normalized import ProspectsNormalized
from pardot_odoo_pipeline.schemas.quarantine import Findings
from pardot_odoo_pipeline.schemas.rows import plain_values

__all__ = [
    "Converter",
    "NormalizeOptions",
    "NormalizedProspects",
    "converter_of",
    "normalize_prospects",
]

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
        known_industries: The industries that Odoo has, as it spells them; None accepts every text.
    """

    rules: Rules
    known_states: KnownStates | None = None
    known_industries: Sequence[str] | None = None

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
    names = [
        *STANDARD_COLUMNS,
        *(field for field in options.rules.extra_fields if field in frame.columns),
    ]
    raw = {name: plain_values(frame[name]) for name in names}
    pass_over = [clean_flag(value).value is True for value in raw["isDeleted"]]
    findings = _FindingLog(raw["id"], pass_over)
    done: dict[str, list[Any]] = {}
    columns: dict[str, Any] = {}
    # The country first: phone and state are read in its light.
    for field in sorted(names, key=lambda name: name != "country"):
        column = column_of(field)
        kind = options.rules.transform_of(field)
        convert = converter_of(field, options)
        done[column] = findings.collect(column, raw[field], convert, done.get("country", []))
        columns[column] = pd.array(done[column], dtype=_DTYPES.get(kind, "string"))
    columns["is_deleted"] = pd.array(pass_over, dtype="boolean")
    columns["email_key"] = _strings(map(email_key, done["email"]))
    people = list(map(full_name, done["first_name"], done["last_name"], done["email"]))
    columns["full_name"] = _strings(people)
    columns["lead_title"] = _strings(map(lead_title, people, done["company"]))
    order = [name for name in ProspectsNormalized.to_schema().columns if name in columns]
    extra = [name for name in columns if name not in order]
    result = pd.DataFrame({name: columns[name] for name in (*order, *extra)})
    return NormalizedProspects(result, findings.frame())


def _strings(values: Any) -> Any:
    return pd.array(list(values), dtype="string")


Converter = Callable[[Any, str | None], Converted]
"""Takes a raw value and the record's country."""


def converter_of(field: str, options: NormalizeOptions) -> Converter:
    """The transform of one Pardot field."""
    rules = options.rules
    limit = rules.limit_of(field)
    match rules.transform_of(field):
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
            known = options.known_industries if field == "industry" else None
            names = None if known is None else {name.lower(): name for name in known}
            renamed = rules.value_map(field)
            return lambda value, country: clean_choice(value, names, renamed, limit)
        case Transform.GRADE:
            return lambda value, country: clean_grade(value)
        case Transform.NUMBER:
            return lambda value, country: clean_score(value)
        case Transform.FLAG:
            return lambda value, country: clean_flag(value)
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

    def frame(self) -> pd.DataFrame:
        """The findings, by prospect in the order of the rows, then by column."""
        place = {key: at for at, key in enumerate(self._ids)}
        ordered = sorted(self._rows, key=lambda row: place[row[0]])
        names = list(Findings.to_schema().columns)
        return pd.DataFrame(
            {
                name: pd.array([row[at] for row in ordered], dtype="string")
                for at, name in enumerate(names)
            }
        )
