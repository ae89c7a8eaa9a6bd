"""What the mapped fields offer to choose from, and what of it is not known yet.

What lives here: pure questions over rules, tables and rows. What does not: asking Odoo
(`odoo.reference`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pardot_odoo_pipeline.mapping.lookups import INDUSTRIES, OdooLookups, Relation
from pardot_odoo_pipeline.mapping.normalize import NormalizeOptions, converter_of
from pardot_odoo_pipeline.mapping.odoo_values import COUNTRIES, STATES, relation_of
from pardot_odoo_pipeline.mapping.picklists import split_values
from pardot_odoo_pipeline.mapping.rules import Transform, UnknownPolicy
from pardot_odoo_pipeline.mapping.targets import OdooTarget

__all__ = ["known_choices", "missing_names", "relations_of", "unknown_ids", "unknown_names"]

_CLOSED = frozenset({Transform.PICKLIST, Transform.CHOICES})
_READ_IN_FULL = frozenset({COUNTRIES, STATES, INDUSTRIES.model})

Needs = dict[Relation, set[Any]]


def known_choices(targets: Iterable[OdooTarget], lookups: OdooLookups) -> dict[str, dict[str, str]]:
    """Pardot field to (lower-case name to the name as Odoo spells it), where Odoo limits it."""
    known: dict[str, dict[str, str]] = {}
    for target in targets:
        if target.rule.kind not in _CLOSED or target.rule.unknown is UnknownPolicy.CREATE:
            continue
        if target.type == "selection" and target.about.selection:
            labels = {label.lower(): label for _, label in reversed(target.about.selection)}
            keys = {key.lower(): label for key, label in target.about.selection}
            known.setdefault(target.source, {}).update(labels | keys)
        elif _chooses_records(target):
            table = lookups.table(relation_of(target))
            names = {name.lower(): name for name in table}
            known.setdefault(target.source, {}).update(names)
    return known


def relations_of(targets: Iterable[OdooTarget]) -> set[Relation]:
    """The records of other models that the fields choose from, countries and states excepted."""
    return {relation_of(target) for target in targets if _chooses_records(target)}


def unknown_names(
    targets: Iterable[OdooTarget],
    lookups: OdooLookups,
    raw: Mapping[str, Iterable[Any]],
    options: NormalizeOptions,
) -> Needs:
    """The names in raw prospects for which no record is known, by relation.

    Args:
        targets: The mapped Odoo fields.
        lookups: Ids and fields of this Odoo.
        raw: Pardot field to its values as text.
        options: The rules that values are normalised by.
    """
    needs: Needs = defaultdict(set)
    plain = NormalizeOptions(options.rules, options.known_states)
    for target in targets:
        relation = relation_of(target)
        if (
            not _chooses_records(target)
            or relation.model in _READ_IN_FULL
            or target.rule.unknown is UnknownPolicy.CREATE
        ):
            continue
        convert = converter_of(target.source, plain)
        values = {value for value in raw.get(target.source, ()) if value}
        found = (convert(value, None).value for value in values)
        needs[relation] |= _absent(target, found, lookups)
    return {relation: names for relation, names in needs.items() if names}


def missing_names(
    targets: Iterable[OdooTarget], lookups: OdooLookups, rows: Iterable[Mapping[str, Any]]
) -> Needs:
    """The names in normalised prospects whose records the rules want to be made, by relation."""
    wanted = [
        target
        for target in targets
        if _chooses_records(target) and target.rule.unknown is UnknownPolicy.CREATE
    ]
    values: dict[str, set[Any]] = {target.column: set() for target in wanted}
    for row in rows:
        for column, found in values.items():
            found.add(row.get(column))
    needs: Needs = defaultdict(set)
    for target in wanted:
        needs[relation_of(target)] |= _absent(target, values[target.column], lookups)
    return {relation: names for relation, names in needs.items() if names}


def unknown_ids(
    targets: Iterable[OdooTarget], lookups: OdooLookups, records: Iterable[Mapping[str, Any]]
) -> Needs:
    """The records that Odoo values point to and whose names are not known, by relation."""
    wanted = [target for target in targets if _chooses_records(target)]
    needs: Needs = defaultdict(set)
    for record in records:
        for target in wanted:
            held = record.get(target.name)
            table = lookups.table(relation_of(target))
            for one in held if isinstance(held, list) else [held]:
                if one and table.name_of(one) is None:
                    needs[relation_of(target)].add(one)
    return {relation: ids for relation, ids in needs.items() if ids}


def _chooses_records(target: OdooTarget) -> bool:
    if target.type not in ("many2one", "many2many"):
        return False
    return target.rule.kind not in (Transform.COUNTRY, Transform.STATE)


def _absent(target: OdooTarget, values: Iterable[Any], lookups: OdooLookups) -> set[str]:
    table = lookups.table(relation_of(target))
    several = target.rule.kind is Transform.CHOICES
    names = {
        name for value in values if value for name in (split_values(value) if several else [value])
    }
    return {name for name in names if name not in table}
