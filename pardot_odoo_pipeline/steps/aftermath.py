"""What follows a write of leads and contacts in Odoo: conversions, and the blacklist.

What lives here: the calls, for those whose records were written, and what is remembered of consent
before and after. What does not: the decisions (`steps.consent`, `steps.automation`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.odoo.conversion import convert
from pardot_odoo_pipeline.steps.auditing import note_blocks
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.consent import apply_blocks
from pardot_odoo_pipeline.steps.consent_plan import NO_CALLS
from pardot_odoo_pipeline.steps.outcomes import asks_consent
from pardot_odoo_pipeline.steps.plan import Planned

__all__ = ["after_the_write", "remember_before", "remember_settled"]


def remember_before(batch: RunningBatch, entries: Iterable[Mapping[str, Any]]) -> None:
    """Store what is about to be told of consent: a crash must not make it look like news."""
    told = {
        row["prospect_id"]: orjson.loads(row["consent"])[0]
        for row in entries
        if asks_consent(row) or _ticks_no_calls(row)
    }
    if told:
        with batch.ports.ledger.write() as connection:
            links.remember_consent(connection, told)


def _ticks_no_calls(row: Mapping[str, Any]) -> bool:
    values = (row["lead_values"], row["partner_values"])
    return bool(row["consent"]) and any(NO_CALLS in (text or "") for text in values)


def after_the_write(
    batch: RunningBatch,
    plan: Planned,
    entries: Mapping[str, Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
) -> None:
    """Convert the leads that qualified, block and unblock addresses.

    Raises:
        OdooError: Odoo refuses or does not answer. Both are harmless to repeat, and the next
            attempt of the batch decides on them anew.
    """
    failed = {row["prospect_id"] for row in results if row["code"] is not None}
    lead_of = {row["prospect_id"]: row["lead_id"] for row in results}
    settled = [row for pid, row in entries.items() if pid not in failed]
    leads = [
        int(lead_id)
        for row in settled
        if row["converts"] and (lead_id := lead_of.get(row["prospect_id"]) or row["lead_id"])
    ]
    if leads:
        convert(batch.ports.odoo, leads)
    blocks: dict[str, bool] = {}
    causes: dict[str, str] = {}
    for row in settled:
        if row["block"] is not None:
            address = plan.people[row["prospect_id"]].email_key
            blocks[address] = bool(row["block"])
            causes[address] = orjson.loads(row["consent"])[2]
    if blocks:
        done = apply_blocks(batch.ports, blocks, causes)
        batch.unblocked = {
            row["prospect_id"]
            for row in settled
            if row["block"] is not None and plan.people[row["prospect_id"]].email_key not in done
        }
        wanted = {
            row["prospect_id"]: bool(row["block"]) for row in settled if row["block"] is not None
        }
        note_blocks(batch, wanted, wanted.keys() - batch.unblocked)


def remember_settled(
    batch: RunningBatch, entries: Iterable[Mapping[str, Any]], failed: Iterable[str]
) -> None:
    """Consent is settled with whoever was told everything that was to be told."""
    owed = {*failed, *batch.unblocked}
    told = {
        row["prospect_id"]: orjson.loads(row["consent"])[1]
        for row in entries
        if asks_consent(row) and row["prospect_id"] not in owed
    }
    if told:
        with batch.ports.ledger.write() as connection:
            links.remember_consent(connection, told)
