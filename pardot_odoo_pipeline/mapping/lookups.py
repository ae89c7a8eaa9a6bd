"""What an Odoo has, as plain tables: ids for names and codes, fields with their types.

What lives here: the tables, and finding a record by its name and a name by its record. What does
not: reading them (`odoo.reference`) and which value needs which table (``targets.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

__all__ = [
    "CAMPAIGNS",
    "INDUSTRIES",
    "SOURCES",
    "NameTable",
    "OdooField",
    "OdooLookups",
    "Relation",
]


class Relation(NamedTuple):
    """The records of a model, told apart by one of their fields."""

    model: str
    by: str


INDUSTRIES = Relation("res.partner.industry", "name")
SOURCES = Relation("utm.source", "name")
CAMPAIGNS = Relation("utm.campaign", "title")


class NameTable:
    """Names and ids of one relation's records, as far as they are known.

    Args:
        ids: Name to id. The dict may grow under the table: what another holder adds is found.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._ids = ids
        self._size = -1
        self._folded: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def __contains__(self, name: str) -> bool:
        return self.id_of(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def id_of(self, name: str | None) -> int | None:
        """The record of this name; where none is spelt so, the first that differs in case only."""
        if not name:
            return None
        exact = self._ids.get(name)
        if exact is not None:
            return exact
        self._index()
        return self._folded.get(name.casefold())

    def name_of(self, record_id: int) -> str | None:
        """The name of a record."""
        self._index()
        return self._names.get(record_id)

    def _index(self) -> None:
        if self._size == len(self._ids):
            return
        self._size = len(self._ids)
        self._folded, self._names = {}, {}
        for name, record_id in self._ids.items():
            self._folded.setdefault(name.casefold(), record_id)
            self._names.setdefault(record_id, name)


@dataclass(frozen=True)
class OdooField:
    """What Odoo says of one of its fields.

    Attributes:
        type: As ``fields_get`` names it.
        relation: The model behind a many2one or many2many.
        is_read_only: Whether writing it does nothing or fails.
        is_required: Whether a record needs it.
        size: Longest text; beyond it Odoo cuts without a word. None: no limit.
        selection: Ordered (key, label) pairs.
    """

    type: str
    relation: str | None = None
    is_read_only: bool = False
    is_required: bool = False
    size: int | None = None
    selection: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _keys(self) -> dict[str, str]:
        labels = {label.casefold(): key for key, label in reversed(self.selection)}
        return labels | {key.casefold(): key for key, _ in self.selection}

    def key_of(self, name: str) -> str | None:
        """The key of a choice by its key or its label, in any case."""
        return self._keys.get(name.casefold())

    def label_of(self, key: str) -> str | None:
        """The label of a choice."""
        return dict(self.selection).get(key)


@dataclass(frozen=True)
class OdooLookups:
    """What an Odoo has, as plain tables.

    Attributes:
        countries: ISO2 -> id.
        states: (ISO2, code) -> id and (ISO2, lower-case name) -> id, the code first.
        state_names: Id of a state -> its English name.
        industries: Name -> id.
        sources: Name -> id of utm.source.
        campaigns: Name -> id of utm.campaign.
        lead_fields: Field of crm.lead -> type. Empty: not known, every target is taken to exist.
        partner_fields: The same for res.partner.
        fields: Model -> field -> all that is known of it.
        relations: Name to id of other models' records; a table is added when it is first needed.
        stage_id: Stage of new leads; None leaves it to Odoo.
        team_id: Sales team of new leads; None leaves it to Odoo.
    """

    countries: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[tuple[str, str], int] = field(default_factory=dict)
    state_names: Mapping[int, str] = field(default_factory=dict)
    industries: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    campaigns: Mapping[str, int] = field(default_factory=dict)
    lead_fields: Mapping[str, str] = field(default_factory=dict)
    partner_fields: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, OdooField]] = field(default_factory=dict)
    relations: dict[Relation, dict[str, int]] = field(default_factory=dict)
    stage_id: int | None = None
    team_id: int | None = None

    @cached_property
    def _tables(self) -> dict[Relation, NameTable]:
        return {
            INDUSTRIES: NameTable(self.industries),
            SOURCES: NameTable(self.sources),
            CAMPAIGNS: NameTable(self.campaigns),
        }

    def table(self, relation: Relation) -> NameTable:
        """The names of a relation's records, as far as they were read."""
        found = self._tables.get(relation)
        if found is None:
            found = NameTable(self.relations.setdefault(relation, {}))
            self._tables[relation] = found
        return found

    @property
    def known_names(self) -> int:
        """How many names are known; it grows with every record that is learnt."""
        return len(self.industries) + sum(len(ids) for ids in self.relations.values())

    def state_id(self, country: str | None, code: str | None) -> int | None:
        """The id of a state; codes are unique only inside one country."""
        if country is None or code is None:
            return None
        return self.states.get((country, code)) or self.states.get((country, code.lower()))

    def place_of_state(self, state_id: int) -> tuple[str, str] | None:
        """Country and code of a state."""
        return self._states_by_id.get(state_id)

    def country_code(self, country_id: int | None) -> str | None:
        """The ISO2 code of a country."""
        return None if country_id is None else self._countries_by_id.get(country_id)

    @cached_property
    def _states_by_id(self) -> dict[int, tuple[str, str]]:
        found: dict[int, tuple[str, str]] = {}
        for place, state_id in self.states.items():
            found.setdefault(state_id, place)
        return found

    @cached_property
    def _countries_by_id(self) -> dict[int, str]:
        return {country_id: code for code, country_id in self.countries.items()}
