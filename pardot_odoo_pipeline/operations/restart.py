"""The way back after a restoration: little at a time, more as long as all is well.

What lives here: the stages, what each allows, and what makes the next one begin or the one before
come back. What does not: the restoration itself (`operations.restoring`) and the brakes
(`merge.brakes`), which this only tightens.

A restored ledger is of yesterday, and both systems have gone on. What it believes is checked
against them with a few people first: a mistake then befalls fifty people and not everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import ChangesScope, RangeScope, Scope
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.ledger.store import certificates, incidents, restarts
from pardot_odoo_pipeline.ledger.store.restarts import Restart, RestartState
from pardot_odoo_pipeline.ledger.tables import cursors
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.safety_rules import DayLimits, Limit, SafetyRules
from pardot_odoo_pipeline.merge.brakes import Brake
from pardot_odoo_pipeline.steps.changes import (
    ACTIVITY_CURSOR,
    LEADS_CURSOR,
    PARTNERS_CURSOR,
    UPDATED_CURSOR,
)

__all__ = [
    "CAUSE",
    "REBUILT",
    "STAGES",
    "Stage",
    "begin_rebuilt",
    "catching_up",
    "counts_since",
    "judge_batch",
    "refuse_while_waiting",
    "resume",
    "tightened",
    "trouble_of",
]

_LATE = timedelta(hours=6)
_PEOPLE = (UPDATED_CURSOR, ACTIVITY_CURSOR, LEADS_CURSOR, PARTNERS_CURSOR)

REBUILT: Final = "rebuild"
CAUSE: Final = "recovery:restricted"


@dataclass(frozen=True)
class Stage:
    """What may happen at one stage.

    Attributes:
        people: In one batch.
        changes: People who may get other values, or be made, on each side since the stage began.
        losses: People whose values may be emptied, or whose records archived or deleted.
    """

    people: int
    changes: int
    losses: int


STAGES: Final = (Stage(50, 50, 5), Stage(200, 200, 20), Stage(1_000, 1_000, 100))
"""After the last one everything is as the rules say."""


def refuse_while_waiting(connection: sa.Connection) -> None:
    """Let nothing run on a ledger that was restored and not resumed.

    Raises:
        ConfigurationError: It waits for somebody.
    """
    if restarts.waits(connection):
        raise ConfigurationError(
            "This ledger was restored and waits: nothing runs until credentials are renewed",
            fix="Renew them and run `pardot-odoo restore --resume`, which names those that are "
            "still the old ones",
            code="restored_waits",
        )


def resume(connection: sa.Connection, seen: Restart, *, now: datetime) -> None:
    """Begin with the first stage."""
    moved = restarts.change(
        connection,
        seen,
        state=RestartState.RESTRICTED.value,
        stage=0,
        stage_since=now,
        resumed_at=now,
    )
    if not moved:
        raise PipelineError(
            "Somebody else resumed this ledger at the same moment",
            fix="Nothing to do: `pardot-odoo status` shows how far the restart is",
            code="restart_moved",
        )
    _report(connection, replace(seen, stage=0, reason=None), now)


def tightened(rules: Rules, restart: Restart | None, scope: Scope) -> Rules:
    """The rules as the stage has them; the file's own where they are tighter.

    Whoever is named (by a person, an event, a retry) is read; only what such a batch changes is
    bounded.
    """
    if restart is None or restart.state is not RestartState.RESTRICTED:
        return rules
    stage = STAGES[restart.stage]
    stretches = isinstance(scope, ChangesScope | RangeScope)
    return rules.model_copy(
        update={
            "batch_size": min(rules.batch_size, stage.people) if stretches else rules.batch_size,
            "safety": rules.safety.model_copy(
                update={side: _limited(rules.safety, side, stage) for side in ("odoo", "pardot")}
            ),
        }
    )


def _limited(safety: SafetyRules, side: str, stage: Stage) -> DayLimits:
    own: DayLimits = getattr(safety, side)
    allowed = {
        "overwrites": stage.changes,
        "creates": stage.changes,
        "blanks": stage.losses,
        "archives": stage.losses,
        "deletes": stage.losses,
    }
    limits: dict[str, Limit] = {}
    for kind, most in allowed.items():
        theirs: Limit | None = getattr(own, kind)
        # A share of everybody is no small number at any stage.
        limits[kind] = Limit(share=0, least=most if theirs is None else min(most, theirs.least))
    return DayLimits(**limits)


def counts_since(connection: sa.Connection, day_before: datetime) -> datetime:
    """Since when changes count for the brakes: within a stage, what was before it does not."""
    seen = restarts.current(connection)
    if seen is None or seen.stage_since is None:
        return day_before
    return max(day_before, seen.stage_since)


def catching_up(connection: sa.Connection) -> Restart | None:
    """The restoration, while anybody may still be met whom the ledger remembers as of before.

    Whoever changed since is read by the intervals, and the last retries of those come hours later.
    """
    seen = restarts.latest(connection)
    if seen is None or seen.over_at is None:
        return seen
    read_to = sa.select(sa.func.min(cursors.c.position)).where(cursors.c.name.in_(_PEOPLE))
    slowest = connection.execute(read_to).scalar_one_or_none()
    return seen if slowest is None or slowest < seen.over_at + _LATE else None


def begin_rebuilt(connection: sa.Connection, *, now: datetime) -> None:
    """Note that the ledger is made anew from both systems, and begin with the first stage.

    There is no snapshot that tells which credentials were in use, so none are refused.
    """
    restarts.begin(connection, source=REBUILT, taken_at=None, now=now, detail={})
    seen = restarts.current(connection)
    assert seen is not None
    resume(connection, seen, now=now)


def trouble_of(brakes: Sequence[Brake], dispositions: Mapping[str, int]) -> str | None:
    """What a batch's own account has against more at a time, in one word."""
    if brakes:
        return brakes[0].rule
    retrying = sum(dispositions.get(word, 0) for word in ("retrying", "in_doubt"))
    return "retrying" if retrying > sum(dispositions.values()) // 10 else None


