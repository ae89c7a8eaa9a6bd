"""The population's records that live in Odoo before the first sync.

What lives here: putting them in. What does not: making them up (`sandbox/population/`), what Odoo
brings along itself (`seeding.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.database import Database
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env

__all__ = ["seed_population"]

Row = dict[str, Any]
_CHUNK = 1000


def seed_population(database: Database, records: Iterable[Mapping[str, Any]]) -> int:
    """Put in the records that live in Odoo before the first sync; returns how many.

    `values` are plain fields, but `country_code` and `state_code` stand for the links and a value
    `{"ref": name}` for a record that came before under that name.
    """
    total = 0
    refs: dict[str, int] = {}
    waiting = iter(records)
    while chunk := list(islice(waiting, _CHUNK)):
        with database.transaction(2, {"tracking_disable": True}, sudo=True) as env:
            codes = _Codes(env)
            for record in chunk:
                values = codes.resolved(dict(record["values"]), refs)
                if record["model"] == "crm.lead":
                    values = {"type": "lead", "user_id": False, **values}
                refs[record["ref"]] = create(env, record["model"], [values])[0]
        total += len(chunk)
        print(f"odoo sandbox: {total} records", file=sys.stderr)  # noqa: T201
    return total


class _Codes:
    """Country and state codes as ids."""

    def __init__(self, env: Env) -> None:
        self._countries = dict(env.rows("SELECT code, id FROM res_country"))
        self._states = {
            (country, code): number
            for country, code, number in env.rows(
                "SELECT country_id, code, id FROM res_country_state"
            )
        }

    def resolved(self, values: Row, refs: dict[str, int]) -> Row:
        """The values with ids in the place of codes and references."""
        country = self._countries.get(values.pop("country_code", None) or "")
        state = values.pop("state_code", None)
        if country:
            values["country_id"] = country
            if state and (country, state) in self._states:
                values["state_id"] = self._states[country, state]
        for name, value in values.items():
            if isinstance(value, dict) and "ref" in value:
                values[name] = refs[value["ref"]]
        return values
