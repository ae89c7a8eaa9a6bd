"""Whether we and something else write one field in turns, for ever.

What lives here: the verdict over our own latest writes of a field. What does not: storing them,
and leaving the field alone (`merge.cells`, ``held``).

Another integration, a workflow, or a conversion that nobody foresaw answers each write of ours
with one of its own. Three of ours in a day are enough to stop, unless a person edited in between:
people may change their minds, and three different values to one side are a busy person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NotRequired, TypedDict

__all__ = ["KEPT", "OwnWrite", "appended", "is_ping_pong"]

_WINDOW: Final = timedelta(hours=24)
_ENOUGH: Final = 3

KEPT: Final = 6
"""Writes remembered per field: enough for three batches that write both sides."""


class OwnWrite(TypedDict):
    """One write of ours: when, to which side, a keyed hash of the value, in which batch, why."""

    at: str
    to: str
    hash: str
    batch: str
    rule: str
    human: NotRequired[bool]
    """Whether a person's edit was known to be the reason."""


def is_ping_pong(history: Sequence[OwnWrite], now: datetime, human_edit: bool) -> bool:
    """Whether the next write of this field should not happen.

    Args:
        history: Our writes of the field, oldest first.
        now: The present.
        human_edit: Whether a person is known to have made the edit that asks for the write.
    """
    if human_edit:
        return False
    batches: dict[str, list[OwnWrite]] = {}
    for write in history:
        if write.get("human"):
            batches.clear()
        elif now - datetime.fromisoformat(write["at"]) <= _WINDOW:
            # One edit may be carried to Pardot and to another cell at once: that is one turn.
            batches.setdefault(write["batch"], []).append(write)
    turns = list(batches.values())[-_ENOUGH:]
    return len(turns) == _ENOUGH and (_alternate(turns) or _repeat(turns))


def _alternate(turns: Sequence[Sequence[OwnWrite]]) -> bool:
    sides = [{write["to"] for write in turn} for turn in turns]
    return all(a.isdisjoint(b) for a, b in pairwise(sides))


def _repeat(turns: Sequence[Sequence[OwnWrite]]) -> bool:
    values = [value for turn in turns for value in {(write["to"], write["hash"]) for write in turn}]
    return len(set(values)) < len(values)


def appended(history: Sequence[OwnWrite], entry: OwnWrite, now: datetime) -> list[OwnWrite]:
    """The history with one more write; what is too old to matter is left out."""
    recent = [write for write in history if now - datetime.fromisoformat(write["at"]) <= _WINDOW]
    return [*recent, entry][-KEPT:]
