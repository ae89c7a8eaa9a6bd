"""A side restored from a backup: how that is noticed, and how it comes forward again. Pure.

What lives here: the verdict on versions, and the values that were agreed upon before. What does
not: reading versions and asking a person (`operations.rewound`).

Record times never go back by themselves. If of the records that were newest most show an older time
or are not there, everything that was done since some moment is gone, and whatever a record shows
now is no edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pardot_odoo_pipeline.mapping.rules import Direction
from pardot_odoo_pipeline.merge.people import PersonMapping
from pardot_odoo_pipeline.merge.values import UNREAD, AgreedPair

__all__ = ["LEAST", "forward_values", "is_rewound"]

LEAST = 3
"""So many records must show an older time: one or two are somebody's repair in the database."""

_SHARE = 0.75

_SURELY = timedelta(minutes=5)
"""Clocks are set right now and then; what is set back by less is no backup."""

Wishes = dict[str, tuple[str, Any]]


def is_rewound(newest: Iterable[tuple[datetime, datetime | None]]) -> bool:
    """Whether a side was set back.

    Args:
        newest: The records with the highest recorded versions, newest first: what was recorded,
            and what the side shows now; None where it does not have the record. Deletions alone
            are no sign.
    """
    older = lost = 0
    for number, (recorded, shown) in enumerate(newest, start=1):
        older += shown is not None and recorded - shown > _SURELY
        lost += shown is None
        if older >= LEAST and older + lost >= _SHARE * number:
            return True
    return False


def forward_values(
    side: str,
    sources: Mapping[str, Sequence[str]],
    agreed: Mapping[str, AgreedPair],
    desired: Mapping[str, Mapping[str, Any]],
    shown: Mapping[str, Mapping[str, Any]],
    mapping: PersonMapping,
) -> Wishes:
    """The values that a side which was set back should show again: source to cell and value.

    Odoo gets back its own half of what was agreed, or what Pardot has changed to since. Pardot is
    told what Odoo shows; what only Pardot may say goes its usual way.

    Args:
        side: ``odoo`` or ``pardot``: the one that was set back.
        sources: Pardot field to its cells, home first.
        agreed: What both sides showed when they agreed.
        desired: Pardot's values now, by model.
        shown: Odoo's values now, by model.
        mapping: Equality and policies.
    """
    decide: Callable[[str, AgreedPair, Any, Any, PersonMapping], Any]
    decide = _odoo_again if side == "odoo" else _pardot_again
    wishes: Wishes = {}
    for source, keys in sources.items():
        if side == "pardot" and not _may_tell(mapping, source):
            continue
        for key in keys:
            model, _, name = key.partition("/")
            ours = desired.get(model, {}).get(name, UNREAD)
            theirs = shown.get(model, {}).get(name, UNREAD)
            if key not in agreed or ours is UNREAD or theirs is UNREAD:
                continue
            value = decide(key, agreed[key], ours, theirs, mapping)
            if value is not UNREAD:
                wishes[source] = (key, value)
                break
    return wishes


def _odoo_again(key: str, pair: AgreedPair, ours: Any, theirs: Any, mapping: PersonMapping) -> Any:
    if mapping.same(key, theirs, pair.odoo):
        return UNREAD
    return pair.odoo if mapping.same(key, ours, pair.pardot) else ours


def _pardot_again(
    key: str, pair: AgreedPair, ours: Any, theirs: Any, mapping: PersonMapping
) -> Any:
    return UNREAD if mapping.same(key, ours, pair.pardot) else theirs


def _may_tell(mapping: PersonMapping, source: str) -> bool:
    policy = mapping.policy(source)
    return policy.direction is not Direction.TO_ODOO and policy.invertible
