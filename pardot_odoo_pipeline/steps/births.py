"""Records born in Odoo, carried to Pardot by the interval in which they changed.

What lives here: reading them, writing the prospects, and handing those on to a batch that links
them. What does not: who of them may become one (`steps.born_in_odoo`).
"""

from __future__ import annotations

from collections.abc import Iterator

from pardot_odoo_pipeline.batches import ChangesScope
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.odoo.changes import changed_records
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.pardot.prospect_writes import ProspectWriter
from pardot_odoo_pipeline.steps.auditing import note_births
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.born_in_odoo import Born, births
from pardot_odoo_pipeline.steps.brakes import count_births
from pardot_odoo_pipeline.steps.odoo_records import record_fields

__all__ = ["carry_births"]

_UNLINKED = (("x_pardot_prospect_id", "=", False), ("active", "=", True))
_AT_A_TIME = 500


def carry_births(batch: RunningBatch) -> int:
    """Make prospects of what was made in Odoo, where the rules want that; returns how many.

    Repeating is harmless: an address that Pardot knows makes no second prospect. Whoever was made,
    or was there already, is read and linked by the batch that follows this one.
    """
    scope, rules = batch.scope, batch.ports.rules.automation.born_in_odoo
    if not rules.active or not isinstance(scope, ChangesScope):
        return 0
    writer = ProspectWriter(batch.ports.pardot, read_back=())
    made = 0
    for some in chunks(_born(batch, scope), _AT_A_TIME):
        found = births(batch.ports, some)
        if found.writes:
            count_births(batch, len(found.writes))
        results = writer.apply(found.writes)
        note_births(batch, found.writes, results)
        ids = [str(result.prospect_id) for result in results if result.prospect_id is not None]
        made += len(ids)
        batch.orphans.extend([*ids, *found.known])
        batch.heartbeat()
    return made


def _born(batch: RunningBatch, scope: ChangesScope) -> Iterator[Born]:
    for model, since in ((LEAD, scope.since_leads), (PARTNER, scope.since_partners)):
        if since is None:
            continue
        fields = record_fields(batch, model)
        for page in changed_records(batch.ports.odoo, model, since, scope.until, domain=_UNLINKED):
            for some in chunks([row.record_id for row in page], _AT_A_TIME):
                rows = batch.ports.odoo.search_read(model, [("id", "in", some)], fields)
                for row in rows:
                    values = {
                        name: value[0] if isinstance(value, list) and len(value) == 2 else value
                        for name, value in row.items()
                    }
                    yield Born(model, row["id"], values)
