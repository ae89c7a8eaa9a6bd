"""The batch that the steps work on.

What lives here: the value that travels through all steps, and the loan of a batch from the ledger.
What does not: the steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pardot_odoo_pipeline.batches import IdsScope, RangeScope, Scope
from pardot_odoo_pipeline.call_times import Mark
from pardot_odoo_pipeline.ledger.store import batches as store
from pardot_odoo_pipeline.ledger.store.cursors import Position
from pardot_odoo_pipeline.ledger.store.inbox import InboxEvent
from pardot_odoo_pipeline.merge.brakes import Brake
from pardot_odoo_pipeline.operations.call_breaker import CallBreaker
from pardot_odoo_pipeline.ports import Ports

__all__ = ["RunningBatch"]


@dataclass
class RunningBatch:
    """A batch in the hands of this worker.

    Attributes:
        row: The batch as the ledger gave it, with the attempt that fences it.
        ports: What the steps may touch.
        started_at: When this attempt began.
        pardot_calls_before: The client's counter at the start.
        odoo_calls_before: The same of Odoo's.
        cursors: Where each cursor was seen and where it goes when every row has a durable
            disposition.
        read_at: When Pardot's rows were read, or exported.
        ahead: By system, how far our clock is ahead of its.
        gone: Prospects that were asked for and that Pardot does not have any more.
        hidden: By model, linked records that are there in Odoo and that our user may not see.
        missing: People of whom a record was not found for the first time.
        found_again: People whose missing record is there after all.
        overtaken: People whom another batch was at while this one was reading, with what was
            planned for them.
        read_back: Of people whom Pardot is told of as well: cell to what Odoo then showed.
        unblocked: People whose block in Odoo could not be set or lifted.
        dry_run: Whether nothing may be written anywhere.
        unbraked: Whether no brake looks at its plan, because nothing of it will be written.
        first_sync: Whether it is part of the first sync, which has a brake of its own.
        brakes: The rules that its plan breaks.
        changes: Rule to the people whom it changes, for the rolling day.
        changed_before: The same of batches that a dry run planned before it.
        foreseen: Turns that a dry run foresaw.
        rest: What a bounded extract left, for a batch that follows this one.
        events: The pushed events that it is about.
        known_times: The latest that was known of their people before.
        call_mark: The calls of both systems before it, where anybody measures them.
        orphans: People whose leader left them, for a batch that follows this one.
        contacts_created: Contacts made so far.
        contacts_updated: Contacts written so far.
        catching_up: Whether the ledger was restored and knows less than was done.
        breaker: Stops it when it asks Pardot again and again; a dry run has none.
        knows_until: Of which moment a ledger is that is catching up; None: it was made anew.
    """

    row: store.Batch
    ports: Ports
    started_at: datetime
    pardot_calls_before: int
    odoo_calls_before: int
    read_at: datetime = field(init=False)
    ahead: dict[str, timedelta] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    hidden: dict[str, set[int]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    found_again: list[str] = field(default_factory=list)
    overtaken: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    read_back: dict[str, dict[str, Any]] = field(default_factory=dict)
    unblocked: set[str] = field(default_factory=set)
    dry_run: bool = False
    unbraked: bool = False
    first_sync: bool = False
    brakes: tuple[Brake, ...] = ()
    changes: dict[str, int] = field(default_factory=dict)
    changed_before: Counter[str] = field(default_factory=Counter)
    foreseen: Counter[str] = field(default_factory=Counter)
    cursors: dict[str, tuple[Position | None, Position]] = field(default_factory=dict)
    rest: RangeScope | None = None
    events: list[InboxEvent] = field(default_factory=list)
    known_times: dict[str, datetime] = field(default_factory=dict)
    call_mark: Mark = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    contacts_created: int = 0
    contacts_updated: int = 0
    catching_up: bool = False
    breaker: CallBreaker | None = None
    knows_until: datetime | None = None

    def __post_init__(self) -> None:
        self.read_at = self.started_at

    @property
    def key(self) -> str:
        """Its key, which is its partition."""
        return str(self.row.key)

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self.row.attempt

    @property
    def is_replay(self) -> bool:
        """Whether it was done before: what it was stands, however this attempt ends."""
        return (self.row.outcome or {}).get("dispositions") is not None

    @property
    def scope(self) -> Scope:
        """Whom the batch is about."""
        return self.row.scope

    @property
    def forward(self) -> str:
        """The side that a restored backup set back and that it brings forward; empty for none."""
        return self.scope.forward if isinstance(self.scope, IdsScope) else ""

    def figures(self, now: datetime) -> dict[str, Any]:
        """What the account of every batch says of its work: calls, their times, its own time."""
        times = self.ports.call_times
        return {
            "pardot_calls": self.ports.pardot.calls - self.pardot_calls_before,
            "odoo_calls": self.ports.odoo.calls - self.odoo_calls_before,
            "answers": times.since(self.call_mark) if times else {},
            "seconds": round((now - self.started_at).total_seconds(), 3),
        }

    def heartbeat(self) -> None:
        """Show that the worker lives; stops it where another one has taken the batch over."""
        with self.ports.ledger.write() as connection:
            store.heartbeat(connection, self.row, now=self.ports.clock.now())
