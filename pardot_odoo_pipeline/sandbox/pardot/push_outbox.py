"""What happens in the account, written down for pushing in the transaction in which it happens.

What lives here: the outbox and the triggers that fill it. What does not: what a push looks like
(`push_settings.py`), sending it (`push_sender.py`).

The triggers are temporary: they belong to the one writing connection, and are there only while
something is to be pushed. They see everything whoever writes, so no act can be forgotten.
"""

from __future__ import annotations

import random
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.pardot.actors import Actor, acting
from pardot_odoo_pipeline.sandbox.pardot.push_settings import PushSettings
from pardot_odoo_pipeline.sandbox.pardot.store import Store

__all__ = ["Outbox", "Waiting"]

# By activity type, and by type and class where the class decides.
_KINDS: dict[tuple[int, str] | int, str] = {
    (4, "Form"): "form_submitted",
    (4, "Landing Page"): "form_submitted",
    (4, "Form Handler"): "form_handler_submitted",
    (1, "Email Tracker"): "email_clicked",
    (2, "Page View"): "page_viewed",
    11: "email_opened",
    12: "unsubscribed",
    35: "unsubscribed",
    13: "email_bounced",
    36: "email_bounced",
}
_FACTS = (
    "formId",
    "formHandlerId",
    "landingPageId",
    "emailId",
    "listEmailId",
    "emailTemplateId",
    "visitorPageViewId",
)

_OUTBOX = """
CREATE TABLE IF NOT EXISTS push_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, kind TEXT NOT NULL,
    prospect INTEGER NOT NULL, facts TEXT NOT NULL, due REAL NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, status INTEGER)"""
_INDEX = "CREATE INDEX IF NOT EXISTS push_due ON push_outbox (due) WHERE state = 'waiting'"


def _trigger(name: str, when: str, kind: str, prospect: str, facts: str, condition: str) -> str:
    return f"""
CREATE TEMP TRIGGER push_{name} AFTER {when} WHEN push_wanted() AND ({condition}) BEGIN
    INSERT INTO push_outbox (event, kind, prospect, facts, due, state)
    SELECT push_event(copies.number), found.kind, {prospect},
           push_facts({facts}, people.score, people.email), push_due(), push_fate()
    FROM (SELECT {kind} AS kind) AS found
    LEFT JOIN (SELECT "score" AS score, "email" AS email FROM prospects
               WHERE id = {prospect}) AS people
    CROSS JOIN push_copies AS copies
    WHERE push_told(found.kind)
    ORDER BY copies.number;
END"""


_NOTHING = "NULL, NULL"
_ACTIVITY = 'NEW."createdAt", json_object({})'.format(
    ", ".join(f"'{name}', NEW.\"{name}\"" for name in _FACTS)
)
_LIST = 'NEW."updatedAt", json_object(\'listId\', NEW."listId")'
_BINNED = 'OLD."isDeleted" IS NOT NEW."isDeleted"'
_TRIGGERS = (
    _trigger(
        "activity",
        "INSERT ON visitor_activities",
        'push_kind(NEW."type", NEW."typeName")',
        'NEW."prospectId"',
        _ACTIVITY,
        'NEW."prospectId" IS NOT NULL',
    ),
    _trigger(
        "member",
        "INSERT ON list_memberships",
        "'list_joined'",
        'NEW."prospectId"',
        _LIST,
        'NOT coalesce(NEW."isDeleted", 0)',
    ),
    _trigger(
        "list",
        'UPDATE OF "isDeleted" ON list_memberships',
        "iif(NEW.\"isDeleted\", 'list_left', 'list_joined')",
        'NEW."prospectId"',
        _LIST,
        _BINNED,
    ),
    _trigger("created", "INSERT ON prospects", "'prospect_created'", "NEW.id", _NOTHING, "1"),
    _trigger(
        "score",
        'UPDATE OF "score" ON prospects',
        "'score_changed'",
        "NEW.id",
        _NOTHING,
        'OLD."score" IS NOT NEW."score"',
    ),
    # Whoever edits leaves a name; what follows from a visit does not.
    _trigger(
        "updated",
        'UPDATE OF "updatedById" ON prospects',
        "'prospect_updated'",
        "NEW.id",
        _NOTHING,
        f"NOT ({_BINNED})",
    ),
    _trigger(
        "binned",
        'UPDATE OF "isDeleted" ON prospects',
        "iif(NEW.\"isDeleted\", 'prospect_deleted', 'prospect_updated')",
        "NEW.id",
        _NOTHING,
        _BINNED,
    ),
    _trigger(
        "erased",
        "DELETE ON prospects",
        "'prospect_deleted'",
        "OLD.id",
        _NOTHING,
        'NOT coalesce(OLD."isDeleted", 0)',
    ),
)
_NAMES = ("activity", "member", "list", "created", "score", "updated", "binned", "erased")


@dataclass(frozen=True)
class Waiting:
    """A push that is due."""

    number: int
    event: str
    kind: str
    prospect: int
    facts: dict[str, Any]
    attempts: int


