"""Whether the rules fit both systems: fields that are not there, of another type, or read-only.

What lives here: the comparison, and a proposal for each problem. What does not: reading what the
systems have (`odoo.reference`, `pardot.client`) and mistakes within the file (``rules_file.py``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.fields import READ_ONLY, is_custom_field
from pardot_odoo_pipeline.mapping.lookups import OdooField, OdooLookups
from pardot_odoo_pipeline.mapping.rules import (
    Direction,
    FieldRule,
    Rules,
    Transform,
    UnknownPolicy,
)
from pardot_odoo_pipeline.mapping.targets import LEAD, PARTNER
from pardot_odoo_pipeline.mapping.type_fit import FITTING_TYPES, TRANSFORM_FOR

__all__ = [
    "SchemaProblem",
    "check_schema",
    "needs_definitions",
    "schema_problems",
]

Place = tuple[str, ...]


@dataclass(frozen=True)
class SchemaProblem:
    """One rule that does not fit.

    Attributes:
        source: The Pardot field of the rule.
        place: The rule's path in the file.
        cause: What is wrong.
        fix: A proposal.
    """

    source: str
    place: Place
    cause: str
    fix: str


def needs_definitions(rules: Rules) -> bool:
    """Whether the definitions of Pardot's custom fields matter: each costs a call to read."""
    return any(is_custom_field(source) for source in _used(rules))


def check_schema(
    rules: Rules,
    lookups: OdooLookups,
    definitions: Iterable[Mapping[str, Any]] = (),
    places: Mapping[Place, str] = MappingProxyType({}),
) -> None:
    """Refuse rules that do not fit the systems, before anything is written.

    Args:
        rules: The rules file.
        lookups: What this Odoo has.
        definitions: Pardot's custom fields: ``fieldId, type, isRecordMultipleResponses``.
        places: Path in the rules file -> ``file:line``; an unknown one is not named.

    Raises:
        ConfigurationError: At least one rule does not fit; the cause names all of them.
    """
    problems = schema_problems(rules, lookups, definitions)
    if not problems:
        return
    told = [f"{_where(problem.place, places)}{problem.cause}" for problem in problems]
    fixes = dict.fromkeys(problem.fix for problem in problems)
    raise ConfigurationError(
        "; ".join(told),
        fix="; ".join(fixes),
        code="schema_mismatch",
    )


def _where(place: Place, places: Mapping[Place, str]) -> str:
    for length in range(len(place), 0, -1):
        found = places.get(place[:length])
        if found:
            return f"{found}: "
    return ""


def schema_problems(
    rules: Rules, lookups: OdooLookups, definitions: Iterable[Mapping[str, Any]] = ()
) -> list[SchemaProblem]:
    """Every rule that does not fit, in the order of the file."""
    custom = {f"{row['fieldId']}__c": row for row in definitions}
    problems: list[SchemaProblem] = []
    for source in _used(rules):
        rule = rules.fields[source]
        problems.extend(_pardot_problems(source, rule, custom))
        for model in (LEAD, PARTNER):
            for name in rule.targets(model):
                problems.extend(_odoo_problems(source, rule, model, name, rules, lookups))
    return problems


def _used(rules: Rules) -> Iterator[str]:
    return (source for source, rule in rules.fields.items() if rule.lead or rule.partner)


def _holds_several(definition: Mapping[str, Any]) -> bool:
    kind = str(definition.get("type") or "").lower()
    return kind in ("checkbox", "multi-select") or bool(definition.get("isRecordMultipleResponses"))


def _pardot_problems(
    source: str, rule: FieldRule, custom: Mapping[str, Mapping[str, Any]]
) -> Iterator[SchemaProblem]:
    place: Place = ("fields", source)
    writes = rule.direction is not Direction.TO_ODOO
    if writes and source in READ_ONLY:
        yield SchemaProblem(
            source,
            (*place, "direction"),
            f"'{source}' is read-only in Pardot and cannot flow '{rule.direction}'",
            "Set `direction: to_odoo`",
        )
    if not is_custom_field(source):
        return
    about = custom.get(source)
    if about is None:
        yield SchemaProblem(
            source,
            place,
            f"Pardot has no prospect field '{source}'",
            _nearest(source, custom) or "Correct the name, or make the field in Pardot",
        )
        return
    kind = str(about.get("type") or "").lower()
    if _holds_several(about):
        fits = {Transform.CHOICES, Transform.FLAG}
        proposal = Transform.CHOICES
    elif kind in _PARDOT_TYPES:
        fits, proposal = _PARDOT_TYPES[kind]
    else:
        return
    if rule.kind not in fits and (writes or Transform.CHOICES in fits):
        yield SchemaProblem(
            source,
            (*place, "transform"),
            f"'{source}' is a {kind} in Pardot, which the transform '{rule.kind}' does not fit",
            f"Set `transform: {proposal}`"
            + ("" if Transform.CHOICES in fits else ", or `direction: to_odoo`"),
        )


