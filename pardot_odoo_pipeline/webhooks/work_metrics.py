"""The figures of the work in the form that Prometheus scrapes.

What lives here: names, texts and labels. What does not: the figures (`ledger.store.work_figures`),
those of pushed events, and when they are looked up (`inbox_collector`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from pardot_odoo_pipeline.ledger.store.work_figures import WorkFigures

__all__ = ["gauge", "work_metrics"]


def gauge(
    name: str,
    meaning: str,
    labels: Sequence[str],
    values: Iterable[tuple[tuple[str, ...], float]],
) -> Metric:
    """A gauge with labels."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for labelled, value in values:
        family.add_metric(labelled, value)
    return family


def work_metrics(found: WorkFigures) -> list[Metric]:
    """Every figure; what is not known yet is left out."""
    calls = sorted(found.calls.items())
    quota = found.quota
    metrics = [
        gauge(
            "pardot_odoo_waiting_batches",
            "Batches that wait for a worker",
            ["kind"],
            [((kind,), count) for kind, count in found.waiting.items()],
        ),
        gauge(
            "pardot_odoo_oldest_waiting_batch_seconds",
            "How long the oldest of them has been waiting; 0 when none does",
            ["kind"],
            [((kind,), seconds) for kind, seconds in found.oldest.items()],
        ),
        gauge(
            "pardot_odoo_last_success_age_seconds",
            "How long ago a batch of that kind was last done; missing until the first",
            ["kind"],
            [((kind,), seconds) for kind, seconds in sorted(found.last_success.items())],
        ),
        gauge(
            "pardot_odoo_quarantined_people",
            "People who cannot be synced",
            ["reason"],
            [((reason,), count) for reason, count in sorted(found.quarantined.items())],
        ),
        gauge(
            "pardot_odoo_open_incidents",
            "Troubles that are not over",
            ["severity"],
            [((name,), count) for name, count in found.open_incidents.items()],
        ),
        gauge(
            "pardot_odoo_today_calls",
            "Calls of today, UTC",
            ["system", "outcome"],
            [(key, count.calls) for key, count in calls],
        ),
        gauge(
            "pardot_odoo_today_call_seconds",
            "How long the calls of today took in all",
            ["system", "outcome"],
            [(key, count.seconds) for key, count in calls],
        ),
        gauge(
            "pardot_odoo_today_call_bytes",
            "Bytes of the calls of today, both ways, unpacked",
            ["system", "outcome"],
            [(key, count.sent + count.received) for key, count in calls],
        ),
    ]
    if quota is not None:
        metrics += [
            GaugeMetricFamily(
                "pardot_odoo_quota_used_calls",
                "Calls of the account's day so far, by whomever",
                value=quota.used,
            ),
            GaugeMetricFamily(
                "pardot_odoo_quota_left_calls",
                "Calls of the account's day that are left",
                value=quota.left,
            ),
        ]
    return metrics
