"""The Odoo fields that the rules name, each with the type that decides the form of its values.

What lives here: which Pardot field goes to which Odoo field, of what type. What does not: the
conversion of values (``odoo_values.py`` towards Odoo, ``pardot_values.py`` back).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pardot_odoo_pipeline.mapping.fields import column_of
from pardot_odoo_pipeline.mapping.lookups import OdooField, OdooLookups
from pardot_odoo_pipeline.mapping.rules import FieldRule, Rules

__all__ = [
    "LEAD",
    "PARTNER",
    "OdooTarget",
    "lead_targets",
    "partner_targets",
    "type_of_target",
    "unknown_targets",
]

LEAD = "crm.lead"
PARTNER = "res.partner"


@dataclass(frozen=True)
class OdooTarget:
    """One Odoo field that a Pardot field is written to.

    Attributes:
        model: ``crm.lead`` or ``res.partner``.
        name: The Odoo field.
        about: Its type, and what else Odoo says of it.
        source: The Pardot field.
        column: The normalised column.
        rule: The rule of the Pardot field.
    """

    model: str
    name: str
    about: OdooField
    source: str
    column: str
    rule: FieldRule

    @property
    def key(self) -> str:
        """``res.partner/function``."""
        return f"{self.model}/{self.name}"

    @property
    def type(self) -> str:
        """Its type, as ``fields_get`` names it."""
        return self.about.type


# What the fields that the default rules name are, for when Odoo was not asked.
_DEFAULTS: Mapping[str, OdooField] = MappingProxyType(
    {
        "country_id": OdooField("many2one", "res.country"),
        "state_id": OdooField("many2one", "res.country.state"),
        "industry_id": OdooField("many2one", "res.partner.industry"),
        "source_id": OdooField("many2one", "utm.source"),
        "campaign_id": OdooField("many2one", "utm.campaign"),
        "medium_id": OdooField("many2one", "utm.medium"),
        "user_id": OdooField("many2one", "res.users"),
        "x_pardot_score": OdooField("integer"),
        "x_pardot_grade_rank": OdooField("integer"),
        "x_pardot_grade": OdooField("selection"),
        "x_pardot_last_activity_at": OdooField("datetime"),
        "description": OdooField("html"),
        "comment": OdooField("html"),
    }
)
_CHAR = OdooField("char")


def type_of_target(name: str, known: Mapping[str, str] = MappingProxyType({})) -> str:
    """The type of an Odoo field: as Odoo says, else as the default rules suppose, else char."""
    return known.get(name) or _DEFAULTS.get(name, _CHAR).type


def lead_targets(rules: Rules, lookups: OdooLookups) -> tuple[OdooTarget, ...]:
    """The fields of crm.lead that the rules write and Odoo has."""
    return _targets(rules, LEAD, lookups)


def partner_targets(rules: Rules, lookups: OdooLookups) -> tuple[OdooTarget, ...]:
    """The fields of res.partner that the rules write and Odoo has."""
    return _targets(rules, PARTNER, lookups)


def _targets(rules: Rules, model: str, lookups: OdooLookups) -> tuple[OdooTarget, ...]:
    known = _known_types(model, lookups)
    return tuple(
        OdooTarget(model, name, _about(model, name, lookups), source, column_of(source), rule)
        for source, rule in rules.fields.items()
        for name in rule.targets(model)
        if not known or name in known
    )


def _known_types(model: str, lookups: OdooLookups) -> Mapping[str, str]:
    return lookups.lead_fields if model == LEAD else lookups.partner_fields


def _about(model: str, name: str, lookups: OdooLookups) -> OdooField:
    told = lookups.fields.get(model, {}).get(name)
    if told is not None:
        return told
    supposed = _DEFAULTS.get(name, _CHAR)
    kind = _known_types(model, lookups).get(name, supposed.type)
    return supposed if kind == supposed.type else OdooField(kind)


def unknown_targets(rules: Rules, lookups: OdooLookups) -> tuple[str, ...]:
    """The targets that the rules name and Odoo lacks, as ``crm.lead.x_colour (from colour__c)``."""
    return tuple(
        f"{model}.{name} (from {source})"
        for source, rule in rules.fields.items()
        for model in (LEAD, PARTNER)
        for name in rule.targets(model)
        if (known := _known_types(model, lookups)) and name not in known
    )
