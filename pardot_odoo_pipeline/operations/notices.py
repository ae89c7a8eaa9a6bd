"""Telling people: from incidents in the ledger to notices on their way.

What lives here: who is told what and when, and sending what is due. What does not: the words
(`notice_texts`), how a channel is spoken to (`channels`), and finding that something is wrong.

Each change of an incident is one notice a channel, written down in the ledger before it is sent and
sent by whoever takes it. A channel that is down keeps its notices: they wait there together, and
one of them is tried at a time, after longer and longer rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import sqlalchemy as sa

from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import incidents, notices
from pardot_odoo_pipeline.ledger.store.incidents import Incident, IncidentState
from pardot_odoo_pipeline.ledger.store.notices import Notice, NoticeKind
from pardot_odoo_pipeline.mapping.alert_rules import AlertRules, ChannelRule, Severity
from pardot_odoo_pipeline.operations.channels import Channel
from pardot_odoo_pipeline.operations.notice_texts import Pages, severity_of, text_of

__all__ = ["Delivery", "backoff", "deliver"]

MOST_AT_ONCE = 20
"""So many notices a channel gets in one go; the next go follows soon."""

_LONGEST_GO = timedelta(seconds=25)
"""Dagster gives a sensor a minute, and a channel that is down takes its time to say so."""

_LONGEST_REST = timedelta(minutes=30)

_OLD_NEWS = timedelta(days=1)
"""What was over before that is not told any more to people who were not told that it began."""

_KEPT = timedelta(days=7)
"""How long notices wait for a channel that nobody configures any more."""


@dataclass(frozen=True)
class Delivery:
    """What became of the notices that were due.

    Attributes:
        sent: How many arrived.
        failed: The channels that did not take one, with the reason.
    """

    sent: int
    failed: dict[str, str]


def backoff(tries: int) -> timedelta:
    """How long a channel rests after so many tries of one notice: 1, 2, 4 … 30 minutes."""
    return min(timedelta(minutes=2 ** min(max(tries - 1, 0), 10)), _LONGEST_REST)


def deliver(
    ledger: Ledger,
    channels: Sequence[Channel],
    rules: AlertRules,
    *,
    clock: Clock,
    pages: Pages,
) -> Delivery:
    """Write down what is owed, and send what is due.

    Args:
        ledger: Where incidents are.
        channels: Who can be told. Nobody: nothing is done, also not to what waits for others.
        rules: Who is told what.
        clock: Tells when a notice is due.
        pages: Where links in notices lead.
    """
    if not channels or not rules.active or not _is_owed(ledger, rules, clock.now()):
        return Delivery(0, {})
    with ledger.write() as connection:
        owe(connection, channels, rules, clock.now())
    arrived, failed = 0, {}
    begun = clock.now()
    for channel in channels:
        for _ in range(MOST_AT_ONCE):
            if clock.now() - begun > _LONGEST_GO:
                break
            with ledger.write() as connection:
                notice = notices.take(connection, channel.key, now=clock.now())
            if notice is None:
                break
            reason = _send(ledger, channel, notice, clock, pages)
            if reason is not None:
                failed[channel.name] = reason
                break
            arrived += 1
    return Delivery(arrived, failed)


def _is_owed(ledger: Ledger, rules: AlertRules, now: datetime) -> bool:
    """Whether there may be something to do: mostly there is not, and then nobody waits for us."""
    with ledger.read() as connection:
        return bool(
            incidents.untold(connection)
            or notices.queues(connection)
            or any(_to_remind(connection, rules, severity, now) for severity in Severity)
        )


def _to_remind(
    connection: sa.Connection, rules: AlertRules, severity: Severity, now: datetime
) -> list[Incident]:
    hours = rules.of(severity).remind_hours
    if hours is None:
        return []
    found = incidents.told_before(connection, now - timedelta(hours=hours))
    return [incident for incident in found if severity_of(incident) is severity]


def owe(
    connection: sa.Connection, channels: Sequence[Channel], rules: AlertRules, now: datetime
) -> None:
    """Write down the notices that incidents ask for now."""
    keys = [channel.key for channel in channels]
    notices.drop_left(connection, keys, before=now - _KEPT)
    for severity in Severity:
        for incident in _to_remind(connection, rules, severity, now):
            if incidents.tell_again(connection, incident):
                number = notices.reminders(connection, incident.id) + 1
                told = notices.channels_of(connection, incident.id, NoticeKind.OPENED)
                notices.write_down(
                    connection,
                    incident.id,
                    NoticeKind.REMINDER,
                    told.intersection(keys),
                    now=now,
                    number=number,
                )
    for incident in incidents.untold(connection):
        _owe_changes(connection, incident, channels, rules, now)
        notices.settle(connection, incident.id, now=now)


def _owe_changes(
    connection: sa.Connection,
    incident: Incident,
    channels: Sequence[Channel],
    rules: AlertRules,
    now: datetime,
) -> None:
    lasted = (incident.recovered_at or now) - incident.first_at
    told = notices.channels_of(connection, incident.id, NoticeKind.OPENED)
    is_open = incident.state is IncidentState.OPEN
    is_news = lasted >= timedelta(minutes=rules.of(severity_of(incident)).after_minutes)
    if incident.recovered_at is not None and incident.recovered_at < now - _OLD_NEWS:
        is_news = False
    if is_news and (is_open or not told):
        told = told | {c.key for c in channels if _wants(rules.channels.get(c.name), incident)}
        notices.write_down(connection, incident.id, NoticeKind.OPENED, told, now=now)
    if not is_open:
        # Whoever was told that it began is told that it is over, nobody else.
        notices.write_down(connection, incident.id, NoticeKind.RECOVERED, told, now=now)
        if not told:
            incidents.mark_told(connection, incident, now=now)


def _wants(rule: ChannelRule | None, incident: Incident) -> bool:
    if rule is None:
        return True
    return severity_of(incident) in rule.severities and any(
        fnmatchcase(incident.cause_key, pattern) for pattern in rule.causes
    )


def _send(
    ledger: Ledger, channel: Channel, notice: Notice, clock: Clock, pages: Pages
) -> str | None:
    """Send a notice that was taken; None where it arrived, else why it did not."""
    with ledger.read() as connection:
        incident = incidents.get(connection, notice.alert_id)
    reason = None
    if incident is not None:
        text = text_of(incident, notice.kind, now=clock.now(), pages=pages)
        over = notice.kind is NoticeKind.RECOVERED
        reason = channel.send(text.title, text.body, severity_of(incident), over=over)
    with ledger.write() as connection:
        now = clock.now()
        if reason is None:
            notices.sent(connection, notice, now=now)
        else:
            notices.failed(connection, notice, due_at=now + backoff(notice.tries))
    return reason
