"""Circuits: a system that does not work is left alone, and asked now and then whether it does.

What lives here: opening, asking, trying and closing, one conditional update each, and what is shut
for whom. What does not: which failure opens one (`operations.playbook`), and how a system is asked
(`operations.probing`).

``closed`` (or no row): all is well. ``open``: nothing begins that needs it, until a probe is
answered. ``half_open``: one batch goes first, because a server may answer a look and still fail
under work; it closes the circuit, or opens it again with the pauses going on where they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.circuit_tables import circuits as t
from pardot_odoo_pipeline.ledger.store.sql import insert_into

__all__ = [
    "BACKUP",
    "WHOLE",
    "Circuit",
    "CircuitState",
    "Reason",
    "admit",
    "answered",
    "close",
    "free_trial",
    "kept_silent",
    "open_circuit",
    "standing",
    "take_probes",
    "tried",
]

WHOLE = ""
"""The lane of a circuit that shuts the whole system."""

BACKUP = "rewound"
"""The lane of a circuit that shuts the whole system because a backup was restored there: no answer
of the system opens it again, only a person's choice."""

PROBE_LEASE = timedelta(minutes=2)
"""Longer than any probe takes: whoever died while asking does not keep others from asking."""

TRIAL_LEASE = timedelta(minutes=10)
"""Longer than it takes until a worker that went silent is noticed."""


