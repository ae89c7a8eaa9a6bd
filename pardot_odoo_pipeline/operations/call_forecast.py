"""How many calls a run will make, and whether the day has them.

What lives here: the guess from the batches before, and the verdict. What does not: planning, which
counts instead of guessing (`planning`), and the counts of the day (`operations.quota`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.ledger.store.figures import done_batches
from pardot_odoo_pipeline.operations.quota import Left

__all__ = ["Usual", "refuse_beyond_today", "usual_calls"]

_LOOKED_AT = 20
_FIRST_TIME = {BatchKind.INITIAL: 0.02}
"""Calls a person where there is nothing to learn from; most people of a first sync cost none."""


@dataclass(frozen=True)
class Usual:
    """What batches of a kind usually cost.

    Attributes:
        per_person: Calls for each person.
        per_batch: Calls that even an empty one makes.
    """

    per_person: float
    per_batch: int

    @classmethod
    def of(cls, seen: Iterable[tuple[int, int]], *, first_time: float = 0.1) -> Usual:
        """Learn from batches that are done.

        Args:
            seen: Of each, its people and its calls.
            first_time: Calls a person where there were none.
        """
        known = list(seen)
        people = sum(one for one, _ in known)
        if not people:
            return cls(first_time, max((calls for _, calls in known), default=0))
        least = min(calls for _, calls in known)
        more = sum(calls - least for _, calls in known)
        return cls(more / people, least)

    def calls(self, people: int, batches: int = 1) -> int:
        """What so many people in so many batches will cost, about."""
        return round(self.per_person * people) + self.per_batch * batches


def usual_calls(connection: sa.Connection, kind: BatchKind) -> Usual:
    """What batches of a kind cost lately."""
    return Usual.of(
        (
            (int(one.outcome.get("read") or 0), int(one.outcome["pardot_calls"]))
            for one in done_batches(connection, of_a_kind=_LOOKED_AT)
            if one.kind is kind and "pardot_calls" in one.outcome
        ),
        first_time=_FIRST_TIME.get(kind, 0.1),
    )


def refuse_beyond_today(left: Left, calls: int) -> None:
    """Stop a run before it begins, where the day has fewer calls left than it will make.

    Raises:
        PipelineError: It does not fit; a person can begin it all the same.
    """
    if calls <= left.calls:
        return
    raise PipelineError(
        f"This sync will make about {calls:,} calls to Pardot, and {left.calls:,} of today's are "
        f"left for it until {left.resets_at:%Y-%m-%d %H:%M} UTC; nothing was begun",
        fix="Run it after that, or say yes with `--yes`: it then goes as far as it can today, and "
        "what is left goes on by itself the next day (`quota` in the rules file sets the parts)",
        code="calls_forecast",
        failure_class=FailureClass.CONFIGURATION,
    )
