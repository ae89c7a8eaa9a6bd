"""What people are told of incidents: written down once, sent by one, tried again until it went.

What lives here: the rows of ``notices`` and the mark on an incident that everybody was told. What
does not: who is told what in which words (`operations.notices`).

The row is the right to send: whoever changes it from waiting to sending sends, nobody else. A
process that dies while it sends leaves a row that is due again when its lease is over; the notice
may then arrive twice, and is never lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import alerts
from pardot_odoo_pipeline.ledger.notice_tables import notices as t
from pardot_odoo_pipeline.ledger.store.incidents import IncidentState
from pardot_odoo_pipeline.ledger.store.sql import insert_into

__all__ = [
    "LEASE",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "Queue",
    "channels_of",
    "drop_left",
    "failed",
    "queues",
    "reminders",
    "sent",
    "settle",
    "take",
    "write_down",
]

LEASE = timedelta(minutes=5)
"""Longer than any channel takes to accept or refuse a notice."""


class NoticeKind(StrEnum):
    """Which change of an incident is told."""

    OPENED = "opened"
    REMINDER = "reminder"
    RECOVERED = "recovered"


class NoticeState(StrEnum):
    """``dropped``: its channel was not configured any more, for days."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice in the hands of whoever sends it.

    Attributes:
        id: Its number.
        alert_id: The incident's.
        kind: What is told.
        number: Which reminder it is, from 1; else 0.
        channel: Whom it is for.
        tries: How often it was tried, this time included; also the token of the sender.
        created_at: When it was written down.
    """

    id: int
    alert_id: int
    kind: NoticeKind
    number: int
    channel: str
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one channel.

    Attributes:
        channel: Whom for.
        waiting: How many notices.
        tries: How often the one that was tried most was tried.
        oldest_at: When the oldest was written down.
        due_at: When the next is tried.
    """

    channel: str
    waiting: int
    tries: int
    oldest_at: datetime
    due_at: datetime


_COLUMNS = [t.c[name] for name in Notice.__dataclass_fields__]
_UNSENT = t.c.state.in_((NoticeState.WAITING.value, NoticeState.SENDING.value))


def write_down(
    connection: sa.Connection,
    alert_id: int,
    kind: NoticeKind,
    channels: Iterable[str],
    *,
    now: datetime,
    number: int = 0,
) -> None:
    """Owe these channels a notice; those that have it already get no second one.

    Where a channel failed lately the notice waits with what waits there already.
    """
    for channel in sorted(channels):
        resting = sa.select(sa.func.max(t.c.due_at)).where(
            t.c.channel == channel, t.c.state == NoticeState.WAITING.value, t.c.tries > 0
        )
        insert = insert_into(connection, t).values(
            alert_id=alert_id,
            kind=kind.value,
            number=number,
            channel=channel,
            state=NoticeState.WAITING.value,
            tries=0,
            due_at=connection.execute(resting).scalar() or now,
            created_at=now,
        )
        connection.execute(insert.on_conflict_do_nothing())


def channels_of(connection: sa.Connection, alert_id: int, kind: NoticeKind) -> set[str]:
    """The channels that are told this of an incident, already or soon."""
    query = sa.select(t.c.channel).where(t.c.alert_id == alert_id, t.c.kind == kind.value)
    return set(connection.execute(query).scalars())


def reminders(connection: sa.Connection, alert_id: int) -> int:
    """How many reminders of an incident there were."""
    query = sa.select(sa.func.max(t.c.number)).where(
        t.c.alert_id == alert_id, t.c.kind == NoticeKind.REMINDER.value
    )
    return int(connection.execute(query).scalar() or 0)


