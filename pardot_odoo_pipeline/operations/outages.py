"""What becomes of a failure that is a system's: its circuit, and the one incident.

What lives here: opening circuits, the gate for batches, closing, with the incidents that people
see; on the ledger alone. What does not: asking a system whether it is back (`probing`), and which
failure asks for what (`playbook`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.ledger.store import circuits, incidents
from pardot_odoo_pipeline.ledger.store.circuits import Circuit, CircuitState, Reason
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations.budget import account_day
from pardot_odoo_pipeline.operations.playbook import Reaction, Words, reaction_of, words
from pardot_odoo_pipeline.pardot.errors import PardotQuotaExceeded

__all__ = [
    "Verdict",
    "came_through",
    "judge",
    "note",
    "pauses_of",
    "resets_at",
    "shut_for",
    "shut_for_backup",
    "still_silent",
    "waits_for_backup",
    "well_again",
]

_REASONS = {
    Reaction.WAIT_FOR_SYSTEM: Reason.DOWN,
    Reaction.RENEW_CREDENTIALS: Reason.CREDENTIALS,
    Reaction.PAUSE_UNTIL_RESET: Reason.QUOTA,
    Reaction.PAUSE_LANE: Reason.LANE,
}
_REACTIONS = {reason: reaction for reaction, reason in _REASONS.items()}
_CLASSES = {
    Reason.DOWN: FailureClass.RETRY_LATER,
    Reason.CREDENTIALS: FailureClass.RENEW_CREDENTIALS,
    Reason.QUOTA: FailureClass.PAUSE_UNTIL_RESET,
    Reason.LANE: FailureClass.PAUSE_UNTIL_RESET,
}
_AFTER_RESET = timedelta(minutes=1)
"""The account's clock and ours differ."""


