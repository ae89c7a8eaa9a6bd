"""Step 4: the leads and contacts in Odoo that could be these people.

What lives here: which records are read, and in what form they travel. What does not: choosing among
them (`merge.matching`).

Counterparts are read in the same attempt as the prospects: by the ledger's link, by prospect id, by
match key, and the contacts of the leads found. Archived records count: a lost lead is not a free
one. Both look-ups are on indexed fields, in one call per model and thousand people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.out_of_sight import hidden_records
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.odoo_records import OdooRecords
from pardot_odoo_pipeline.schemas.rows import plain_values, text_array
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.clocks import ahead_of
from pardot_odoo_pipeline.steps.consent import consent_fields
from pardot_odoo_pipeline.steps.departures import STATE
from pardot_odoo_pipeline.steps.lifecycle import lead_fields
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["EMAIL_KEY", "PROSPECT_ID", "identity_fields", "read_odoo_records", "record_fields"]

PROSPECT_ID = "x_pardot_prospect_id"
EMAIL_KEY = "x_pardot_email_key"
_EVERYONE = {"active_test": False}
_CHUNK = 1000


def identity_fields(model: str) -> list[str]:
    """What is read of every record beside the mapped fields."""
    own = ["partner_id"] if model == LEAD else ["is_company"]
    return [PROSPECT_ID, EMAIL_KEY, "active", "create_date", "write_date", "write_uid", *own]


def read_odoo_records(batch: RunningBatch, normalized: pd.DataFrame) -> StepResult:
    """Read every record that could be one of these people.

    Raises:
        OdooError: Odoo refuses or does not answer.
    """
    ports = batch.ports
    living = normalized[~normalized["is_deleted"].astype(bool)]
    people = plain_values(living["prospect_id"])
    keys = plain_values(living["email_key"])
    with ports.ledger.read() as connection:
        # The records of whoever Pardot lost are marked.
        everybody = [*plain_values(normalized["prospect_id"]), *batch.gone]
        known = links.by_prospects(connection, everybody)
    leads = _read(
        batch, LEAD, people, keys, [link.lead_id for link in known.values() if link.lead_id]
    )
    partner_ids = {link.partner_id for link in known.values() if link.partner_id}
    partner_ids |= {record["partner_id"] for record in leads if record["partner_id"]}
    partners = _read(batch, PARTNER, people, keys, sorted(partner_ids))
    batch.ahead["odoo"] = ahead_of(ports.odoo, ports.clock)
    frame = _frame([*leads, *partners])
    frame = checked(OdooRecords, frame)
    return StepResult(
        "odoo_records_raw",
        frame,
        {
            "leads": len(leads),
            "contacts": len(partners),
            "odoo_calls": ports.odoo.calls - batch.odoo_calls_before,
        },
        (CheckResult("schema_is_valid", True, metadata={"records": len(frame)}),),
    )


def _read(
    batch: RunningBatch,
    model: str,
    people: Sequence[str],
    keys: Sequence[str],
    record_ids: Sequence[int],
) -> list[dict[str, Any]]:
    fields = record_fields(batch, model)
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(people), _CHUNK):
        domain = [
            "|",
            (PROSPECT_ID, "in", list(people[start : start + _CHUNK])),
            (EMAIL_KEY, "in", list(keys[start : start + _CHUNK])),
        ]
        _collect(batch, model, domain, fields, found)
        batch.ports.progress("look up in Odoo", min(start + _CHUNK, len(people)), len(people))
    rest = sorted(set(record_ids) - set(found))
    for start in range(0, len(rest), _CHUNK):
        _collect(batch, model, [("id", "in", rest[start : start + _CHUNK])], fields, found)
    # Not to be found is not to be gone: a right may have been taken away.
    batch.hidden[model] = hidden_records(batch.ports.odoo, model, set(rest) - set(found))
    return list(found.values())


def record_fields(batch: RunningBatch, model: str) -> list[str]:
    """The mapped fields, and what consent, deals and automation look at, as far as it is there."""
    reference = batch.ports.reference
    there = reference.lead_fields if model == LEAD else reference.partner_fields
    extra = {STATE, *consent_fields()[model]}
    if model == LEAD:
        extra |= {*lead_fields(reference)}
    mapped = batch.ports.mapping.read_fields(model)
    return sorted({*identity_fields(model), *mapped, *(extra & set(there))})


def _collect(
    batch: RunningBatch,
    model: str,
    domain: list[Any],
    fields: Sequence[str],
    found: dict[int, dict[str, Any]],
) -> None:
    rows = batch.ports.odoo.search_read(model, domain, fields, order="id", context=_EVERYONE)
    plain = [_plain(row) for row in rows]
    # Values of custom fields that point to records are told to Pardot by name.
    batch.ports.reference.learn_ids(batch.ports.mapping.unknown_ids(model, plain))
    for values in plain:
        found[values["id"]] = _record(model, values)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A record with many2one values as ids; two ids of a many2many are no pair of id and name."""
    return {
        name: value[0]
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str)
        else value
        for name, value in row.items()
    }


def _record(model: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": model,
        "record_id": values["id"],
        "prospect_id": values[PROSPECT_ID] or None,
        "email_key": values[EMAIL_KEY] or None,
        "partner_id": values.get("partner_id") or None,
        "is_company": bool(values.get("is_company")),
        "active": bool(values["active"]),
        "write_date": values["write_date"],
        "values": orjson.dumps(values).decode(),
    }


def _frame(records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    rows = list(records)
    names = ("prospect_id", "email_key", "model", "write_date", "values")
    columns: dict[str, Any] = {name: text_array(row[name] for row in rows) for name in names}
    for name in ("record_id", "partner_id"):
        columns[name] = pd.array([row[name] for row in rows], dtype="Int64")
    for name in ("is_company", "active"):
        columns[name] = pd.array([row[name] for row in rows], dtype="boolean")
    return pd.DataFrame(columns)
