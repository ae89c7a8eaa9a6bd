"""The rules, applied to one Odoo: what each prospect should look like there.

What lives here: the meeting of the rules with an Odoo's ids and fields. What does not: the
conversion of values (`mapping`) and the reading of reference data (`odoo.reference`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.canonical import UNREAD_COLUMN
from pardot_odoo_pipeline.mapping.choices import (
    known_choices,
    missing_names,
    relations_of,
    unknown_ids,
    unknown_names,
)
from pardot_odoo_pipeline.mapping.lookups import OdooLookups, Relation
from pardot_odoo_pipeline.mapping.normalize import NormalizeOptions
from pardot_odoo_pipeline.mapping.odoo_values import (
    RowWriter,
    empty_value,
    row_writer,
)
from pardot_odoo_pipeline.mapping.pardot_values import (
    is_invertible,
)
from pardot_odoo_pipeline.mapping.places import KnownStates
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.same_value import is_empty, normal_form, same_value
from pardot_odoo_pipeline.mapping.targets import (
    OdooTarget,
    lead_targets,
    partner_targets,
    unknown_targets,
)
from pardot_odoo_pipeline.merge.cells import Convert, FieldPolicy
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.reference import OdooReference
from pardot_odoo_pipeline.schemas.rows import plain_values
from pardot_odoo_pipeline.steps.cell_values import MADE_OF, CellValues, Record

__all__ = ["OdooMapping"]

_NUMBERS = frozenset({"integer", "float", "monetary"})


class OdooMapping:
    """Desired values, the way back, and what the rules say of each Pardot field.

    A *cell* is one Odoo field that shows a Pardot field, its key ``res.partner/function``.

    Args:
        rules: The rules file.
        lookups: Ids and fields of this Odoo.
        known_states: The states that Odoo has; None accepts every state of ISO 3166-2.

    Raises:
        ConfigurationError: The rules name a field that this Odoo does not have.
    """

    def __init__(
        self, rules: Rules, lookups: OdooLookups, known_states: KnownStates | None = None
    ) -> None:
        missing = unknown_targets(rules, lookups)
        if missing:
            raise _missing_fields(missing)
        self._rules = rules
        self._lookups = lookups
        self._known_states = known_states
        self._silenced: dict[str, tuple[OdooTarget, ...]] = {}
        self._options_of: tuple[int, NormalizeOptions] = (-1, NormalizeOptions(rules))

    @cached_property
    def _targets(self) -> dict[str, dict[str, OdooTarget]]:
        return {
            LEAD: {target.name: target for target in lead_targets(self._rules, self._lookups)},
            PARTNER: {
                target.name: target for target in partner_targets(self._rules, self._lookups)
            },
        }

    @cached_property
    def _cells(self) -> dict[str, OdooTarget]:
        return {t.key: t for targets in self._targets.values() for t in targets.values()}

    @classmethod
    def of(cls, rules: Rules, reference: OdooReference) -> OdooMapping:
        """The mapping for an Odoo whose reference data was read.

        Sources and campaigns are shared with ``reference``, so that those created later are found.
        """
        lookups = OdooLookups(
            countries=reference.countries,
            states=reference.states,
            state_names=reference.state_names,
            industries=reference.industries,
            sources=reference.sources,
            campaigns=reference.campaigns,
            lead_fields=reference.lead_fields,
            partner_fields=reference.partner_fields,
            fields=reference.fields,
            relations=reference.relations,
            stage_id=reference.stage_id,
            team_id=reference.team_id,
        )
        mapping = cls(rules, lookups, reference.state_codes)
        reference.read_tables(mapping.relations())
        return mapping

    def relations(self) -> set[Relation]:
        """The records of other models that mapped fields choose from."""
        return relations_of(self._cells.values())

    @property
    def lookups(self) -> OdooLookups:
        """What this Odoo has."""
        return self._lookups

    @property
    def options(self) -> NormalizeOptions:
        """What normalisation is told of the rules and of this Odoo, as far as it is known now."""
        size = self._lookups.known_names
        if self._options_of[0] != size:
            choices = known_choices(self._cells.values(), self._lookups)
            made = NormalizeOptions(self._rules, self._known_states, choices)
            self._options_of = (size, made)
        return self._options_of[1]

    @cached_property
    def _writers(self) -> dict[str, RowWriter]:
        zone = self._rules.account_time_zone
        return {
            model: row_writer(targets.values(), self._lookups, zone)
            for model, targets in self._targets.items()
        }

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """Pardot field to the cells that show it, the contact's before the lead's."""
        return self._sources

    @cached_property
    def _sources(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for model in (PARTNER, LEAD):
            for target in self._targets[model].values():
                found[target.source] = (*found.get(target.source, ()), target.key)
        return {source: found[source] for source in self._rules.fields if source in found}

    def policy(self, source: str) -> FieldPolicy:
        """Direction, authority and blank policy of a Pardot field."""
        from pardot_odoo_pipeline.merge.cells import FieldPolicy

        rule = self._rules.fields[source]
        return FieldPolicy(rule.direction, rule.authority, rule.blank, is_invertible(source))

    def desired(self, row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """What lead and contact should show of one normalised prospect, in RPC form.

        Fields of which the row tells nothing are left out: not read, or held by the rules.
        """
        values = {model: write(row) for model, write in self._writers.items()}
        for target in self._silent(row.get(UNREAD_COLUMN)):
            values[target.model].pop(target.name, None)
        return values

    def desired_once_told(
        self, row: Mapping[str, Any], raw: Mapping[str, Any], told: Mapping[str, Any]
    ) -> dict[str, dict[str, Any]]:
        """What changes in ``desired`` with what Pardot is told; see `CellValues.once_told`."""
        return self._values.once_told(row, raw, told)

    def _silent(self, unread: str | None) -> tuple[OdooTarget, ...]:
        """The cells that cannot be told without these Pardot fields."""
        if not unread:
            return ()
        if unread not in self._silenced:
            absent = frozenset(unread.split())
            self._silenced[unread] = tuple(
                target
                for target in self._cells.values()
                if not absent.isdisjoint(MADE_OF.get(target.source, (target.source,)))
            )
        return self._silenced[unread]

    def unknown_names(self, raw: pd.DataFrame) -> dict[Relation, set[Any]]:
        """The names in raw prospects for which no record of Odoo is known yet."""
        values = {
            source: plain_values(raw[source]) for source in self._sources if source in raw.columns
        }
        return unknown_names(self._cells.values(), self._lookups, values, self.options)

    def missing_reference(self, rows: Iterable[Mapping[str, Any]]) -> dict[Relation, set[Any]]:
        """The names in normalised prospects whose records are to be made before the load."""
        return missing_names(self._cells.values(), self._lookups, rows)

    def unknown_ids(
        self, model: str, records: Iterable[Mapping[str, Any]]
    ) -> dict[Relation, set[Any]]:
        """The records that values of a model's records point to, and whose names are not known."""
        return unknown_ids(self._targets[model].values(), self._lookups, records)

    @cached_property
    def _values(self) -> CellValues:
        return CellValues(self._cells, self._lookups, lambda: self.options)

    def convert(self, record: Record) -> Convert:
        """From the form of one cell into that of another; see `CellValues.convert`."""
        return self._values.convert(record)

    def to_pardot(self, key: str, value: Any, record: Record) -> dict[str, Any]:
        """The members of a request body for a cell's value; see `CellValues.to_pardot`."""
        return self._values.to_pardot(key, value, record)

    def in_words(self, key: str, value: Any) -> str | None:
        """A cell's value as people read it; None for an empty one."""
        return self._values.in_words(key, value)

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

    def blank(self, key: str) -> Any:
        """What an empty cell is written as."""
        return empty_value(self._cells[key].type)

    def same(self, key: str, a: Any, b: Any) -> bool:
        """Equality through the mapping."""
        target = self._cells[key]
        return same_value(target.type, a, b, name=target.name)

    def normal_form(self, key: str, value: Any) -> Any:
        """A form in which values that are the same are equal; see `same_value.normal_form`."""
        target = self._cells[key]
        return normal_form(target.type, value, name=target.name)

    def is_blank(self, key: str, value: Any) -> bool:
        """Whether a value is empty."""
        return is_empty(self._cells[key].type, value)

    def is_unset(self, key: str, value: Any) -> bool:
        """Whether Odoo shows what it shows for a field that was never set."""
        kind = self._cells[key].type
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
