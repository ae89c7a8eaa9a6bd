"""Reference data of one Odoo: the ids behind names and codes, and the fields that there are.

What lives here: reading them once, and creating missing sources and campaigns. What does not: which
value needs which of them (`mapping`).

Names are read in English whatever the user's language is, so that they compare the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pardot_odoo_pipeline.mapping.lookups import (
    CAMPAIGNS,
    INDUSTRIES,
    SOURCES,
    OdooField,
    Relation,
)
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooConflict, OdooValidationError
from pardot_odoo_pipeline.odoo.person_writes import LEAD, PARTNER

__all__ = ["OdooReference"]

_ENGLISH = {"lang": "en_US", "active_test": False}
_ATTRIBUTES = ("type", "relation", "readonly", "required", "size", "selection")
_AT_A_TIME = 1000
_SMALL = frozenset(
    ("res.users", "res.lang", "utm.medium", "crm.team", "crm.tag", "crm.lost.reason")
)
_RACES = 3


@dataclass
class OdooReference:
    """Ids and fields of one Odoo, as plain tables.

    Attributes:
        countries: ISO2 to id.
        states: (ISO2, code) and (ISO2, lower-case name) to id.
        state_codes: ISO2 to (lower-case name or code to code).
        state_names: Id of a state to its English name.
        industries: English name to id.
        sources: Name to id of utm.source.
        campaigns: Title to id of utm.campaign.
        lead_fields: Field of crm.lead to type.
        partner_fields: The same for res.partner.
        stage_id: The first stage, where new leads begin.
        team_id: None: Odoo assigns the sales team by its own rules.
        fields: Model to field to all that is known of it.
        relations: Name to id of other models' records, as far as they were asked for.
    """

    client: OdooClient
    countries: dict[str, int] = field(default_factory=dict)
    states: dict[tuple[str, str], int] = field(default_factory=dict)
    state_codes: dict[str, dict[str, str]] = field(default_factory=dict)
    state_names: dict[int, str] = field(default_factory=dict)
    industries: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    campaigns: dict[str, int] = field(default_factory=dict)
    lead_fields: dict[str, str] = field(default_factory=dict)
    partner_fields: dict[str, str] = field(default_factory=dict)
    stage_id: int | None = None
    team_id: int | None = None
    fields: dict[str, dict[str, OdooField]] = field(default_factory=dict)
    relations: dict[Relation, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def load(cls, client: OdooClient) -> OdooReference:
        """Read everything, in eight calls.

        Raises:
            OdooError: Odoo refuses or does not answer.
        """
        countries = _read(client, "res.country", ["code"])
        code_of = {row["id"]: row["code"] for row in countries if row["code"]}
        states: dict[tuple[str, str], int] = {}
        codes: dict[str, dict[str, str]] = {}
        names: dict[int, str] = {}
        for row in _read(client, "res.country.state", ["code", "name", "country_id"]):
            country = code_of.get(row["country_id"][0])
            if country is None:
                continue
            names[row["id"]] = row["name"]
            known = codes.setdefault(country, {})
            for text in (row["code"], row["name"].lower()):
                states[country, text] = row["id"]
                known[text.lower()] = row["code"]
        fields = {model: _fields(client, model) for model in (LEAD, PARTNER)}
        return cls(
            client,
            countries={code: country_id for country_id, code in code_of.items()},
            states=states,
            state_codes=codes,
            state_names=names,
            industries=_by_name(_read(client, "res.partner.industry", ["name"]), "name"),
            sources=_by_name(_read(client, "utm.source", ["name"]), "name"),
            campaigns=_by_name(_read(client, "utm.campaign", ["title"]), "title"),
            lead_fields={name: about.type for name, about in fields[LEAD].items()},
            partner_fields={name: about.type for name, about in fields[PARTNER].items()},
            stage_id=_first_stage(client),
            fields=fields,
        )

    def ensure_sources(self, names: Iterable[str]) -> None:
        """Create the sources that Odoo lacks, all in one call."""
        _ensure(self.client, "utm.source", "name", names, self.sources)

    def ensure_campaigns(self, names: Iterable[str]) -> None:
        """Create the campaigns that Odoo lacks, all in one call."""
        _ensure(self.client, "utm.campaign", "title", names, self.campaigns)

    def resolve_source(self, name: str) -> int:
        """The id of a source, made when Odoo has none of that name."""
        self.ensure_sources([name])
        return self.sources[name]

    def resolve_campaign(self, name: str) -> int:
        """The id of a campaign, made when Odoo has none of that title."""
        self.ensure_campaigns([name])
        return self.campaigns[name]

    def ensure(self, needs: Mapping[Relation, Iterable[str]]) -> None:
        """Create the records that Odoo lacks, in one call for each relation."""
        for relation, names in needs.items():
            _ensure(self.client, relation.model, relation.by, names, self._known(relation))

    def read_tables(self, relations: Iterable[Relation]) -> None:
        """Read the tables that are small enough, so that nothing is asked for by name."""
        for relation in sorted(set(relations)):
            if relation.model in _SMALL and not self._known(relation):
                rows = _read(self.client, relation.model, [relation.by])
                self._known(relation).update(_by_name(rows, relation.by))

    def imagine(self, needs: Mapping[Relation, Iterable[str]]) -> None:
        """Give names that are not known an id below zero, as if their records had been made."""
        for relation, names in needs.items():
            known = self._known(relation)
            for name in sorted(set(names) - set(known)):
                known[name] = -1 - len(known)

    def forget_imagined(self) -> None:
        """Take the names back that were only imagined, before anything is written with them."""
        for known in (self.sources, self.campaigns, self.industries, *self.relations.values()):
            for name in [name for name, record_id in known.items() if record_id < 0]:
                del known[name]

    def learn(self, needs: Mapping[Relation, Iterable[str]]) -> None:
        """Look for records of these names; those that are not there stay unknown."""
        for relation, names in needs.items():
            asked = sorted({form for name in names for form in (name, name.lower())})
            self._learn(relation, [(relation.by, "in", asked)])

    def learn_ids(self, needs: Mapping[Relation, Iterable[int]]) -> None:
        """Ask for the names of these records."""
        for relation, ids in needs.items():
            self._learn(relation, [("id", "in", sorted(ids))])

    def _learn(self, relation: Relation, domain: list[Any]) -> None:
        for start in range(0, len(domain[0][2]), _AT_A_TIME):
            [(name, operator, values)] = domain
            part = [(name, operator, values[start : start + _AT_A_TIME])]
            rows = self.client.search_read(
                relation.model, part, [relation.by], order="id", context=_ENGLISH
            )
            known = self._known(relation)
            for label, record_id in _by_name(rows, relation.by).items():
                known.setdefault(label, record_id)

    def _known(self, relation: Relation) -> dict[str, int]:
        if relation == SOURCES:
            return self.sources
        if relation == CAMPAIGNS:
            return self.campaigns
        if relation == INDUSTRIES:
            return self.industries
        return self.relations.setdefault(relation, {})


def _read(client: OdooClient, model: str, fields: list[str]) -> list[dict[str, Any]]:
    return client.search_read(model, [], fields, order="id", context=_ENGLISH)


def _by_name(rows: Iterable[Mapping[str, Any]], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        # Of two with one name the older is taken, every time.
        if row[name]:
            found.setdefault(row[name], row["id"])
    return found


def _fields(client: OdooClient, model: str) -> dict[str, OdooField]:
    told = client.fields_get(model, attributes=_ATTRIBUTES, context=_ENGLISH)
    return {
        name: OdooField(
            about["type"],
            relation=about.get("relation"),
            is_read_only=bool(about.get("readonly")),
            is_required=bool(about.get("required")),
            size=about.get("size") or None,
            selection=tuple((str(key), str(label)) for key, label in about.get("selection") or ()),
        )
        for name, about in told.items()
    }


def _first_stage(client: OdooClient) -> int | None:
    """The first stage that every team has; else the first of all."""
    teams = "team_ids" if client.version.major >= 19 else "team_id"
    for more in ([(teams, "=", False)], []):
        ids = client.search(
            "crm.stage", [("is_won", "=", False), *more], order="sequence, id", limit=1
        )
        if ids:
            return ids[0]
    return None


def _ensure(
    client: OdooClient, model: str, field_name: str, names: Iterable[str], known: dict[str, int]
) -> None:
    """See that records of these names are there and known."""
    absent = sorted({name for name in names if name and name not in known})
    for attempt in range(_RACES + 1):
        if not absent:
            return
        # Another batch, or a person, may have created some meanwhile.
        domain = [(field_name, "in", absent)]
        rows = client.search_read(model, domain, [field_name], order="id", context=_ENGLISH)
        known.update(_by_name(rows, field_name))
        absent = [name for name in absent if name not in known]
        if absent and attempt < _RACES:
            # Names are unique in Odoo: of two that make the same one at a time, the second is
            # refused with all its names, and finds the first one's record when it looks again. Not
            # through `load()`: repeated, it would undo a person's renaming.
            with suppress(OdooConflict, OdooValidationError):
                client.create(model, [{field_name: name} for name in absent], context=_ENGLISH)
    if absent:
        raise OdooValidationError(
            f"{model}: Odoo did not make {len(absent)} records, or named them otherwise",
            fix=f"Create a record of {model} by hand in Odoo, as this user, to see why",
            code="reference_not_made",
            model=model,
        )
