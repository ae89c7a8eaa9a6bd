"""What an answer must look like, whoever gave it.

What lives here: the look at every list of ids or rows before anybody uses it. What does not: what
the values mean, which whoever asked for them knows.

A proxy, a module that overrides ``search_read``, or another program at that address may answer
with anything. It is refused where it arrives, by the name of what is missing: further in it would
be an exception of Python's, which prints what it met.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pardot_odoo_pipeline.odoo.errors import OdooProtocolError

__all__ = ["fitting", "malformed"]


def fitting(answer: Any, model: str, method: str, named: Mapping[str, Any]) -> Any:
    """The answer, if it has the form of its method's answers.

    Args:
        answer: As decoded.
        model: Of the call.
        method: Of the call; only those that read records or their ids have a form.
        named: The call's arguments by name.

    Raises:
        OdooProtocolError: It is no list, a row is none, or lacks a field that was asked for.
    """
    if method not in ("read", "search_read", "search"):
        return answer
    call = {"model": model, "method": method}
    if not isinstance(answer, list):
        raise malformed("is no list", **call)
    if method == "search":
        if not all(type(one) is int for one in answer):
            raise malformed("has something else than ids", **call)
        return answer
    wanted = {"id", *(named.get("fields") or ())}
    for row in answer:
        if not isinstance(row, dict):
            raise malformed("has a row that is no record", **call)
        if not row.keys() >= wanted:
            lacking = ", ".join(sorted(wanted - row.keys()))
            raise malformed(f"has a row without {lacking}", **call)
        if type(row["id"]) is not int:
            raise malformed("has a row whose id is no number", **call)
    return answer


def malformed(
    what: str, *, model: str | None = None, method: str | None = None
) -> OdooProtocolError:
    """The error of an answer of another form.

    Args:
        what: What is wrong with it; names of fields, never a value.
        model: Of the call, where it is known.
        method: Of the call, where it is known.
    """
    where = f"{model}.{method}: " if model and method else ""
    return OdooProtocolError(
        f"{where}Odoo's answer {what}",
        fix="Check that ODOO_URL leads to Odoo itself, and whether a module or a proxy there "
        "changes what it answers",
        code="malformed_answer",
        model=model,
        method=method,
    )
