"""Incidents of figures that are not as usual: they open beyond a bound and are over by themselves.

What lives here: from figures to incidents ``threshold:<metric>``. What does not: the figures
(`figures`), the rule (`thresholds`), and telling people (`notices`).

One cause is told once: while a system is down, or stands still for a reason that people were told,
no figure is news; and that batches are slow is none while a system is known to answer slowly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import figures as store
from pardot_odoo_pipeline.ledger.store import incidents
from pardot_odoo_pipeline.ledger.store.incidents import Incident
from pardot_odoo_pipeline.mapping.alert_rules import Severity
from pardot_odoo_pipeline.mapping.threshold_rules import ThresholdRules
from pardot_odoo_pipeline.operations.figures import Reading, readings
from pardot_odoo_pipeline.operations.thresholds import Bounds, Tolerance, bounds_above

__all__ = ["FAMILY", "look"]

FAMILY = "threshold:"

_NEW_NORMAL = timedelta(days=3)
"""So long the bounds stay those that were broken; after that what lasts is what is usual."""

_OUTAGES = 50
"""So many incidents are looked through for the end of the last outage."""

_AFTERMATH = timedelta(minutes=15)

_SLOW = {"pardot_answers", "odoo_answers"}
_EXPLAINED: Mapping[str, set[str]] = {
    "batch_seconds": _SLOW,
    "records_per_second": {*_SLOW, "batch_seconds"},
    "queue_age": {*_SLOW, "batch_seconds"},
}
"""What follows from what: whoever was told of the second is not told of the first."""

# Causes before what may follow from them.
_TITLES = {
    "pardot_answers": "Pardot answers more slowly than usual",
    "odoo_answers": "Odoo answers more slowly than usual",
    "error_rate": "More records than usual could not be written",
    "quarantine_share": "More people than usual are quarantined",
    "batch_seconds": "Batches take longer than usual",
    "records_per_second": "Batches bring fewer records a second than usual",
    "queue_age": "Work waits longer than usual",
    "quota_left": "Pardot's calls of today are nearly used up",
}

_FIXES = {
    "error_rate": "`pardot-odoo retries` says why they failed",
    "quarantine_share": "`pardot-odoo quarantine` says why; mend the cause at its source",
    "batch_seconds": "Look at the load of this machine and of both systems",
    "records_per_second": "Look at the load of this machine and of both systems",
    "pardot_answers": "Look at Salesforce's status page; nothing needs to be done here",
    "odoo_answers": "Look at the load of Odoo's server and database",
    "queue_age": "Look whether Dagster's daemon and the warm worker run: `pardot-odoo status`",
    "quota_left": "Postpone large runs until tomorrow; opt-outs and erasures keep a reserve",
}

_SHARES = ("error_rate", "quarantine_share", "quota_left")
_WHOLE = (*_SHARES, "queue_age")
"""Figures that there is one of, whatever batches they were taken from."""


def look(
    ledger: Ledger,
    rules: ThresholdRules,
    *,
    now: datetime,
    quota_left: float | None = None,
    serving: bool = True,
) -> None:
    """Open what is unusual and recover what is usual again.

    Args:
        ledger: Where batches and incidents are.
        rules: What is unusual.
        now: The present moment.
        quota_left: The share of the day's calls that is left, where it is known.
        serving: Whether somebody is there who works the queue off; else it waits rightly.
    """
    with ledger.read() as connection:
        open_now = incidents.open_incidents(connection)
        if any(incident.is_outage for incident in open_now):
            return
        known = {
            incident.cause_key.removeprefix(FAMILY): incident
            for incident in open_now
            if incident.cause_key.startswith(FAMILY)
        }
        found = _found(connection, rules, now, quota_left, serving)
    opened: dict[str, dict[str, Any]] = {}
    over: list[str] = []
    for metric in _TITLES:
        if metric == "queue_age" and not serving:
            continue
        worst = _worst(found.get(metric, []), known.get(metric), now)
        if worst is None:
            over += [metric] if metric in known else []
        elif metric not in known and not _EXPLAINED.get(metric, set()) & (known.keys() | opened):
            opened[metric] = _detail(metric, worst)
    if opened or over:
        with ledger.write() as connection:
            for metric, detail in opened.items():
                incidents.report(connection, f"{FAMILY}{metric}", now=now, detail=detail)
            for metric in over:
                incidents.recover(connection, f"{FAMILY}{metric}", now=now)


def _found(
    connection: sa.Connection,
    rules: ThresholdRules,
    now: datetime,
    quota_left: float | None,
    serving: bool,
) -> dict[str, list[Reading]]:
    outages = [one for one in incidents.recent(connection, _OUTAGES) if one.is_outage]
    batches = [
        batch
        for batch in store.done_batches(connection, of_a_kind=rules.batches + rules.recent)
        if not any(_fell_into(batch.finished_at, outage) for outage in outages)
    ]
    found: dict[str, list[Reading]] = {}
    for reading in readings(batches, rules, now):
        found.setdefault(_metric(reading.metric), []).append(reading)
    if serving and rules.queue_minutes is not None:
        found["queue_age"] = [_queue(connection, batches, outages, rules, now)]
    if quota_left is not None and rules.quota_left is not None:
        least = rules.quota_left
        bounds = Bounds(1.0, least, min(2 * least, 1.0), falls=True)
        found["quota_left"] = [Reading("quota_left", "today", quota_left, bounds)]
    return found


def _metric(name: str) -> str:
    """Half and nearly all of the answers are one trouble."""
    system, is_answer, _ = name.partition("_answer_")
    return f"{system}_answers" if is_answer else name


def _worst(found: Sequence[Reading], before: Incident | None, now: datetime) -> Reading | None:
    """The reading that is furthest beyond its bound; None where none is.

    An open incident is over when the figure that opened it is back, by the bounds of that time.
    """
    judged: list[Reading] = []
    for reading in found:
        bounds = reading.bounds
        if before is not None:
            detail = before.detail
            opened_it = (reading.metric, reading.group) == (detail["figure"], detail["group"])
            if not opened_it and reading.metric not in _WHOLE:
                continue
            if now - before.first_at < _NEW_NORMAL:
                bounds = Bounds(*(detail[name] for name in ("usual", "opens", "closes", "falls")))
        if bounds is not None and bounds.is_breach(reading.value, was_breach=before is not None):
            judged.append(replace(reading, bounds=bounds))
    return max(judged, key=_badness, default=None)


def _badness(reading: Reading) -> tuple[float, str]:
    bounds = reading.bounds
    return (bounds.badness(reading.value) if bounds else 0.0, reading.group)


def _fell_into(moment: datetime, outage: Incident) -> bool:
    """Whether a batch ended in an outage or right after: its figures are those of the outage."""
    over = outage.recovered_at
    return outage.first_at <= moment and (over is None or moment <= over + _AFTERMATH)


def _queue(
    connection: sa.Connection,
    batches: Sequence[store.Done],
    outages: Sequence[Incident],
    rules: ThresholdRules,
    now: datetime,
) -> Reading:
    """How long the oldest waits, since the last outage at most: that was told already."""
    assert rules.queue_minutes is not None
    waits = store.waiting(connection, now=now)
    since = waits.since
    if since is not None:
        since = max([since, *(one.recovered_at for one in outages if one.recovered_at)])
    minutes = 0.0 if since is None else max((now - since).total_seconds(), 0) / 60
    before = [one.waited / 60 for one in batches if one.kind is not BatchKind.INITIAL]
    floor = rules.queue_minutes.floor
    tolerance = Tolerance(rules.queue_minutes.factor, floor, least=rules.least)
    bounds = bounds_above(before[: rules.batches], tolerance) or Bounds(0, floor, floor / 2)
    parts = (f"{waits.batches} batches", f"{waits.events} events", f"{waits.retries} retries")
    return Reading("queue_age", ", ".join(parts), minutes, bounds)


def _detail(metric: str, reading: Reading) -> dict[str, Any]:
    bounds = reading.bounds
    assert bounds is not None
    shown = [_shown(metric, reading.metric, x) for x in (reading.value, bounds.usual, bounds.opens)]
    if metric == "quota_left":
        text = f"{shown[0]} are left; this is told from {shown[2]} on"
    else:
        text = (
            f"Now {shown[0]}, usually {shown[1]}; it is told from {shown[2]} on. "
            f"Measured on {reading.group}"
        )
    return {
        "severity": Severity.WARNING.value,
        "title": _TITLES[metric],
        "text": text,
        "fix": _FIXES[metric],
        "figure": reading.metric,
        "group": reading.group,
        "value": round(reading.value, 6),
        "usual": round(bounds.usual, 6),
        "opens": round(bounds.opens, 6),
        "closes": round(bounds.closes, 6),
        "falls": bounds.falls,
    }


def _shown(metric: str, figure: str, value: float) -> str:
    if metric in _SHARES:
        return f"{value:.1%}"
    if metric == "queue_age":
        return f"{value:,.0f} minutes"
    if metric == "records_per_second":
        return f"{value:,.1f} records a second"
    if "_answer_" in figure:
        which = "half" if figure.endswith("p50") else "95 %"
        return f"{value:,.2f} seconds ({which} of the answers take no longer)"
    return f"{value:,.1f} seconds"
