"""The split of extracted prospects into those that can be synced and those that cannot.

What lives here: turning the failed checks of the schema into quarantine reasons, row by row. What
does not: the checks (``schemas/prospects_validated.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.mapping.reasons import QuarantineReason
from pardot_odoo_pipeline.schemas.checked import checked_rows
from pardot_odoo_pipeline.schemas.prospects_validated import ProspectsValidated
from pardot_odoo_pipeline.schemas.rows import text_array

__all__ = ["SplitProspects", "split_prospects"]

# The first that holds is the reason; with an unusable id nothing else about the row counts.
_DETAILS = {
    QuarantineReason.IDENTITY_CONFLICT: "the prospect id is missing or no number",
    QuarantineReason.EMAIL_MISSING: "no e-mail address",
    QuarantineReason.EMAIL_INVALID: "the e-mail address breaks the syntax of addresses",
}


class SplitProspects(NamedTuple):
    """A frame of prospects in two halves.

    Attributes:
        valid: The rows that passed, under ``ProspectsValidated``.
        quarantined: ``prospect_id, reason, detail`` of the others, under ``Quarantined``.
    """

    valid: pd.DataFrame
    quarantined: pd.DataFrame


def split_prospects(frame: pd.DataFrame) -> SplitProspects:
    """Validate every row; a bad row never stops the others.

    Args:
        frame: A canonical frame with one row per prospect id.

    Raises:
        PipelineError: The frame itself is not what this project writes, for example a column lacks.
    """
    frame, failures = checked_rows(ProspectsValidated, frame.reset_index(drop=True))
    reasons = _reasons(failures)
    order = sorted(reasons)
    quarantined = pd.DataFrame(
        {
            "prospect_id": text_array(_known(frame["id"].iloc[at]) for at in order),
            "reason": text_array(reasons[at].value for at in order),
            "detail": text_array(_DETAILS[reasons[at]] for at in order),
        }
    )
    if not reasons:
        return SplitProspects(frame, quarantined)
    bad = pd.Series(frame.index.isin(list(reasons)), index=frame.index, dtype=bool)
    return SplitProspects(frame[~bad].reset_index(drop=True), quarantined)


def _known(value: object) -> str:
    return value if isinstance(value, str) else ""


def _reasons(failures: Iterable[tuple[str, Any]]) -> dict[int, QuarantineReason]:
    names = {reason.value for reason in _DETAILS}
    failed: dict[int, set[str]] = {}
    for check, at in failures:
        if check not in names or at is None or pd.isna(at):
            raise PipelineError(
                f"The frame of prospects breaks its schema at '{check}'",
                fix="Delete the batch's frames and run the batch again; report it if it returns",
                code="frame_schema",
            )
        failed.setdefault(int(at), set()).add(check)
    return {
        at: next(reason for reason in _DETAILS if reason.value in checks)
        for at, checks in failed.items()
    }
