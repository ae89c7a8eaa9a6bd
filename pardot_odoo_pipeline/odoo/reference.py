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

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooConflict, OdooValidationError
from pardot_odoo_pipeline.odoo.person_writes import LEAD, PARTNER

__all__ = ["OdooReference"]

_ENGLISH = {"lang": "en_US", "active_test": False}
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
        return cls(
            client,
            countries={code: country_id for country_id, code in code_of.items()},
            states=states,
            state_codes=codes,
            state_names=names,
            industries=_by_name(_read(client, "res.partner.industry", ["name"]), "name"),
            sources=_by_name(_read(client, "utm.source", ["name"]), "name"),
            campaigns=_by_name(_read(client, "utm.campaign", ["title"]), "title"),
            lead_fields=_types(client, LEAD),
            partner_fields=_types(client, PARTNER),
            stage_id=_first_stage(client),
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


def _read(client: OdooClient, model: str, fields: list[str]) -> list[dict[str, Any]]:
    return client.search_read(model, [], fields, order="id", context=_ENGLISH)


def _by_name(rows: Iterable[Mapping[str, Any]], name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        # Of two with one name the older is taken, every time.
        if row[name]:
            found.setdefault(row[name], row["id"])
    return found


def _types(client: OdooClient, model: str) -> dict[str, str]:
    fields = client.fields_get(model, attributes=["type"])
    return {name: about["type"] for name, about in fields.items()}


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