_PARDOT_TYPES: Mapping[str, tuple[set[Transform], Transform]] = MappingProxyType(
    {
        "number": ({Transform.NUMBER}, Transform.NUMBER),
        "date": ({Transform.DATE}, Transform.DATE),
    }
)

# Sets that people and the lists fill too: the field's value would be the whole set.
_SHARED_SETS = frozenset({"tag_ids", "category_id"})
_NOT_MADE_BY_NAME = frozenset({"res.users", "res.partner", "res.country", "res.country.state"})


def _odoo_problems(
    source: str, rule: FieldRule, model: str, name: str, rules: Rules, lookups: OdooLookups
) -> Iterator[SchemaProblem]:
    known = lookups.fields.get(model)
    if not known:
        return
    place: Place = ("fields", source, "lead" if model == LEAD else "partner")
    about = known.get(name)
    field = f"{model}.{name}"
    if about is None:
        yield SchemaProblem(source, place, f"Odoo has no field {field}", _missing(name, known))
        return
    if about.is_read_only and rule.direction is not Direction.TO_PARDOT:
        yield SchemaProblem(
            source,
            place,
            f"{field} is read-only in Odoo and cannot take '{source}'",
            "Set `direction: to_pardot`, or map to another field",
        )
    if name in _SHARED_SETS:
        yield SchemaProblem(
            source,
            place,
            f"{field} holds tags of people's own, which '{source}' would replace",
            f"Map to a field of its own, such as x_{name}, or to a text field",
        )
    if about.type not in FITTING_TYPES[rule.kind]:
        proposed = TRANSFORM_FOR.get(about.type)
        fits = proposed is not None and source not in _FIXED
        yield SchemaProblem(
            source,
            place,
            f"{field} is a {about.type}, which the transform '{rule.kind}' does not fit",
            f"Set `transform: {proposed}`" if fits else "Map to a field of another type",
        )
        return
    yield from _choice_problems(source, rule, place, about, field, rules)
    longest = rules.limit_of(source)
    if about.size and rule.kind in _CUT and longest > about.size:
        yield SchemaProblem(
            source,
            place,
            f"{field} keeps {about.size} characters, the rule lets {longest} pass",
            f"Set `limit: {about.size}`",
        )


_CUT = frozenset({Transform.TEXT, Transform.LINES, Transform.COMPANY, Transform.WEBSITE})
_FIXED = frozenset({"id", "email", "country", "state", "full_name", "lead_title"})


def _missing(name: str, known: Mapping[str, OdooField]) -> str:
    near = _nearest(name, known)
    if name.startswith("x_"):
        return f"{near} Run `pardot-odoo provision`, which makes it".strip()
    return near or "Correct the name, or make the field in Odoo"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"Did you mean '{near[0]}'?" if near else ""


def _choice_problems(
    source: str, rule: FieldRule, place: Place, about: OdooField, field: str, rules: Rules
) -> Iterator[SchemaProblem]:
    creates = rule.unknown is UnknownPolicy.CREATE
    if creates and about.type == "selection":
        yield SchemaProblem(
            source,
            (*place[:2], "unknown"),
            f"The choices of {field} are made by an administrator, not by a sync",
            "Set `unknown: default` or `hold`, and let `pardot-odoo provision` make the choices",
        )
    if creates and about.relation in _NOT_MADE_BY_NAME:
        yield SchemaProblem(
            source,
            (*place[:2], "unknown"),
            f"Records of {about.relation} are never made from a name alone",
            "Set `unknown: default` or `hold`",
        )
    if about.type != "selection" or rule.kind is Transform.GRADE:
        return
    offered = ", ".join(key for key, _ in about.selection)
    for value, target in rules.picklists.get(source, {}).items():
        if about.key_of(target) is None:
            yield SchemaProblem(
                source,
                ("picklists", source, value),
                f"{field} does not offer '{target}'",
                f"Choose one of {offered}",
            )
    if rule.default is not None and about.key_of(rule.default) is None:
        yield SchemaProblem(
            source,
            (*place[:2], "default"),
            f"{field} does not offer '{rule.default}'",
            f"Choose one of {offered}",
        )