class CircuitState(StrEnum):
    """Whether the way is shut."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Reason(StrEnum):
    """What is wrong, as far as it decides what is done."""

    DOWN = "down"
    CREDENTIALS = "credentials"
    QUOTA = "quota"
    LANE = "lane"
    REWOUND = "rewound"


@dataclass(frozen=True, slots=True)
class Circuit:
    """One that is not closed, or was.

    Attributes:
        system: ``pardot`` or ``odoo``.
        lane: The kind of batches that it shuts; ``WHOLE`` for all of them.
        state: Where it stands.
        reason: What is wrong.
        code: The code of the failure that opened it, or of the last probe.
        opened_at: Since when.
        probe_at: When the system is asked next.
        probes: How many probes and trials failed since it was opened.
        until: When a limit resets; it is not asked before.
        trial: The batch that goes first.
        trial_until: Until when it alone does.
    """

    system: str
    lane: str
    state: CircuitState
    reason: Reason
    code: str | None
    opened_at: datetime
    probe_at: datetime
    probes: int
    until: datetime | None
    trial: str | None
    trial_until: datetime | None

    @property
    def cause_key(self) -> str:
        """The incident that it is."""
        if self.reason is Reason.LANE:
            return f"{self.system}:lane:{self.lane}"
        return f"{self.system}:{self.reason.value}"

    def concerns(self, lane: str) -> bool:
        """Whether batches of that lane need what it shuts."""
        return self.lane in (WHOLE, BACKUP, lane)


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)

_COLUMNS = [t.c[name] for name in Circuit.__dataclass_fields__]


_STANDING = (
    sa.select(*_COLUMNS)
    .where(t.c.state != CircuitState.CLOSED.value)
    .order_by(t.c.system, t.c.lane)
)


def standing(connection: sa.Connection) -> list[Circuit]:
    """Those that are not closed."""
    return [_circuit(row) for row in connection.execute(_STANDING)]


def open_circuit(
    connection: sa.Connection,
    system: str,
    lane: str,
    *,
    reason: Reason,
    code: str | None,
    now: datetime,
    pauses: Sequence[timedelta],
    until: datetime | None = None,
) -> tuple[Circuit | None, Circuit]:
    """Shut the way; it stays shut where it was. Pauses between probes go on where they were.

    Args:
        connection: An open write transaction.
        system: ``pardot`` or ``odoo``.
        lane: The lane, or ``WHOLE``.
        reason: What is wrong.
        code: The failure's code.
        now: The present moment.
        pauses: How long until the first probe, the second, …; the last one repeats.
        until: When a limit resets, where that is known.

    Returns:
        What stood there before, where it was not closed, and what stands now.
    """
    before = next((c for c in standing(connection) if (c.system, c.lane) == (system, lane)), None)
    probes, opened_at, probe_at = 0, now, until or now + pauses[0]
    if before is not None:
        opened_at, probes = before.opened_at, before.probes
        if before.state is CircuitState.HALF_OPEN:
            probes += 1
            probe_at = until or now + _pause(pauses, probes)
        elif before.reason is reason:
            # Batches that were under way end the same way; the next probe comes when it comes.
            probe_at = before.probe_at if until is None else until
    values: dict[str, Any] = {
        "state": CircuitState.OPEN.value,
        "reason": reason.value,
        "code": code,
        "opened_at": opened_at,
        "probe_at": probe_at,
        "probes": probes,
        "until": until,
        "trial": None,
        "trial_until": None,
    }
    statement = insert_into(connection, t).values(system=system, lane=lane, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[t.c.system, t.c.lane], set_=values)
    )
    return before, _get(connection, system, lane)


def open_for_backup(connection: sa.Connection, system: str, *, now: datetime) -> bool:
    """Shut the way to a system on which a backup was restored; whether that is news."""
    before, _ = open_circuit(
        connection,
        system,
        BACKUP,
        reason=Reason.REWOUND,
        code=Reason.REWOUND.value,
        now=now,
        pauses=[],
        until=_NEVER,
    )
    return before is None


def take_probes(
    connection: sa.Connection, *, now: datetime, at_once: bool = False
) -> list[Circuit]:
    """Take the right to ask the systems that are due; nobody else asks them meanwhile.

    Args:
        connection: An open write transaction.
        now: The present moment.
        at_once: A person asks, and does not wait for the pause to end; a lane's time runs all the
            same, since nobody can be asked about it.
    """
    due = t.c.probe_at <= now
    if at_once:
        due = sa.or_(due, t.c.lane == WHOLE)
    rows = connection.execute(
        sa.update(t)
        .where(t.c.state == CircuitState.OPEN.value, due)
        .values(probe_at=now + PROBE_LEASE)
        .returning(*_COLUMNS)
    )
    return sorted(map(_circuit, rows), key=lambda circuit: (circuit.system, circuit.lane))


def kept_silent(
    connection: sa.Connection,
    asked: Circuit,
    *,
    now: datetime,
    pauses: Sequence[timedelta],
    reason: Reason,
    code: str | None,
    until: datetime | None = None,
) -> Circuit | None:
    """A probe failed: the next one comes after a longer pause.

    Returns:
        What stands now; None where somebody else opened or closed it meanwhile.
    """
    probes = asked.probes + 1
    changed = connection.execute(
        sa.update(t)
        .where(_same(asked), t.c.state == CircuitState.OPEN.value)
        .values(
            probes=probes,
            probe_at=until or now + _pause(pauses, probes),
            reason=reason.value,
            code=code,
            until=until,
        )
    )
    return _get(connection, asked.system, asked.lane) if changed.rowcount else None


def answered(connection: sa.Connection, asked: Circuit, *, first: bool) -> bool:
    """A probe was answered; whether that is how it stands.

    Args:
        connection: An open write transaction.
        asked: The circuit as it was taken.
        first: Whether a batch waits, which then goes first; else the circuit closes.
    """
    state = CircuitState.HALF_OPEN if first else CircuitState.CLOSED
    changed = connection.execute(
        sa.update(t)
        .where(_same(asked), t.c.state == CircuitState.OPEN.value)
        .values(state=state.value, trial=None, trial_until=None)
    )
    return changed.rowcount == 1


def admit(
    connection: sa.Connection, key: str, lane: str, *, now: datetime
) -> tuple[Circuit | None, list[Circuit]]:
    """Whether a batch may begin: where the way is half open, it goes first, or waits for who does.

    Returns:
        What is in its way, or None; and the circuits that it is to try.
    """
    concerned = [circuit for circuit in standing(connection) if circuit.concerns(lane)]
    for circuit in concerned:
        if circuit.state is CircuitState.OPEN:
            return circuit, []
    tries: list[Circuit] = []
    for circuit in concerned:
        taken = connection.execute(
            sa.update(t)
            .where(t.c.system == circuit.system, t.c.lane == circuit.lane)
            .where(t.c.state == CircuitState.HALF_OPEN.value)
            .where(sa.or_(t.c.trial.is_(None), t.c.trial == key, t.c.trial_until <= now))
            .values(trial=key, trial_until=now + TRIAL_LEASE)
        )
        if taken.rowcount != 1:
            for other in tries:
                free_trial(connection, other, key)
            return circuit, []
        tries.append(circuit)
    return None, tries


def tried(connection: sa.Connection, circuit: Circuit, key: str) -> bool:
    """The batch that went first came through: the way is open to all. Whether that closed it."""
    return close(connection, circuit, trial=key)


def free_trial(connection: sa.Connection, circuit: Circuit, key: str) -> None:
    """The batch that went first ended without an answer to the question: another one goes."""
    connection.execute(
        sa.update(t)
        .where(t.c.system == circuit.system, t.c.lane == circuit.lane, t.c.trial == key)
        .where(t.c.state == CircuitState.HALF_OPEN.value)
        .values(trial=None, trial_until=None)
    )


def close(connection: sa.Connection, circuit: Circuit, *, trial: str | None = None) -> bool:
    """All is well again. Whether it was shut, and is not."""
    wanted = [t.c.system == circuit.system, t.c.lane == circuit.lane]
    if trial is not None:
        wanted.append(t.c.trial == trial)
    changed = connection.execute(
        sa.update(t)
        .where(*wanted, t.c.state != CircuitState.CLOSED.value)
        .values(state=CircuitState.CLOSED.value, trial=None, trial_until=None, probes=0)
    )
    return changed.rowcount == 1


def _pause(pauses: Sequence[timedelta], probes: int) -> timedelta:
    return pauses[min(probes, len(pauses) - 1)]


def _same(circuit: Circuit) -> sa.ColumnElement[bool]:
    """Still the circuit that was taken: its probe has not been given to anybody else."""
    return sa.and_(
        t.c.system == circuit.system,
        t.c.lane == circuit.lane,
        t.c.probe_at == circuit.probe_at,
        t.c.opened_at == circuit.opened_at,
    )


def _get(connection: sa.Connection, system: str, lane: str) -> Circuit:
    query = sa.select(*_COLUMNS).where(t.c.system == system, t.c.lane == lane)
    return _circuit(connection.execute(query).one())


def _circuit(row: Any) -> Circuit:
    known = row._asdict()
    known["state"], known["reason"] = CircuitState(known["state"]), Reason(known["reason"])
    return Circuit(**known)
