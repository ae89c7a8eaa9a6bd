"""What the receiver counts about itself, and the page that Prometheus scrapes.

What lives here: the receiver's own metrics and the page. What does not: figures about the inbox
(`inbox_collector`), which are looked up in the ledger.

Labels hold names that the rules know and words of ours. A source that does not exist and a type
that is not known count under one name each: a label for what strangers send would be theirs to
multiply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.pushed_events import EventType, PushedEvent
from pardot_odoo_pipeline.webhooks.inbox_collector import InboxCollector

__all__ = ["CONTENT_TYPE", "ReceiverMetrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_TYPES = frozenset(kind.value for kind in EventType)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


class ReceiverMetrics:
    """The metrics of one process.

    Args:
        ledger: For the figures about the inbox.
        now: The present moment.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        # Else every counter comes with the time of its first count.
        disable_created_metrics()
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pardot_odoo_webhook_requests",
            "Requests by source and outcome",
            ("source", "outcome"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "pardot_odoo_webhook_request_seconds",
            "From the head of a request until its answer",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._events = Counter(
            "pardot_odoo_webhook_events",
            "Events that were new, and those that were known already",
            ("source", "type", "known"),
            registry=self._registry,
        )
        self._group_events = Histogram(
            "pardot_odoo_webhook_group_events",
            "Events that one transaction stored",
            buckets=_SIZES,
            registry=self._registry,
        )
        self._group_seconds = Histogram(
            "pardot_odoo_webhook_group_seconds",
            "Seconds that one transaction took",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._bound: dict[tuple[str, ...], Counter] = {}
        ProcessCollector(registry=self._registry)
        self._registry.register(InboxCollector(ledger, now))

    def request(self, source: str, outcome: str, seconds: float) -> None:
        """Count an answered request; the source is empty where it is unknown."""
        self._child(self._requests, source or "-", outcome).inc()
        self._seconds.observe(seconds)

    def events(self, source: str, events: Iterable[PushedEvent], new: int) -> None:
        """Count the events of a request that was taken."""
        for event in events:
            kind = event.type if event.type in _TYPES else "other"
            # Which ones of an array were known is not told apart by type.
            self._child(self._events, source, kind, "no" if new > 0 else "yes").inc()
            new -= 1

    def group(self, events: int, seconds: float) -> None:
        """Count a transaction."""
        self._group_events.observe(events)
        self._group_seconds.observe(seconds)

    def page(self) -> bytes:
        """The page; looks things up in the ledger, so not on the event loop."""
        return generate_latest(self._registry)

    def _child(self, counter: Counter, *labels: str) -> Counter:
        # Looking a child up by its labels costs more than counting.
        key = (str(id(counter)), *labels)
        child = self._bound.get(key)
        if child is None:
            child = self._bound[key] = counter.labels(*labels)
        return child
