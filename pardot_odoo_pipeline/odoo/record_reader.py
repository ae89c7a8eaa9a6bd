"""What stands in Odoo now, for the loader that must judge records outside Odoo.

What lives here: looking records up and reading them in the form that `load_forms` judges
(many2one as id). What does not: judging and writing (`load_method_loader`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.odoo.apply_action.protocol import EXTERNAL_MODULE
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooAccessError
from pardot_odoo_pipeline.odoo.load_forms import FILLED_BY_LINK, LINK_SOURCES, Contact
from pardot_odoo_pipeline.odoo.person_writes import (
    LEAD,
    PARTNER,
    RecordResult,
    RecordStatus,
    RecordWrite,
)

__all__ = ["RecordReader"]

_ZERO_IS_A_VALUE = ("boolean", "integer", "float", "monetary")

_Context = Mapping[str, Any]
_Writes = Mapping[int, RecordWrite]


class RecordReader:
    """Reads contacts and leads as they stand.

    Args:
        client: The connection.
    """

    def __init__(self, client: OdooClient) -> None:
        self.client = client
        self._default: dict[str, dict[str, bool]] = {PARTNER: {}, LEAD: {}}

    @cached_property
    def _fields(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {
            model: self.client.fields_get(model, attributes=["type", "depends"])
            for model in (PARTNER, LEAD)
        }

    @cached_property
    def types(self) -> dict[str, dict[str, str]]:
        """Model -> field -> type."""
        return {
            model: {name: told["type"] for name, told in fields.items()}
            for model, fields in self._fields.items()
        }

    def filled(self, model: str, names: set[str]) -> frozenset[str]:
        """Those fields that are not empty in a new record of which nobody gave them a value.

        What a lead takes from its contact is not among them: that depends on the contact. Numbers
        are, because `load()` cannot tell none from zero.
        """
        fields = {name: told for name, told in self._fields[model].items() if name in names}
        derived = {name for name, told in fields.items() if told["depends"]}
        if model == LEAD:
            derived -= set(FILLED_BY_LINK)
        numbers = {name for name, told in fields.items() if told["type"] in _ZERO_IS_A_VALUE}
        unknown = set(fields) - set(self._default[model])
        if unknown:
            argument = "fields" if self.client.version.major >= 19 else "fields_list"
            asked: dict[str, Any] = {argument: sorted(unknown)}
            told = self.client.call(model, "default_get", **asked)
            self._default[model] |= {name: name in told for name in unknown}
        defaults = {name for name in fields if self._default[model][name]}
        return frozenset(derived | numbers | defaults)

    @cached_property
    def _reads_external_ids(self) -> bool:
        try:
            self.client.search("ir.model.data", [["module", "=", EXTERNAL_MODULE]], limit=1)
        except OdooAccessError:
            return False
        return True

    def resolved(self, model: str, writes: _Writes, context: _Context) -> dict[int, int]:
        """Position -> database id, where it is given or can be found."""
        known = {n: write.record_id for n, write in writes.items() if write.record_id is not None}
        names = {write.external_id: n for n, write in writes.items() if write.record_id is None}
        if not names:
            return known
        if self._reads_external_ids:
            domain: list[Any] = [["module", "=", EXTERNAL_MODULE], ["model", "=", model]]
            domain += [["name", "in", list(names)]]
            rows = self.client.search_read("ir.model.data", domain, ["name", "res_id"])
            return known | {names[row["name"]]: row["res_id"] for row in rows}
        if "x_pardot_prospect_id" not in self.types[model]:
            return known
        prospects = {name.partition("_")[2]: n for name, n in names.items()}
        rows = self.client.search_read(
            model,
            [["x_pardot_prospect_id", "in", list(prospects)]],
            ["x_pardot_prospect_id"],
            order="id desc",
            context=context,
        )
        return known | {prospects[row["x_pardot_prospect_id"]]: row["id"] for row in rows}

    def current(
        self, model: str, writes: _Writes, known: Mapping[int, int], context: _Context
    ) -> dict[int, dict[str, Any]]:
        """The records as they are now, by id, with all fields that a judgement may ask for."""
        names = {name for w in writes.values() for name in (*w.values, *(w.expected or ()))}
        if model == LEAD:
            names |= {"partner_id", "email_from", *FILLED_BY_LINK} & set(self.types[model])
        return self.read(model, set(known.values()), names, context)

    def read(
        self, model: str, ids: set[int], names: set[str], context: _Context
    ) -> dict[int, dict[str, Any]]:
        """Records by id, many2one as id; those that are gone are not there."""
        if not ids:
            return {}
        types = self.types[model]
        rows = self.client.read(model, sorted(ids), sorted(names | {"write_date"}), context=context)
        for row in rows:
            for name in row:
                if types[name] == "many2one":
                    row[name] = row[name][0] if row[name] else False
        return {row["id"]: row for row in rows}

    def linked(
        self, model: str, current: Mapping[int, Mapping[str, Any]], context: _Context
    ) -> dict[int, Contact]:
        """The contacts that these leads have now, by id."""
        if model != LEAD:
            return {}
        ids = {row["partner_id"] for row in current.values() if row["partner_id"]}
        rows = self.read(PARTNER, ids, {"is_company"}, context)
        return {n: Contact(n, row["is_company"], None) for n, row in rows.items()}

    def contacts(
        self, results: Mapping[int, RecordResult], context: _Context
    ) -> dict[int, Contact | None]:
        """The rows' own contacts as they are after their turn."""
        there = {n: r.record_id for n, r in results.items() if r.status is not RecordStatus.MISSING}
        there_is = set(self.types[PARTNER])
        phones = {"phone", "mobile"} & there_is
        sources = {name for names in LINK_SOURCES.values() for name in names}
        names = {"is_company", "email"} | phones | (sources & there_is)
        rows = self.read(PARTNER, {i for i in there.values() if i}, names, context)
        found: dict[int, Contact | None] = {}
        for n, result in results.items():
            row = rows.get(there.get(n) or 0)
            found[n] = None
            if row:
                found[n] = Contact(
                    row["id"],
                    row["is_company"],
                    row["email"] or None,
                    {name: row[name] for name in phones},
                    frozenset(
                        name
                        for name, sources in LINK_SOURCES.items()
                        if any(row.get(source) for source in sources)
                    ),
                    fresh=result.status is RecordStatus.CREATED,
                )
        return found
