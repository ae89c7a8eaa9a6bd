"""The fields that a rules file names and that only we can make.

What lives here: type, size, choices and label of a mapped field whose name begins with `x_`. What
does not: putting it into Odoo (`field_installation`), and converting values (`mapping`).

The rule decides the type, because it decides what values arrive: Pardot's own type of a custom
field only says whether a text is a long one, and what the report advises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.mapping.fields import is_custom_field
from pardot_odoo_pipeline.mapping.picklists import GRADE_KEYS
from pardot_odoo_pipeline.mapping.rules import FieldRule, Rules, Transform
from pardot_odoo_pipeline.odoo.person_writes import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.provisioning.fields import FIELDS, FieldSpec

__all__ = ["mapped_fields", "names_custom_fields"]

_PREFIX = "x_"
_KINDS: Mapping[Transform, str] = {
    Transform.LINES: "text",
    Transform.CHOICES: "text",
    Transform.FLAG: "boolean",
    Transform.DATE: "date",
    Transform.TIME: "datetime",
}
_BETTER: Mapping[str, Transform] = {
    "number": Transform.NUMBER,
    "date": Transform.DATE,
    "checkbox": Transform.FLAG,
    "dropdown": Transform.PICKLIST,
    "radio button": Transform.PICKLIST,
    "multi-select": Transform.CHOICES,
}


def names_custom_fields(rules: Rules) -> bool:
    """Whether a field that may have to be made shows a custom field of Pardot's."""
    return any(is_custom_field(source) for source, _, _, _ in _targets(rules))


def mapped_fields(
    rules: Rules, definitions: Iterable[Mapping[str, Any]] = ()
) -> tuple[FieldSpec, ...]:
    """What the rules want made, without what is made anyway.

    Args:
        rules: The rules file.
        definitions: Custom fields as `PardotClient.custom_fields` returns them.
    """
    about = {f"{row['fieldId']}__c": row for row in definitions}
    made: dict[tuple[str, str], FieldSpec] = {}
    for source, rule, model, name in _targets(rules):
        # Of two sources for one field the rules file complains itself.
        made.setdefault((model, name), _spec(rules, source, rule, model, name, about.get(source)))
    return tuple(made.values())


def _targets(rules: Rules) -> Iterable[tuple[str, FieldRule, str, str]]:
    ours = {(spec.model, spec.name) for spec in FIELDS}
    for source, rule in rules.fields.items():
        for model, names in ((LEAD, rule.lead), (PARTNER, rule.partner)):
            for name in names:
                if name.startswith(_PREFIX) and (model, name) not in ours:
                    yield source, rule, model, name


def _spec(
    rules: Rules,
    source: str,
    rule: FieldRule,
    model: str,
    name: str,
    about: Mapping[str, Any] | None,
) -> FieldSpec:
    pardot_type = str((about or {}).get("type") or "").lower()
    choices = _choices(rules, source, rule, name)
    kind = _kind(rule, name, pardot_type, choices)
    words = str((about or {}).get("name") or name.removeprefix(_PREFIX).replace("_", " ").title())
    return FieldSpec(
        model,
        name,
        words,
        kind,
        help=f"Shows {source} of the prospect in Pardot.",
        size=rules.limit_of(source) if kind == "char" else 0,
        index=rule.index,
        selection=choices if kind == "selection" else (),
        mapped=True,
        advice=_advice(source, rule, pardot_type),
    )


def _kind(rule: FieldRule, name: str, pardot_type: str, choices: Sequence[tuple[str, str]]) -> str:
    if rule.kind is Transform.NUMBER:
        return "float" if rule.decimals else "integer"
    if rule.kind is Transform.GRADE:
        return "integer" if name.endswith("_rank") else "selection"
    if rule.kind is Transform.PICKLIST and choices:
        return "selection"
    if rule.kind is Transform.TEXT and pardot_type == "textarea":
        return "text"
    return _KINDS.get(rule.kind, "char")


def _choices(rules: Rules, source: str, rule: FieldRule, name: str) -> tuple[tuple[str, str], ...]:
    """Keys and labels: Pardot tells no allowed values, so they are those of the value map."""
    if rule.kind is Transform.GRADE and not name.endswith("_rank"):
        return tuple((key, grade) for grade, key in GRADE_KEYS.items())
    if rule.kind is not Transform.PICKLIST:
        return ()
    labels = dict.fromkeys(rules.picklists.get(source, {}).values())
    if rule.default is not None and labels:
        labels.setdefault(rule.default)
    taken: dict[str, str] = {}
    for label in labels:
        key = base = re.sub(r"\W+", "_", label.strip().lower()).strip("_") or "value"
        number = 2
        while key in taken:
            key, number = f"{base}_{number}", number + 1
        taken[key] = label
    return tuple(taken.items())


def _advice(source: str, rule: FieldRule, pardot_type: str) -> str:
    better = _BETTER.get(pardot_type)
    if better is None or rule.kind is not Transform.TEXT:
        return ""
    return (
        f"{source} is a {pardot_type} in Pardot: with `transform: {better.value}` it is one in "
        "Odoo too"
    )
