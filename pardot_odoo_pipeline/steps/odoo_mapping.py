"""The rules, applied to one Odoo: what each prospect should look like there.

What lives here: the meeting of the rules with an Odoo's ids and fields. What does not: the
conversion of values (`mapping`) and the reading of reference data (`odoo.reference`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.odoo_values import (
    OdooLookups,
    OdooTarget,
    RowWriter,
    lead_targets,
    partner_targets,
    row_writer,
    unknown_targets,
)
from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Rules
from pardot_odoo_pipeline.mapping.same_value import is_empty, same_value
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.reference import OdooReference

__all__ = ["OdooMapping"]

_NUMBERS = frozenset({"integer", "float", "monetary"})


class OdooMapping:
    """Desired values, and what the rules say of each Odoo field.

    Args:
        rules: The rules file.
        lookups: Ids and fields of this Odoo.

    Raises:
        ConfigurationError: The rules name a field that this Odoo does not have.
    """

    def __init__(self, rules: Rules, lookups: OdooLookups) -> None:
        missing = unknown_targets(rules, lookups)
        if missing:
            raise _missing_fields(missing)
        self._rules = rules
        self._lookups = lookups

    @cached_property
    def _targets(self) -> dict[str, dict[str, OdooTarget]]:
        return {
            LEAD: {target.name: target for target in lead_targets(self._rules, self._lookups)},
            PARTNER: {
                target.name: target for target in partner_targets(self._rules, self._lookups)
            },
        }

    @classmethod
    def of(cls, rules: Rules, reference: OdooReference) -> OdooMapping:
        """The mapping for an Odoo whose reference data was read.

        Sources and campaigns are shared with ``reference``, so that those created later are found.
        """
        return cls(
            rules,
            OdooLookups(
                countries=reference.countries,
                states=reference.states,
                industries={name.lower(): n for name, n in reference.industries.items()},
                sources=reference.sources,
                campaigns=reference.campaigns,
                lead_fields=reference.lead_fields,
                partner_fields=reference.partner_fields,
                stage_id=reference.stage_id,
                team_id=reference.team_id,
            ),
        )

    @cached_property
    def _writers(self) -> dict[str, RowWriter]:
        return {
            model: row_writer(targets.values(), self._lookups)
            for model, targets in self._targets.items()
        }

    def lead_twins(self) -> Mapping[str, str]:
        """Field of a contact to the lead's field that shows the same of a person."""
        return self._twins

    @cached_property
    def _twins(self) -> dict[str, str]:
        leads = {(t.column, t.type): t.name for t in self._targets[LEAD].values()}
        return {
            target.name: leads[target.column, target.type]
            for target in self._targets[PARTNER].values()
            if (target.column, target.type) in leads and not target.name.startswith("x_")
        }

    def desired(self, row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """What lead and contact should show of one normalised prospect, in RPC form."""
        return {model: write(row) for model, write in self._writers.items()}

    def new_lead_values(self) -> dict[str, Any]:
        """What a new lead is given beside the mapped fields.

        Explicit, because Odoo's defaults are the calling user as salesperson, a type that depends
        on that user's groups, and on 19 one search per lead for its stage.
        """
        values: dict[str, Any] = {"type": "lead", "user_id": False}
        if self._lookups.stage_id:
            values["stage_id"] = self._lookups.stage_id
        if self._lookups.team_id:
            values["team_id"] = self._lookups.team_id
        return values

    def read_fields(self, model: str) -> list[str]:
        """The mapped fields of a model."""
        return sorted(self._targets[model])

    def read_back(self) -> dict[str, list[str]]:
        """The fields whose values are asked for after a write."""
        return {model: self.read_fields(model) for model in (LEAD, PARTNER)}

    @staticmethod
    def write_context() -> dict[str, Any]:
        """Odoo's context for our writes.

        The creation message alone is three quarters of the cost of a new lead, and tells
        salespeople nothing; English makes names of reference data comparable.
        """
        return {"lang": "en_US", "tracking_disable": True, "mail_create_nosubscribe": True}

    def authority(self, model: str, field: str) -> Authority:
        """Whose value wins."""
        return self._rules.authority_of(self._targets[model][field].source, field)

    def blank(self, model: str, field: str) -> BlankPolicy:
        """What a blank in Pardot does."""
        return self._targets[model][field].rule.blank

    def same(self, model: str, field: str, ours: Any, theirs: Any) -> bool:
        """Equality through the mapping."""
        return same_value(self._targets[model][field].type, ours, theirs, name=field)

    def is_blank(self, model: str, field: str, value: Any) -> bool:
        """Whether a value is empty."""
        return is_empty(self._targets[model][field].type, value)

    def is_unset(self, model: str, field: str, value: Any) -> bool:
        """Whether Odoo shows what it shows for a field that was never set."""
        kind = self._targets[model][field].type
        return is_empty(kind, value) or (kind in _NUMBERS and not value)


def _missing_fields(missing: Sequence[str]) -> ConfigurationError:
    if all(".x_pardot_" in name for name in missing):
        return ConfigurationError(
            f"Odoo is not provisioned: it lacks {len(missing)} fields such as {missing[0]}",
            fix="Run `pardot-odoo provision` once as an administrator of Odoo",
            code="not_provisioned",
        )
    return ConfigurationError(
        f"The rules file names fields that Odoo does not have: {', '.join(missing)}",
        fix="Correct the field map; `pardot-odoo provision` makes those that begin with x_pardot_",
        code="odoo_field_missing",
    )