@dataclass
class _Chance:
    """What of a push is left to chance, or to counting."""

    settings: PushSettings
    random: random.Random = field(init=False)
    event: str = ""
    pushes: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.settings.seed)

    def name(self, copy: int) -> str:
        if copy == 1:
            self.event = f"evt_{uuid.uuid4().hex}"
        return self.event

    def due(self) -> float:
        later = self.random.random() * self.settings.shuffle_seconds
        return time.time() + self.settings.delay_seconds + later

    def fate(self) -> str:
        self.pushes += 1
        every = self.settings.lose_every
        return "lost" if every and self.pushes % every == 0 else "waiting"


class Outbox:
    """The events of one account that are to be pushed.

    Args:
        store: The state.
        now: The world's time in seconds.
    """

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        with store.writing() as connection:
            connection.execute(_OUTBOX)
            connection.execute(_INDEX)

    def watch(self, settings: PushSettings) -> None:
        """Write down what happens from now on."""
        chance = _Chance(settings)
        actors = {Actor.PERSON, Actor.API} if settings.own_writes else {Actor.PERSON}
        functions: tuple[tuple[str, int, Callable[..., Any]], ...] = (
            ("push_wanted", 0, lambda: acting() in actors),
            ("push_told", 1, lambda kind: kind in settings.types),
            ("push_kind", 2, lambda kind, name: _KINDS.get((kind, name)) or _KINDS.get(kind)),
            ("push_event", 1, chance.name),
            ("push_due", 0, chance.due),
            ("push_fate", 0, chance.fate),
            ("push_facts", 4, self._facts),
        )
        with self._store.writing() as connection:
            self._unwatch(connection)
            for name, arguments, function in functions:
                connection.create_function(name, arguments, function)
            connection.execute("CREATE TEMP TABLE push_copies (number INTEGER)")
            connection.executemany(
                "INSERT INTO push_copies VALUES (?)", [(n + 1,) for n in range(settings.duplicate)]
            )
            for trigger in _TRIGGERS:
                connection.execute(trigger)

    def unwatch(self) -> None:
        """Write nothing down any more, and forget everything."""
        with self._store.writing() as connection:
            self._unwatch(connection)
            connection.execute("DELETE FROM push_outbox")

    def due(self, now: float, limit: int, without: set[int]) -> list[Waiting]:
        """The pushes that should leave, the first one first."""
        with closing(self._store.snapshot()) as connection:
            rows = connection.execute(
                "SELECT id, event, kind, prospect, facts, attempts FROM push_outbox "
                "WHERE state = 'waiting' AND due <= ? "
                "AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY due, id LIMIT ?",
                (now, orjson.dumps(sorted(without)).decode(), limit),
            ).fetchall()
        return [
            Waiting(number, event, kind, prospect, orjson.loads(facts), attempts)
            for number, event, kind, prospect, facts, attempts in rows
        ]

    def next_due(self) -> float | None:
        """When the next push should leave."""
        with closing(self._store.snapshot()) as connection:
            row = connection.execute(
                "SELECT min(due) FROM push_outbox WHERE state = 'waiting'"
            ).fetchone()
        return None if row[0] is None else float(row[0])

    def settle(self, results: list[tuple[str, float, int | None, int]]) -> None:
        """Note attempts: new state, when due again, the answer's status, and the push's number."""
        with self._store.writing() as connection:
            connection.executemany(
                "UPDATE push_outbox SET state = ?, due = ?, status = ?, attempts = attempts + 1 "
                "WHERE id = ?",
                results,
            )

    def counts(self) -> dict[str, int]:
        """How many pushes are in which state."""
        with closing(self._store.snapshot()) as connection:
            found = connection.execute("SELECT state, count(*) FROM push_outbox GROUP BY state")
            return dict(found.fetchall())

    def log(self, since: int, limit: int) -> list[dict[str, Any]]:
        """What became of the pushes after that number."""
        names = ("id", "event", "kind", "prospect", "state", "attempts", "status")
        with closing(self._store.snapshot()) as connection:
            found = connection.execute(
                f"SELECT {', '.join(names)} FROM push_outbox WHERE id > ? ORDER BY id LIMIT ?",
                (since, limit),
            ).fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]

    def _facts(
        self, when: int | None, details: str | None, score: int | None, email: str | None
    ) -> str:
        now = self._now()
        # The records hold whole seconds; who pushes knows the moment, unless it is told of later.
        moment = now if when is None or when == int(now) else float(when)
        told = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
        facts = {"occurredAt": told, "score": score, "email": email}
        return orjson.dumps({**facts, **orjson.loads(details or "{}")}).decode()

    @staticmethod
    def _unwatch(connection: sqlite3.Connection) -> None:
        for name in _NAMES:
            connection.execute(f"DROP TRIGGER IF EXISTS temp.push_{name}")
        connection.execute("DROP TABLE IF EXISTS temp.push_copies")
