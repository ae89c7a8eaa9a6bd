"""What a pushed event is: its type, its person, its times. Pure.

What lives here: the words of the inbox, and the rules that say whether an event goes first and
whether a reading has reached it. What does not: receiving events (``webhooks``), the rows that keep
them (``ledger/store/inbox.py``), batches of them (`event_batches`).

An event is a hint that something happened to a person; the batch reads that person anew. So nothing
here is about values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

__all__ = [
    "ACTIVITY_TYPES",
    "GIVE_UP_AFTER",
    "HOT",
    "LIST_TYPES",
    "EventState",
    "EventType",
    "Note",
    "PushedEvent",
    "System",
    "has_reached",
    "next_look",
    "priority_of",
]


class System(StrEnum):
    """Who pushes."""

    PARDOT = "pardot"
    ODOO = "odoo"


class EventType(StrEnum):
    """The types of events that are known; others are kept under the word that the sender used."""

    FORM_SUBMITTED = "form_submitted"
    FORM_HANDLER_SUBMITTED = "form_handler_submitted"
    EMAIL_OPENED = "email_opened"
    EMAIL_CLICKED = "email_clicked"
    EMAIL_BOUNCED = "email_bounced"
    UNSUBSCRIBED = "unsubscribed"
    PAGE_VIEWED = "page_viewed"
    LIST_JOINED = "list_joined"
    LIST_LEFT = "list_left"
    SCORE_CHANGED = "score_changed"
    PROSPECT_CREATED = "prospect_created"
    PROSPECT_UPDATED = "prospect_updated"
    PROSPECT_DELETED = "prospect_deleted"
    RECORD_CHANGED = "record_changed"  # an automation rule of Odoo tells which, not what
    TEST = "test"  # `provision --webhooks --check`: arrives, and is no work


ACTIVITY_TYPES = frozenset(
    {
        EventType.FORM_SUBMITTED,
        EventType.FORM_HANDLER_SUBMITTED,
        EventType.EMAIL_OPENED,
        EventType.EMAIL_CLICKED,
        EventType.EMAIL_BOUNCED,
        EventType.UNSUBSCRIBED,
        EventType.PAGE_VIEWED,
    }
)
"""What a person did: it shall stand in the history of the lead, too."""

LIST_TYPES = frozenset({EventType.LIST_JOINED, EventType.LIST_LEFT})
"""What changes tags; the prospect's own record does not show it."""


class EventState(StrEnum):
    """Where an event stands."""

    WAITING = "waiting"
    BATCHED = "batched"
    CLOSED = "closed"


class Note(StrEnum):
    """Why an event was closed without being seen in the record that it is about."""

    NOT_SEEN = "not_seen"  # no reading within 90 seconds showed it; polling goes on
    GONE = "gone"  # there is no such prospect, for 90 seconds
    UNKNOWN_ADDRESS = "unknown_address"  # no prospect has the address, for 90 seconds
    NOT_LINKED = "not_linked"  # a record of Odoo that belongs to no prospect
    BATCH_FAILED = "batch_failed"  # its batches failed for good, several times
    TEST = "test"


HOT = 10
"""The priority of what a salesperson should see at once."""

GIVE_UP_AFTER = timedelta(seconds=90)
"""How long an event is looked for; Pardot's cache lags by at most a minute."""

_TOLD_LATE = timedelta(minutes=5)
_FIRST_LOOK = timedelta(seconds=4)


@dataclass(frozen=True)
class PushedEvent:
    """One event as the receiver understood it.

    Attributes:
        source: The configured source that pushed it.
        event_id: The sender's, or derived; with the source it is never stored twice.
        system: Whose event.
        type: A word of :class:`EventType`, or the sender's own (at most 64 letters, digits, ``_``,
            ``.``, ``-``, in lower case).
        received_at: When, aware.
        occurred_at: When it happened, as the sender says; never after ``received_at``.
        priority: :func:`priority_of`.
        prospect_id: Whom, in Pardot's ids.
        lead_id: Which lead, in Odoo's ids.
        partner_id: Which contact, in Odoo's ids.
        email_hash: Keyed hash of the address, where no id is given.
        payload: What else is needed: ``email`` where no id is given, ``score``, ``write_date`` of
            a record of Odoo, names of assets. Personal; deleted when the event is closed.
    """

    source: str
    event_id: str
    system: System
    type: str
    received_at: datetime
    occurred_at: datetime | None = None
    priority: int = 0
    prospect_id: str | None = None
    lead_id: int | None = None
    partner_id: int | None = None
    email_hash: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


def priority_of(kind: str, score: float | None, hot_types: Collection[str], hot_score: int) -> int:
    """:data:`HOT` for what a salesperson should see at once, else 0."""
    return HOT if kind in hot_types or (score is not None and score >= hot_score) else 0


def has_reached(
    occurred_at: datetime | None,
    received_at: datetime,
    record_time: datetime | None,
    known: datetime | None,
) -> bool:
    """Whether a record that shows this time shows the event.

    Pardot's times are whole seconds. Many senders tell when they sent, or nothing, and that is
    later; so a record that is news counts, too, if it is not much older than what was told.

    Args:
        occurred_at: When the sender says it happened.
        received_at: When the event was received.
        record_time: The latest change or activity that the record shows.
        known: The latest one that was known before this reading.
    """
    if record_time is None:
        return False
    told = (occurred_at or received_at).replace(microsecond=0)
    is_news = known is None or record_time > known
    return record_time >= told or (is_news and record_time >= told - _TOLD_LATE)


def next_look(looks: int) -> timedelta:
    """How long to wait before a record that did not show the event is read again."""
    return min(_FIRST_LOOK * 2 ** min(max(looks - 1, 0), 3), timedelta(seconds=30))
