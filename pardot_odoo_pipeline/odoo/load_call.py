"""One `load()` of rows with the same columns, and what its answer means.

What lives here: telling bad rows from a failed call, and loading the good rows without the bad.
What does not: which rows to load (`load_method_loader`).

`load()` saves all rows or none and answers with success either way. Its messages name bad rows,
but not reliably: it stops after ten, blames the first row for an error of the whole, and reports
lost races as if the row were bad. So a row is called bad only when it was refused alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooConflict, OdooError
from pardot_odoo_pipeline.odoo.refusals import is_conflict_text, lost_right, refusal

__all__ = ["load_rows"]


def load_rows(
    client: OdooClient,
    model: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    context: Mapping[str, Any],
) -> list[int | str]:
    """Load these rows; the record's id for each, or a sentence that says why it was refused.

    Raises:
        OdooConflict: Others were changing the same records: nothing was written, repeat the call.
        OdooError: The call failed as a whole.
    """
    if not rows:
        return []
    ids, blamed, reason = _one_call(client, model, columns, rows, context)
    if ids is not None:
        return list(ids)
    if len(rows) == 1:
        return [reason]
    outcomes: list[int | str] = [""] * len(rows)
    if not blamed:
        middle = len(rows) // 2
        parts = [list(range(middle)), list(range(middle, len(rows)))]
    else:
        parts = [[n for n in range(len(rows)) if n not in blamed], *([n] for n in sorted(blamed))]
    for part in parts:
        told = load_rows(client, model, columns, [rows[n] for n in part], context)
        for position, outcome in zip(part, told, strict=True):
            outcomes[position] = outcome
    return outcomes


def _one_call(
    client: OdooClient,
    model: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    context: Mapping[str, Any],
) -> tuple[list[int] | None, set[int], str]:
    """Ids; or None, the positions that Odoo blames, and the last reason in safe words."""
    try:
        answer = client.load(model, columns, rows, context=context)
    except OdooError as error:
        if error.failure_class is FailureClass.BAD_RECORD and not error.in_doubt:
            return None, set(), error.cause
        raise
    if answer["ids"]:
        return answer["ids"], set(), ""
    blamed: set[int] = set()
    reason = "Odoo refuses the row"
    for message in answer["messages"]:
        text = str(message.get("message", ""))
        if is_conflict_text(text):
            raise OdooConflict(
                f"{model}.load: others were changing the same records, and nothing was written",
                fix="Nothing to do: it is tried again",
                code="load_conflict",
                model=model,
                method="load",
            )
        if right := lost_right("AccessError", text, model=model, method="load"):
            raise right
        if message.get("type") != "error":
            continue
        span = message.get("rows") or {}
        if isinstance(span.get("from"), int) and isinstance(span.get("to"), int):
            blamed |= set(range(span["from"], span["to"] + 1))
        reason = _reason(text, message.get("field"))
    blamed &= set(range(len(rows)))
    return None, blamed if len(blamed) < len(rows) else set(), reason


def _reason(text: str, field: Any) -> str:
    cause = refusal("builtins.ValueError", text, model=None, method=None).cause
    return f"{cause}: field {field}" if isinstance(field, str) and field not in cause else cause
