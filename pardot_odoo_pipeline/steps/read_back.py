"""What Pardot shows of people after a write, in the form of Odoo's cells.

What lives here: putting the write's answer through the same normalisation as any read. What does
not: the write (`steps.load_pardot`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.mapping.canonical import canonical_raw
from pardot_odoo_pipeline.mapping.normalize import normalize_prospects
from pardot_odoo_pipeline.pardot.prospect_writes import ProspectResult
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.normalize import options_of

__all__ = ["shown_after"]


def shown_after(
    batch: RunningBatch, raw: pd.DataFrame, answers: Sequence[ProspectResult]
) -> dict[str, dict[str, Any]]:
    """Cell to the value that Pardot's answer makes of it, by prospect; answers with values only.

    Args:
        batch: The batch.
        raw: ``pardot_prospects_raw``; the answer is laid over the person's row.
        answers: What Pardot answered.
    """
    told = {answer.key: answer.values for answer in answers if answer.values}
    if not told:
        return {}
    before = raw[raw["id"].isin(list(told))]
    after = [
        {**{name: value for name, value in row.items() if name != "read_at"}, **told[row["id"]]}
        for row in rows(before)
    ]
    frame = canonical_raw(after)
    frame["read_at"] = batch.read_at.isoformat()
    normalized = normalize_prospects(frame, options_of(batch)).frame
    return {
        row["prospect_id"]: {
            f"{model}/{name}": value
            for model, fields in batch.ports.mapping.desired(row).items()
            for name, value in fields.items()
        }
        for row in rows(normalized)
    }
