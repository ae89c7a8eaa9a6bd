"""Tags that a restored ledger has forgotten to have given, or to have taken.

What lives here: what is agreed about a tag, where Pardot's own memory of the membership tells. What
does not: the decision (`merge.memberships`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pardot_odoo_pipeline.merge.memberships import Membership, TagState
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["recalled"]


def recalled(
    batch: RunningBatch, state: TagState, memberships: Iterable[Membership | None]
) -> TagState:
    """The three answers, the middle one corrected where it is only old.

    A record that carries the tag of a list that its person was on has it from us: the person left
    since. One that lacks the tag of a list that its person came to since was never given it.

    Args:
        batch: The batch.
        state: As the ledger has it.
        memberships: Those of everybody behind the record, None where there never was one.
    """
    if not batch.catching_up or state.carried is None:
        return state
    known = [one for one in memberships if one is not None]
    if state.carried and not state.agreed and not state.wanted and known:
        return replace(state, agreed=True)
    joined_since = batch.knows_until is not None and any(
        one.gives_tag and one.version > batch.knows_until for one in known
    )
    if state.wanted and state.agreed and not state.carried and joined_since:
        return replace(state, agreed=False)
    return state
