"""From timed events to the figures of a result."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.webhook.measuring import GIVE_UP_SECONDS, Timed
from pardot_odoo_pipeline.durations import nearest_rank

P50, P95 = 2.0, 5.0
P95_LOADING = 15.0
SHARE_OF_STOCK = 0.25
_SLOWEST = 3


def spread(values: Iterable[float]) -> dict[str, float]:
    """p50, p95 and the largest."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return {
        "p50": round(statistics.median(ordered), 3),
        "p95": round(nearest_rank(ordered, 95), 3),
        "max": round(ordered[-1], 3),
    }


def summary(events: Sequence[Timed]) -> dict[str, Any]:
    """Everything about the events of one setting."""
    names = dict.fromkeys(name for event in events for name in event.parts)
    return {
        "events": len(events),
        # An event that Odoo never showed is slower than any bound.
        "not_seen": sum(event.seen is None for event in events),
        "looked_again": sum(event.looks > 1 for event in events),
        "seconds_to_odoo": spread(map(_seconds, events)),
        **{
            f"seconds_to_odoo_{kind}": spread(
                e.seen for e in events if e.kind == kind and e.seen is not None
            )
            for kind in sorted({e.kind for e in events})
        },
        "own_clock": spread(e.inside for e in events if e.inside is not None),
        "seen_after_own_commit": spread(e.difference for e in events if e.difference is not None),
        "parts": {
            name: spread(event.parts[name] for event in events if name in event.parts)
            for name in names
        },
        "slowest": [_one(event) for event in sorted(events, key=_seconds)[: -1 - _SLOWEST : -1]],
    }


def _seconds(event: Timed) -> float:
    return GIVE_UP_SECONDS if event.seen is None else event.seen


def _one(event: Timed) -> dict[str, Any]:
    parts = {name: round(seconds, 3) for name, seconds in event.parts.items()}
    return {"kind": event.kind, "seconds": round(_seconds(event), 3), **parts}


def cpu_of_events(
    spent: Mapping[str, float], idle: Mapping[str, float], seconds: float, events: int
) -> dict[str, float]:
    """CPU seconds of an event by role: what was spent beyond what the same time costs idle."""
    return {
        role: round(max(spent[role] - idle.get(role, 0.0) / 100 * seconds, 0.0) / events, 3)
        for role in sorted(spent)
    }


def mean_by_role(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each role over blocks, and their sum."""
    total: Counter[str] = Counter()
    for one in figures:
        total.update(one)
    means = {role: round(value / len(figures), 3) for role, value in sorted(total.items())}
    return {**means, "all": round(sum(means.values()), 3)}


def verdict(ours: Mapping[str, Any], stock: Mapping[str, Any]) -> dict[str, Any]:
    """What an idle system is held to."""
    own, other = ours["seconds_to_odoo"], stock["seconds_to_odoo"]
    share = own["p50"] / other["p50"]
    return {
        "share_of_stock": round(share, 3),
        "p50_holds": own["p50"] <= P50,
        "p95_holds": own["p95"] <= P95,
        "share_holds": share <= SHARE_OF_STOCK,
    }


def table(document: Mapping[str, Any]) -> str:
    """The few lines that people read."""
    lines = [
        f"{'':28}{'events':>7}{'p50':>8}{'p95':>8}{'max':>8}{'wait':>8}{'start':>8}{'work':>8}"
    ]
    for phase, settings in document["phases"].items():
        for name in ("ours", "stock"):
            if name not in settings:
                continue
            told = settings[name]
            shown = told["seconds_to_odoo"]
            parts = [told["parts"].get(p, {}).get("p50", 0.0) for p in _PARTS]
            cells = [*(shown[p] for p in ("p50", "p95", "max")), *parts]
            row = "".join(f"{cell:>8.2f}" for cell in cells)
            lines.append(f"{phase + ' · ' + name:28}{told['events']:>7}{row}")
    return "\n".join(lines)


_PARTS = ("receipt_to_batch", "batch_to_start", "start_to_commit")
