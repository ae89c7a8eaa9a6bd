"""What happens to one field of one person, towards Odoo.

What lives here: the decision table for a single value. What does not: conversion of values
(`mapping`) and writing.

A side changed only if it differs from its own half of the agreed pair, so a lossy conversion never
looks like an edit. Without a pair (first contact) blanks in Odoo are filled, and a difference goes
to the field's authority; ``latest`` then means Odoo, its master.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy

__all__ = ["AgreedPair", "FieldDecision", "Verdict", "decide_field", "next_pair"]


class Verdict(StrEnum):
    """The decision for one field."""

    SAME = "same"
    WRITE = "write"
    KEEP = "keep"


@dataclass(frozen=True)
class AgreedPair:
    """What each side showed, in Odoo's RPC form, when they last agreed."""

    pardot: Any
    odoo: Any


@dataclass(frozen=True)
class FieldDecision:
    """Verdict for one field, and whether a loser must be kept in the conflict history."""

    verdict: Verdict
    conflict: bool = False


_SAME = FieldDecision(Verdict.SAME)
_WRITE = FieldDecision(Verdict.WRITE)
_KEEP = FieldDecision(Verdict.KEEP)


def decide_field(
    ours: Any,
    theirs: Any,
    pair: AgreedPair | None,
    *,
    authority: Authority,
    blank: BlankPolicy,
    same: Callable[[Any, Any], bool],
    is_blank: Callable[[Any], bool],
    is_unset: Callable[[Any], bool] | None = None,
) -> FieldDecision:
    """Decide between Pardot's value and the one that Odoo holds.

    Args:
        ours: Pardot's value, mapped into Odoo's form.
        theirs: Odoo's current value.
        pair: What both showed when they last agreed, None on first contact.
        authority: Whose value wins when both changed.
        blank: What a blank of Pardot's does.
        same: Equality through the mapping (``<p>x</p>`` equals ``x``, and so on).
        is_blank: Whether a value is empty for this field's type.
        is_unset: The same for Odoo's side, where a number that was never set reads as 0; taken
            to be ``is_blank`` when absent.
    """
    is_unset = is_unset or is_blank
    if same(ours, theirs):
        return _SAME
    if pair is not None and same(ours, pair.pardot):
        return _KEEP
    if is_blank(ours) and (blank is not BlankPolicy.CLEAR or pair is None):
        return _KEEP
    if is_unset(theirs):
        cleared_by_hand = pair is not None and not is_unset(pair.odoo)
        if not cleared_by_hand:
            return _WRITE
    elif blank is BlankPolicy.FILL_ONLY:
        return _KEEP
    if pair is not None and same(theirs, pair.odoo):
        return _WRITE
    if authority is Authority.PARDOT:
        return FieldDecision(Verdict.WRITE, conflict=True)
    return FieldDecision(Verdict.KEEP, conflict=True)


def next_pair(
    decision: FieldDecision, ours: Any, theirs: Any, pair: AgreedPair | None, same: bool
) -> AgreedPair:
    """What to remember of a field once its decision is carried out.

    Args:
        decision: What was decided.
        ours: Pardot's value, in Odoo's form.
        theirs: What Odoo shows after the write, or without one.
        pair: What was remembered before.
        same: Whether Pardot still shows its half of ``pair``.

    A value that a person set in Odoo and that was left alone is not agreed upon: Odoo's half stays
    as it was, so that the edit still looks like one when it is time to carry it to Pardot.
    """
    if decision.verdict is not Verdict.KEEP or pair is None:
        return AgreedPair(ours, theirs)
    return pair if same else AgreedPair(ours, pair.odoo)
