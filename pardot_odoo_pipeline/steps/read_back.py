"""What Pardot shows of people after a write, in the form of Odoo's cells.

What lives here: putting the write's answer through the same normalisation as any read. What does
not: the write (`steps.load_pardot`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.mapping.canonical import canonical_raw
from pardot_odoo_pipeline.mapping.normalize import normalize_prospects
from pardot_odoo_pipeline.pardot.prospect_writes import ProspectResult
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.normalize import options_of

__all__ = ["read_differently", "shown_after"]


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
    return _cells(batch, raw, told)


def read_differently(
    batch: RunningBatch, raw: pd.DataFrame, shown: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Cells that show another value since a write, and were perhaps not told one.

    A national phone number means another one once its country changed. That is no edit of the
    number, and must not be taken for one.

    Args:
        batch: The batch.
        raw: ``pardot_prospects_raw``.
        shown: As `shown_after` has it.

    Returns:
        By prospect, cell to its value before the write and after it.
    """
    before = _cells(batch, raw, {who: {} for who in shown})
    return {
        who: {
            key: (before[who][key], value)
            for key, value in cells.items()
            if key in before[who] and before[who][key] != value
        }
        for who, cells in shown.items()
        if who in before
    }


def _cells(
    batch: RunningBatch, raw: pd.DataFrame, told: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    if not told:
        return {}
    rows_of = [
        {**{name: value for name, value in row.items() if name != "read_at"}, **told[row["id"]]}
        for row in rows(raw[raw["id"].isin(list(told))])
    ]
    frame = canonical_raw(rows_of)
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