def take(connection: sa.Connection, channel: str, *, now: datetime) -> Notice | None:
    """Take the right to send the next notice that is due; nobody else gets the same one.

    What was before comes first: an end is not told while the beginning still waits.
    """
    earlier = t.alias("earlier")
    before = (
        sa.select(earlier.c.id)
        .where(
            earlier.c.alert_id == t.c.alert_id,
            earlier.c.channel == t.c.channel,
            earlier.c.id < t.c.id,
            earlier.c.state.in_((NoticeState.WAITING.value, NoticeState.SENDING.value)),
        )
        .correlate(t)
        .exists()
    )
    is_due = sa.and_(t.c.channel == channel, _UNSENT, t.c.due_at <= now)
    chosen = sa.select(t.c.id).where(is_due, ~before).order_by(t.c.id).limit(1)
    row = connection.execute(
        sa.update(t)
        .where(t.c.id == chosen.scalar_subquery(), is_due)
        .values(
            state=NoticeState.SENDING.value,
            tries=t.c.tries + 1,
            due_at=sa.literal(now + LEASE, t.c.due_at.type),
        )
        .returning(*_COLUMNS)
    ).one_or_none()
    if row is None:
        return None
    return Notice(**{**row._asdict(), "kind": NoticeKind(row.kind)})


def sent(connection: sa.Connection, notice: Notice, *, now: datetime) -> None:
    """It arrived. What else waits for that channel need not wait any longer."""
    connection.execute(
        sa.update(t).where(_mine(notice)).values(state=NoticeState.SENT.value, sent_at=now)
    )
    waiting = sa.and_(t.c.channel == notice.channel, t.c.state == NoticeState.WAITING.value)
    connection.execute(sa.update(t).where(waiting, t.c.due_at > now).values(due_at=now))
    settle(connection, notice.alert_id, now=now)


def failed(connection: sa.Connection, notice: Notice, *, due_at: datetime) -> None:
    """It did not go. Everything for that channel waits until then."""
    connection.execute(
        sa.update(t).where(_mine(notice)).values(state=NoticeState.WAITING.value, due_at=due_at)
    )
    waiting = sa.and_(t.c.channel == notice.channel, t.c.state == NoticeState.WAITING.value)
    connection.execute(sa.update(t).where(waiting, t.c.due_at < due_at).values(due_at=due_at))


def settle(connection: sa.Connection, alert_id: int, *, now: datetime) -> bool:
    """Mark an incident as told, where its present state was told and nothing waits; whether so."""
    told = {
        IncidentState.OPEN: (NoticeKind.OPENED, NoticeKind.REMINDER),
        IncidentState.RECOVERED: (NoticeKind.RECOVERED,),
    }
    own = t.c.alert_id == alert_id
    state = sa.or_(
        *(
            sa.and_(
                alerts.c.state == name.value,
                sa.select(t.c.id).where(own, t.c.kind.in_([kind.value for kind in kinds])).exists(),
            )
            for name, kinds in told.items()
        )
    )
    done = (
        sa.update(alerts)
        .where(
            alerts.c.id == alert_id,
            alerts.c.notified_at.is_(None),
            state,
            ~sa.select(t.c.id).where(own, _UNSENT).exists(),
        )
        .values(notified_at=now)
    )
    return connection.execute(done).rowcount == 1


def drop_left(
    connection: sa.Connection, channels: Collection[str], *, before: datetime
) -> list[int]:
    """Give up what waits since before that moment for channels that are not these any more.

    Returns:
        The incidents that it was about.
    """
    left = sa.and_(t.c.channel.not_in(sorted(channels)), _UNSENT, t.c.created_at < before)
    dropped = sa.update(t).where(left).values(state=NoticeState.DROPPED.value)
    return sorted(set(connection.execute(dropped.returning(t.c.alert_id)).scalars()))


def queues(connection: sa.Connection) -> list[Queue]:
    """What waits, by channel."""
    query = (
        sa.select(
            t.c.channel,
            sa.func.count().label("waiting"),
            sa.func.max(t.c.tries).label("tries"),
            sa.func.min(t.c.created_at).label("oldest_at"),
            sa.func.min(t.c.due_at).label("due_at"),
        )
        .where(_UNSENT)
        .group_by(t.c.channel)
        .order_by(t.c.channel)
    )
    return [Queue(**row._asdict()) for row in connection.execute(query)]


def _mine(notice: Notice) -> sa.ColumnElement[bool]:
    """Only as long as nobody took it over from this sender."""
    return sa.and_(
        t.c.id == notice.id, t.c.tries == notice.tries, t.c.state == NoticeState.SENDING.value
    )
