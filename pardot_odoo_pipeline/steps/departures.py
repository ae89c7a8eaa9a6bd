"""People who left one side: in Pardot's recycle bin, deleted for good, or deleted in Odoo.

What lives here: what becomes of their records on the other side, and when an absence is believed.
What does not: people who are there on both sides (`steps.deciding`).

Absence is no deletion: a record that is not found is looked up by its id a second time, a minute or
more later, before anything follows from it. Nothing is ever deleted here. A lead of somebody whom
Pardot lost is archived and marked, a deal is only marked; `automation.prospect_deleted` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.mapping.automation_rules import DeletedInOdoo
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.merge.automation import prospect_gone, prospect_returned
from pardot_odoo_pipeline.merge.matching import Candidates, Match, OdooRecord
from pardot_odoo_pipeline.merge.people import LEAD, PARTNER
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = [
    "STATE",
    "Makes",
    "departed_values",
    "gone_for_good",
    "is_believed",
    "makes",
    "welcome_back",
]

STATE = "x_pardot_state"
_SECOND_LOOK = timedelta(seconds=60)

Makes = tuple[bool, bool]
"""Whether a missing lead is made, and a missing contact."""


def is_believed(batch: RunningBatch, link: Link | None) -> bool:
    """Whether a record was missing already a while ago: twice is no accident."""
    since = None if link is None else link.missing_since
    return since is not None and batch.started_at - since >= _SECOND_LOOK


def makes(batch: RunningBatch, match: Match, link: Link | None) -> Makes:
    """Whether records that are not there are made.

    New people get theirs. One that somebody deleted in Odoo stays deleted, unless the rules say
    otherwise; that it was deleted, and not only out of sight, is believed at the second look.
    """
    again = is_believed(batch, link) and (
        batch.ports.rules.automation.deleted_in_odoo is DeletedInOdoo.RECREATE
    )
    return not match.lead_vanished or again, not match.partner_vanished or again


def gone_for_good(batch: RunningBatch, links: Mapping[str, Link]) -> list[tuple[Link, bool]]:
    """The linked people whom Pardot does not have any more, and whether that is believed."""
    known = (links.get(prospect_id) for prospect_id in batch.gone)
    return [
        (link, is_believed(batch, link))
        for link in known
        if link is not None and link.state is not LinkState.TOMBSTONED
    ]


def departed_values(
    batch: RunningBatch,
    link: Link | None,
    found: Mapping[str, Candidates],
    *,
    for_good: bool,
    successor: bool,
) -> dict[str, Any]:
    """Plan columns that archive and mark the records of somebody whom Pardot lost.

    Args:
        batch: The batch.
        link: Their records.
        found: The records read.
        for_good: Whether they are not even in the recycle bin.
        successor: Whether another prospect takes the records over; they are then left alone.
    """
    policy = batch.ports.rules.automation.prospect_deleted
    if link is None or not link.leads or successor:
        return {}
    columns: dict[str, Any] = {}
    for model, kind, record_id in (
        (LEAD, "lead", link.lead_id),
        (PARTNER, "partner", link.partner_id),
    ):
        record = found[model].by_id.get(record_id or 0)
        if record is None or STATE not in record.values:
            continue
        if record.prospect_id not in (None, link.prospect_id):
            continue  # another prospect took it over, maybe in an earlier batch
        wanted = prospect_gone(policy, record.values, for_good=for_good)
        columns |= _columns(kind, record, wanted)
    return columns if any(columns.get(f"{k}_values") for k in ("lead", "partner")) else {}


def welcome_back(model: str, record: OdooRecord | None) -> dict[str, Any]:
    """Values that take the mark off again, and a lead that was archived with it out again."""
    if record is None:
        return {}
    back = prospect_returned(record.values)
    return back if model == LEAD else {k: v for k, v in back.items() if k == STATE}


def _columns(kind: str, record: OdooRecord, wanted: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(wanted)
    expected = {name: record.values[name] for name in values}
    return {
        f"{kind}_id": record.record_id,
        f"{kind}_values": orjson.dumps(values).decode() if values else None,
        f"{kind}_expected": orjson.dumps(expected).decode() if values else None,
        "disposition": Disposition.ARCHIVED.value,
    }