def judge_batch(
    connection: sa.Connection, batch_key: str, scope: Scope, trouble: str | None, *, now: datetime
) -> None:
    """Let the restart grow after a batch in which all was well, and shrink after another one.

    Args:
        connection: An open write transaction.
        batch_key: A batch of people that came to its end.
        scope: Whom it was about: only stretches of changes, which a stage bounds, widen.
        trouble: What was wrong, in one word; None when nothing was.
        now: The present moment.
    """
    seen = restarts.current(connection)
    if seen is None or seen.state is not RestartState.RESTRICTED or seen.last_batch == batch_key:
        return
    values: dict[str, Any] = {"last_batch": batch_key, "stage_since": now, "reason": trouble}
    if trouble is not None:
        stage = max(seen.stage - 1, 0)
        if restarts.change(connection, seen, stage=stage, **values):
            _report(connection, replace(seen, stage=stage, reason=trouble), now)
        return
    if not isinstance(scope, ChangesScope | RangeScope):
        return
    if not _is_certified(connection, seen):
        restarts.change(connection, seen, last_batch=batch_key, reason="certificate")
        return
    stage = seen.stage + 1
    if stage < len(STAGES):
        if restarts.change(connection, seen, stage=stage, **values):
            _report(connection, replace(seen, stage=stage, reason=None), now)
    elif restarts.change(connection, seen, state=RestartState.OVER.value, over_at=now, **values):
        incidents.recover(connection, CAUSE, now=now)


def _is_certified(connection: sa.Connection, seen: Restart) -> bool:
    """Whether the latest comparison of both sides is clean; one from before says nothing."""
    found = certificates.last(connection)
    if found is None or seen.resumed_at is None or found.at < seen.resumed_at:
        return True
    return found.is_clean


def _report(connection: sa.Connection, restart: Restart, now: datetime) -> None:
    stage = STAGES[restart.stage]
    why = f" It was made smaller: {restart.reason}." if restart.reason else ""
    incidents.report(
        connection,
        CAUSE,
        now=now,
        code="restart_restricted",
        detail={
            "title": "Restart after a restoration: little at a time",
            "text": f"Batches are of at most {stage.people} people, at stage {restart.stage + 1} "
            f"of {len(STAGES)}.{why} Each batch in which all is well widens it.",
            "fix": "Look at `pardot-odoo status` and `pardot-odoo holds`; nothing else is to be "
            "done while it widens",
            "severity": "warning" if restart.reason else "info",
            "people": stage.people,
        },
    )
