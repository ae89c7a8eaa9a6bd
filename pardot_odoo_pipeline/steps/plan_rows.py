"""The form in which decisions travel from the plan to the load: rows of ``sync_plan``.

What lives here: rows and their JSON columns. What does not: any decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.merge.people import LEAD, PersonDecision, PersonView, RecordDecision
from pardot_odoo_pipeline.merge.values import ChangeTime, Loser
from pardot_odoo_pipeline.schemas.sync_plan import SyncPlan
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["as_json", "guard_of", "losers_of", "plan_row", "rules_of"]

_COLUMNS = tuple(SyncPlan.to_schema().columns)


def guard_of(record: RecordDecision) -> str | None:
    """What must still stand in an existing record for anything to be written."""
    return as_json(record.expected) if record.record_id is not None else None


def rules_of(batch: RunningBatch, decision: PersonDecision) -> dict[str, dict[str, Any]]:
    """Why each source is written, and where: the provenance of what both sides will show."""
    written: dict[str, dict[str, Any]] = {}
    sources = batch.ports.mapping.sources()
    for source, rule in decision.rules.items():
        keys = sources[source]
        values = {
            key: record.values[key.partition("/")[2]]
            for key in keys
            for record in (decision.lead if key.startswith(LEAD) else decision.partner,)
            if key.partition("/")[2] in record.values
        }
        to = (["odoo"] if values else []) + (
            ["pardot"] if any(key in decision.pardot.pairs for key in keys) else []
        )
        shown = next(iter(values.values()), None)
        written[source] = {"rule": rule, "to": to, "hash": batch.ports.fingerprint(shown)}
    return written


def losers_of(losers: Iterable[Loser], view: PersonView | None = None) -> list[dict[str, Any]]:
    """Values that rules overruled, as JSON; with a view, also when each side had changed."""
    return [
        {
            "key": loser.key,
            "agreed": None if loser.agreed is None else [loser.agreed.pardot, loser.agreed.odoo],
            "pardot": loser.pardot,
            "odoo": loser.odoo,
            "rule": loser.rule,
            "winner": loser.winner,
            **_times(loser, view),
        }
        for loser in losers
    ]


def _times(loser: Loser, view: PersonView | None) -> dict[str, Any]:
    """When the sides changed, as far as they did: Pardot's record, and the cell's record."""
    if view is None:
        return {}
    changed = view.odoo_changed.get(loser.key.partition("/")[0])
    pair = loser.agreed
    return {
        "pardot_changed": None
        if pair is not None and pair.pardot == loser.pardot
        else _interval(view.pardot_changed),
        "odoo_changed": None
        if changed is None or (pair is not None and pair.odoo == loser.odoo)
        else _interval(changed),
    }


def _interval(changed: ChangeTime) -> list[str | None]:
    return [None if at is None else at.isoformat() for at in (changed.after, changed.until)]


def plan_row(prospect_id: str, disposition: Disposition, **values: Any) -> dict[str, Any]:
    """A row of ``sync_plan``."""
    return {
        **dict.fromkeys(_COLUMNS),
        "prospect_id": prospect_id,
        "disposition": disposition.value,
        **values,
    }


def as_json(value: Any) -> str:
    """The one spelling of a JSON column."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
