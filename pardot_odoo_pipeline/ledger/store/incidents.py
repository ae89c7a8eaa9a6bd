"""What is wrong right now and what was: one open row per cause.

What lives here: opening an incident, hearing of it again, closing it, in the table ``alerts``. What
does not: who is told of it and how (`operations.notices`), and knowing that something is wrong,
which is the business of whoever finds it.

The cause names the trouble and what it befell, never a record's values: ``pardot:down``,
``odoo:credentials``, ``records:suspended``. Whoever reports a cause twice adds to the one incident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import alerts as t
from pardot_odoo_pipeline.ledger.notice_tables import notices
from pardot_odoo_pipeline.ledger.store.sql import insert_into

__all__ = [
    "Incident",
    "IncidentState",
    "get",
    "mark_told",
    "open_incidents",
    "prune",
    "recent",
    "recover",
    "report",
    "tell_again",
    "told_before",
    "untold",
]


class IncidentState(StrEnum):
    """``recovered`` is history: the next report of the same cause is a new incident."""

    OPEN = "open"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble from its first report to its end.

    Attributes:
        id: Its number.
        cause_key: What is wrong, and with what; at most 128 characters, no values.
        state: Where it stands.
        code: The code of the failure, where there is one.
        times: How often it was reported.
        detail: Counts, names, batch keys and texts that are safe to show, as last reported.
        first_at: When it was reported first.
        last_at: When it was reported last.
        notified_at: When people were told of its present state; None while they are not.
        recovered_at: When it was over.
    """

    id: int
    cause_key: str
    state: IncidentState
    code: str | None
    times: int
    detail: dict[str, Any]
    first_at: datetime
    last_at: datetime
    notified_at: datetime | None
    recovered_at: datetime | None

    @property
    def is_outage(self) -> bool:
        """Whether it is a system that is left alone, so that what follows from that is no news."""
        return self.cause_key.endswith((":down", ":credentials", ":rewound")) or (
            self.cause_key.startswith(("pardot:quota", "pardot:lane:", "disk:full"))
        )


_COLUMNS = [t.c[name] for name in Incident.__dataclass_fields__]
_IS_OPEN = t.c.state == IncidentState.OPEN.value


def report(
    connection: sa.Connection,
    cause_key: str,
    *,
    now: datetime,
    code: str | int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> bool:
    """Say that something is wrong; whether that is news.

    Args:
        connection: An open write transaction.
        cause_key: What is wrong, and with what.
        now: The present moment.
        code: The code of the failure.
        detail: What people should see; no values of a record, no secrets.
    """
    row: dict[str, Any] = {
        "code": None if code is None else str(code),
        "detail": dict(detail or {}),
    }
    insert = insert_into(connection, t).values(
        cause_key=cause_key,
        state=IncidentState.OPEN.value,
        times=1,
        first_at=now,
        last_at=now,
        **row,
    )
    statement = insert.on_conflict_do_update(
        index_elements=[t.c.cause_key],
        index_where=sa.text("state = 'open'"),
        set_={**row, "times": t.c.times + 1, "last_at": now},
    ).returning(t.c.times)
    return int(connection.execute(statement).scalar_one()) == 1


def recover(connection: sa.Connection, cause_key: str, *, now: datetime) -> bool:
    """Say that it is over; whether it was open. People are then told that, too."""
    over = sa.update(t).where(t.c.cause_key == cause_key, _IS_OPEN)
    values = {"state": IncidentState.RECOVERED.value, "recovered_at": now, "notified_at": None}
    return connection.execute(over.values(**values)).rowcount == 1


def open_incidents(connection: sa.Connection) -> Sequence[Incident]:
    """What is wrong right now, the oldest first."""
    query = sa.select(*_COLUMNS).where(_IS_OPEN).order_by(t.c.first_at, t.c.id)
    return [_incident(row) for row in connection.execute(query)]


def recent(connection: sa.Connection, limit: int = 20) -> Sequence[Incident]:
    """Incidents of any state, the one heard of last first."""
    query = sa.select(*_COLUMNS).order_by(t.c.last_at.desc(), t.c.id.desc()).limit(limit)
    return [_incident(row) for row in connection.execute(query)]


def get(connection: sa.Connection, incident_id: int) -> Incident | None:
    """One incident; None where its history was deleted."""
    row = connection.execute(sa.select(*_COLUMNS).where(t.c.id == incident_id)).one_or_none()
    return None if row is None else _incident(row)


def untold(connection: sa.Connection) -> Sequence[Incident]:
    """Those of whose present state not everybody was told, the oldest first."""
    query = sa.select(*_COLUMNS).where(t.c.notified_at.is_(None)).order_by(t.c.id)
    return [_incident(row) for row in connection.execute(query)]


def told_before(connection: sa.Connection, before: datetime) -> Sequence[Incident]:
    """Open ones of which people were told last before that moment, the oldest first."""
    query = sa.select(*_COLUMNS).where(_IS_OPEN, t.c.notified_at <= before).order_by(t.c.id)
    return [_incident(row) for row in connection.execute(query)]


def mark_told(connection: sa.Connection, incident: Incident, *, now: datetime) -> None:
    """Nobody needs to be told of the present state of an incident any more."""
    as_seen = sa.and_(
        t.c.id == incident.id, t.c.state == incident.state.value, t.c.notified_at.is_(None)
    )
    connection.execute(sa.update(t).where(as_seen).values(notified_at=now))


def tell_again(connection: sa.Connection, incident: Incident) -> bool:
    """Take the right to remind people of an incident; nobody else gets it for the same moment."""
    as_seen = sa.and_(t.c.id == incident.id, _IS_OPEN, t.c.notified_at == incident.notified_at)
    return connection.execute(sa.update(t).where(as_seen).values(notified_at=None)).rowcount == 1


def prune(connection: sa.Connection, before: datetime) -> int:
    """Forget those that were over before that moment, with what was told of them; how many."""
    gone = sa.select(t.c.id).where(t.c.recovered_at < before)
    connection.execute(sa.delete(notices).where(notices.c.alert_id.in_(gone)))
    return connection.execute(sa.delete(t).where(t.c.recovered_at < before)).rowcount


def _incident(row: Any) -> Incident:
    known = row._asdict()
    return Incident(
        **{**known, "state": IncidentState(known["state"]), "detail": known["detail"] or {}}
    )
