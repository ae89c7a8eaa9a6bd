"""What `status` says of pushed events: sources, inbox, speed to lead, and the processes.

What lives here: gathering that from rules, secrets and ledger, and its tables. What does not: the
figures themselves (``ledger/store/inbox_figures.py``). No system is asked, and no secret is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pardot_odoo_pipeline.cli.console import stdout

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pardot_odoo_pipeline.ledger.store.inbox_figures import InboxFigures, SourceFigures
    from pardot_odoo_pipeline.mapping.rules import Rules
    from pardot_odoo_pipeline.settings import Settings

__all__ = ["print_pushed", "pushed_events"]


def pushed_events(
    settings: Settings, rules: Rules, connection: sa.Connection, now: datetime
) -> dict[str, Any]:
    """The keys ``sources``, ``inbox`` and ``workers`` of what `status` prints.

    Args:
        settings: Where secrets are.
        rules: Which sources there are.
        connection: An open transaction of the ledger.
        now: The present moment.
    """
    from pardot_odoo_pipeline.ledger.store import workers
    from pardot_odoo_pipeline.ledger.store.inbox_figures import figures

    found = figures(connection, now=now)
    by_name = {one.source: one for one in found.sources}
    sources = [
        {
            "name": name,
            "system": rule.system.value,
            "authentication": rule.authentication.value,
            "closed_because": _closed_because(settings, rules, name),
            **_seen(by_name.pop(name, None)),
        }
        for name, rule in rules.webhooks.sources.items()
    ]
    sources += [
        {
            "name": name,
            "system": left.system.value,
            "authentication": None,
            "closed_because": "not in the rules file",
            **_seen(left),
        }
        for name, left in by_name.items()
    ]
    return {
        "sources": [{**one, "open": one["closed_because"] is None} for one in sources],
        "inbox": _inbox(found),
        "workers": {
            kind: workers.alive(connection, kind, now=now)
            for kind in (workers.RECEIVER, workers.WARM)
        },
    }


def _closed_because(settings: Settings, rules: Rules, name: str) -> str | None:
    """Why nothing is taken from a source; None for an open one."""
    from pardot_odoo_pipeline.errors import ConfigurationError
    from pardot_odoo_pipeline.webhooks.secrets import secrets_of

    if not rules.webhooks.sources[name].active:
        return "inactive"
    try:
        return None if secrets_of(settings, rules, name) else "no secret"
    except ConfigurationError as refused:
        return f"{refused.cause}"


def _seen(source: SourceFigures | None) -> dict[str, Any]:
    if source is None:
        return {"last_event": None, "events_24h": 0, "seconds": {}}
    return {
        "last_event": source.last_received_at.isoformat(),
        "events_24h": source.events,
        "seconds": {
            duration.value: {
                "events": took.events,
                **{name: round(getattr(took, name), 3) for name in ("p50", "p95", "p99")},
            }
            for duration, took in source.durations.items()
        },
    }


def _inbox(found: InboxFigures) -> dict[str, Any]:
    from pardot_odoo_pipeline.pushed_events import EventState

    closed = found.states.get(EventState.CLOSED, 0)
    seen = closed - sum(found.notes.values())
    return {
        "waiting": found.waiting,
        "batched": found.batched,
        "in_failed_batches": found.in_failed_batches,
        "oldest_waiting_seconds": found.oldest_waiting_seconds,
        "closed_24h": {**({"seen": seen} if seen else {}), **found.notes},
        "unknown_types_24h": dict(found.unknown_types),
    }


def print_pushed(document: Mapping[str, Any], now: datetime) -> None:
    """The same for people."""
    from rich.table import Table

    inbox = document["inbox"]
    oldest = inbox["oldest_waiting_seconds"]
    counts = {"waiting": inbox["waiting"], "in batches": inbox["batched"]}
    line = _counts(counts) + (f", the oldest for {_span(oldest)}" if oldest is not None else "")
    if inbox["in_failed_batches"]:
        line += f", {inbox['in_failed_batches']:,} of failed batches"
    stdout.print(f"inbox       {line}")
    for title, key in (("closed", "closed_24h"), ("unknown", "unknown_types_24h")):
        if inbox[key]:
            stdout.print(f"{title:<11} {_counts(inbox[key])} in 24 hours")
    running = document["workers"]
    names = {"receiver": "receiver", "warm": "warm worker"}
    alive = ", ".join(f"{names[kind]} {'runs' if on else 'off'}" for kind, on in running.items())
    stdout.print(f"processes   {alive}")
    table = Table(box=None, pad_edge=False)
    table.add_column("source", no_wrap=True)
    for heading in ("of", "proof", "state", "last event"):
        table.add_column(heading)
    for heading in ("24 h", "p50", "p95", "p99"):
        table.add_column(heading, justify="right")
    for source in document["sources"]:
        speed = source["seconds"].get("event_to_lead", {})
        last = source["last_event"]
        table.add_row(
            source["name"],
            source["system"],
            source["authentication"] or "",
            source["closed_because"] or "open",
            "never" if last is None else _ago(now - datetime.fromisoformat(last)),
            f"{source['events_24h']:,}",
            *(f"{speed[name]:.1f} s" if speed else "" for name in ("p50", "p95", "p99")),
        )
    if document["sources"]:
        stdout.print(table)
    if any(source["seconds"] for source in document["sources"]):
        stdout.print("            p50, p95, p99: from receipt to the commit in Odoo, last 24 hours")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {word}" for word, number in counts.items())


def _ago(age: timedelta) -> str:
    return f"{_span(max(age.total_seconds(), 0.0))} ago"


def _span(seconds: float) -> str:
    """A length of time in its largest fitting unit."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