class Usage(Protocol):
    """The account's calls of the day, as it told them last."""

    @property
    def used(self) -> int: ...

    @property
    def maximum(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failure means for the batch that met it.

    Attributes:
        reaction: What it asks for.
        system: Whose failure it is, where a system is to be left alone for it.
    """

    reaction: Reaction
    system: str | None

    @property
    def is_of_a_system(self) -> bool:
        """Whether a circuit opens: the batch is not to blame and waits for that to close."""
        return self.system is not None

    @property
    def counts(self) -> bool:
        """Whether it counts among the faults of the batch."""
        return not self.is_of_a_system and self.reaction is not Reaction.TRY_AGAIN

    @property
    def is_hopeless(self) -> bool:
        """Whether only a person can help the batch."""
        return self.reaction is Reaction.MEND_SETUP


def judge(failure: BaseException, usage: Usage | None = None) -> Verdict:
    """What a failure asks for.

    Args:
        failure: What a step, or the opening of its ports, ended with.
        usage: What Pardot's account said of its calls last.
    """
    if not isinstance(failure, PipelineError):
        return Verdict(Reaction.TRY_AGAIN_COUNTED, None)
    met = usage is not None and 0 < usage.maximum <= usage.used
    reaction = reaction_of(failure.failure_class, failure.system, failure.code, quota_is_met=met)
    return Verdict(reaction, failure.system if reaction in _REASONS else None)


def pauses_of(rules: Rules) -> list[timedelta]:
    """How long until a system is asked the first time, the second, and so on; the last repeats."""
    pause, longest = rules.outages.first_pause, rules.outages.longest_pause
    pauses = []
    while pause < longest:
        pauses.append(timedelta(minutes=pause))
        pause *= 2
    return [*pauses, timedelta(minutes=longest)]


def resets_at(now: datetime, rules: Rules) -> datetime:
    """When the account's day ends, and its limits begin anew."""
    return account_day(now, rules.account_time_zone).resets_at + _AFTER_RESET


def _until(failure: PipelineError, now: datetime, rules: Rules) -> datetime:
    """When a limit is over, by the failure or by the account's day."""
    told = failure.until if isinstance(failure, PardotQuotaExceeded) else None
    return told or resets_at(now, rules)


def note(
    connection: sa.Connection,
    failure: PipelineError,
    verdict: Verdict,
    *,
    lane: str,
    now: datetime,
    rules: Rules,
    batch: str | None = None,
) -> Circuit | None:
    """Leave a system alone from now on, and report the incident.

    Args:
        connection: An open write transaction.
        failure: What happened.
        verdict: What it means.
        lane: The lane of the batch that met it.
        now: The present moment.
        rules: How long the pauses are, and which day the account's is.
        batch: The batch.

    Returns:
        The circuit that stands now, where the failure is a system's.
    """
    if verdict.system is None:
        return None
    reason = _REASONS[verdict.reaction]
    before, standing = circuits.open_circuit(
        connection,
        verdict.system,
        lane if reason is Reason.LANE else circuits.WHOLE,
        reason=reason,
        code=None if failure.code is None else str(failure.code),
        now=now,
        pauses=pauses_of(rules),
        until=_until(failure, now, rules) if reason in (Reason.QUOTA, Reason.LANE) else None,
    )
    _report(connection, standing, before, failure, now=now, batch=batch)
    return standing


def still_silent(
    connection: sa.Connection,
    asked: Circuit,
    failure: PipelineError,
    verdict: Verdict,
    *,
    now: datetime,
    rules: Rules,
) -> None:
    """A probe failed as well: the same incident goes on, or the trouble is another one now."""
    reason = asked.reason
    # The settings may be what is broken now; and a look has no lane.
    if verdict.system == asked.system and verdict.reaction is not Reaction.PAUSE_LANE:
        reason = _REASONS[verdict.reaction]
    standing = circuits.kept_silent(
        connection,
        asked,
        now=now,
        pauses=pauses_of(rules),
        reason=reason,
        code=None if failure.code is None else str(failure.code),
        until=_until(failure, now, rules) if reason is Reason.QUOTA else None,
    )
    if standing is not None:
        _report(connection, standing, asked, failure, now=now, batch=None)


def well_again(
    connection: sa.Connection, asked: Circuit, *, first: bool, now: datetime
) -> CircuitState:
    """A probe was answered: a batch that waits goes first, else all is well again."""
    if circuits.answered(connection, asked, first=first) and not first:
        incidents.recover(connection, asked.cause_key, now=now)
    return CircuitState.HALF_OPEN if first else CircuitState.CLOSED


def came_through(
    connection: sa.Connection, tries: Sequence[Circuit], key: str, *, now: datetime
) -> None:
    """The batch that went first is done: all others may follow."""
    for circuit in tries:
        if circuits.tried(connection, circuit, key):
            incidents.recover(connection, circuit.cause_key, now=now)


def shut_for(circuit: Circuit) -> PipelineError:
    """What whoever wants to begin is told."""
    if circuit.reason is Reason.REWOUND:
        return shut_for_backup(circuit.system)
    told = words(
        circuit.code, circuit.system, reaction=_REACTIONS[circuit.reason], lane=circuit.lane
    )
    since = circuit.opened_at.strftime("%Y-%m-%d %H:%M UTC")
    if circuit.state is CircuitState.HALF_OPEN:
        next_step = "it answers again, and another batch goes first"
    else:
        when = circuit.probe_at.strftime("%Y-%m-%d %H:%M UTC")
        next_step = f"it is asked again at {when}"
    return PipelineError(
        f"{told.title}, since {since}; nothing was begun, {next_step}",
        fix="Nothing to do here: what waits goes on by itself; `pardot-odoo status` says what is "
        "wrong and what to do about it",
        code="circuit_open",
        failure_class=_CLASSES[circuit.reason],
    )


def shut_for_backup(system: str) -> PipelineError:
    """What is told while nobody has chosen whose values stand after a restored backup."""
    return PipelineError(
        f"{system.capitalize()} shows older versions of records than before, as after a restored "
        "backup; nothing is written until a person says whose values stand",
        fix=f"`pardot-odoo reconcile` shows how many; `pardot-odoo reconcile --accept-rewound "
        f"{system} --keep ours` brings {system.capitalize()} forward again, `--keep theirs` takes "
        "the restored values",
        code="rewound",
        failure_class=FailureClass.RETRY_LATER,
    )


def waits_for_backup() -> PipelineError:
    """What is told while a restored side is brought forward, as a person chose."""
    return PipelineError(
        "A side on which a backup was restored is brought forward; nothing else begins until then",
        fix="Nothing to do here: what waits goes on by itself. `pardot-odoo status` shows the "
        "batches that are under way, `pardot-odoo sync` runs them where no daemon does",
        code="coming_forward",
        failure_class=FailureClass.RETRY_LATER,
    )


def _report(
    connection: sa.Connection,
    standing: Circuit,
    before: Circuit | None,
    failure: PipelineError,
    *,
    now: datetime,
    batch: str | None,
) -> None:
    if before is not None and before.cause_key != standing.cause_key:
        incidents.recover(connection, before.cause_key, now=now)
    code = failure.code
    told = words(
        code,
        standing.system,
        reaction=_REACTIONS[standing.reason],
        lane=standing.lane,
        cause=failure.cause,
        fix=failure.fix,
    )
    incidents.report(
        connection,
        standing.cause_key,
        now=now,
        code=code,
        detail=_detail(told, standing, batch),
    )


def _detail(told: Words, standing: Circuit, batch: str | None) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "title": told.title,
        "text": told.text,
        "fix": told.fix,
        "severity": "warning" if standing.reason is Reason.LANE else "error",
        "system": standing.system,
        "since": standing.opened_at.isoformat(),
        "next_look": standing.probe_at.isoformat(),
        "probes": standing.probes,
    }
    if standing.until is not None:
        detail["until"] = standing.until.isoformat()
    if batch is not None:
        detail["batch"] = batch
    return detail
