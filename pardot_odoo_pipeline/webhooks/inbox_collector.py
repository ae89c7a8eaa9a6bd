"""The ledger's figures in the form that Prometheus scrapes.

What lives here: the inbox, speed to lead, batches and retries as gauges, and when the ledger is
asked. What does not: figures of the work (`work_metrics`), what the receiver counts about its own
requests, and the page itself (the receiver registers this collector).

Metrics carry names of sources, states and codes, never a person's ids. The words that senders use
for events of an unknown type are counted, not shown: a label for each would be theirs to multiply.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pardot_odoo_pipeline.batches import BatchState
from pardot_odoo_pipeline.durations import PERCENTS, Duration
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, retries, workers
from pardot_odoo_pipeline.ledger.store.inbox_figures import InboxFigures, figures
from pardot_odoo_pipeline.ledger.store.retries import RetryState
from pardot_odoo_pipeline.ledger.store.work_figures import work_figures
from pardot_odoo_pipeline.pushed_events import Note
from pardot_odoo_pipeline.webhooks.work_metrics import gauge, work_metrics

__all__ = ["InboxCollector"]

_DURATIONS = {
    Duration.EVENT_TO_LEAD: (
        "pardot_odoo_speed_to_lead_seconds",
        "From the receipt of an event until Odoo had committed what it brought",
    ),
    Duration.OCCURRED_TO_LEAD: (
        "pardot_odoo_occurrence_to_lead_seconds",
        "From the occurrence of an event until Odoo had committed what it brought",
    ),
    Duration.OCCURRED_TO_RECEIPT: (
        "pardot_odoo_occurrence_to_receipt_seconds",
        "From the occurrence of an event until it was received",
    ),
    Duration.RECEIPT_TO_BATCH: (
        "pardot_odoo_receipt_to_batch_seconds",
        "From the receipt of an event until it was put into its latest batch",
    ),
}


class InboxCollector(Collector):
    """Gauges over the ledger, looked up at most once in a while, however often they are scraped.

    Where the ledger does not answer, ``pardot_odoo_ledger_up`` is 0 and the other metrics are left
    out: a figure of yesterday would look like one of today.

    Args:
        ledger: Open, of the process that serves the metrics.
        now: The present moment.
        keep_seconds: How long a look serves.
    """

    def __init__(
        self, ledger: Ledger, now: Callable[[], datetime], *, keep_seconds: float = 10.0
    ) -> None:
        self._ledger = ledger
        self._now = now
        self._keep_seconds = keep_seconds
        self._lock = threading.Lock()
        self._kept: Sequence[Metric] = ()
        self._looked_at: float | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not look anything up."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The metrics, of a look that is at most ``keep_seconds`` old."""
        with self._lock:
            moment = time.monotonic()
            if self._looked_at is None or moment - self._looked_at >= self._keep_seconds:
                self._kept = self._look()
                # After the look: a slow database is not asked without a break.
                self._looked_at = time.monotonic()
            return list(self._kept)

    def _look(self) -> list[Metric]:
        up = "Whether the ledger answers"
        try:
            now = self._now()
            with self._ledger.read() as connection:
                found = figures(connection, now=now)
                standing = batches.count(connection)
                owed = retries.count(connection)
                warm = workers.alive(connection, workers.WARM, now=now)
                work = work_figures(connection, now=now)
        except PipelineError:
            return [GaugeMetricFamily("pardot_odoo_ledger_up", up, value=0)]
        return [
            GaugeMetricFamily("pardot_odoo_ledger_up", up, value=1),
            GaugeMetricFamily(
                "pardot_odoo_warm_worker_up", "Whether a warm worker shows life", value=int(warm)
            ),
            *_inbox(found),
            *_durations(found),
            gauge(
                "pardot_odoo_batches",
                "Sync batches",
                ["state"],
                [((state.value,), standing.get(state, 0)) for state in BatchState],
            ),
            gauge(
                "pardot_odoo_retries",
                "Records whose write is owed",
                ["state"],
                [((state.value,), owed.get(state, 0)) for state in RetryState],
            ),
            *work_metrics(work),
        ]


def _inbox(found: InboxFigures) -> list[Metric]:
    by_source = ["source", "system"]
    return [
        gauge(
            "pardot_odoo_inbox_events",
            "Events that are not closed",
            ["state"],
            [(("waiting",), found.waiting), (("batched",), found.batched)],
        ),
        GaugeMetricFamily(
            "pardot_odoo_inbox_oldest_waiting_seconds",
            "How long the oldest event has been waiting for a batch; 0 when none waits",
            value=found.oldest_waiting_seconds or 0.0,
        ),
        GaugeMetricFamily(
            "pardot_odoo_inbox_failed_batch_events",
            "Events that are not closed and whose latest batch failed for good",
            value=found.in_failed_batches,
        ),
        gauge(
            "pardot_odoo_inbox_day_events",
            "Events received in the last 24 hours",
            by_source,
            [((one.source, one.system.value), one.events) for one in found.sources],
        ),
        gauge(
            "pardot_odoo_inbox_last_event_timestamp_seconds",
            "When the latest event was received, in seconds since 1970",
            by_source,
            [
                ((one.source, one.system.value), one.last_received_at.timestamp())
                for one in found.sources
            ],
        ),
        gauge(
            "pardot_odoo_inbox_day_closed_events",
            "Events of the last 24 hours that were closed without being seen, by reason",
            ["note"],
            [((note.value,), found.notes.get(note, 0)) for note in Note],
        ),
        GaugeMetricFamily(
            "pardot_odoo_inbox_day_unknown_type_events",
            "Events of the last 24 hours whose type is not known",
            value=sum(found.unknown_types.values()),
        ),
    ]


def _durations(found: InboxFigures) -> list[Metric]:
    metrics: list[Metric] = [
        gauge(
            name,
            f"{meaning}; events of the last 24 hours, nearest rank",
            ["source", "quantile"],
            [
                ((one.source, str(percent / 100)), value)
                for one in found.sources
                if (took := one.durations.get(duration))
                for percent, value in zip(PERCENTS, (took.p50, took.p95, took.p99), strict=True)
            ],
        )
        for duration, (name, meaning) in _DURATIONS.items()
    ]
    measured = gauge(
        "pardot_odoo_speed_to_lead_day_events",
        "Events of the last 24 hours that speed to lead was measured on",
        ["source"],
        [
            ((one.source,), took.events if took else 0)
            for one in found.sources
            for took in [one.durations.get(Duration.EVENT_TO_LEAD)]
        ],
    )
    return [*metrics, measured]
