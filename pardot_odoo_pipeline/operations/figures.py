"""The figures that are compared with what is usual, from the accounts of batches. Pure.

What lives here: which figure a batch has, and which batches are compared with each other. What does
not: reading them (``ledger/store/figures.py``), the rule (`thresholds`), and incidents (`unusual`).

Only like is compared with like: batches of one kind and scope, with about as many people. A share
of people is looked at over all batches of people, as far back as it takes to have enough of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.ledger.store.figures import Done
from pardot_odoo_pipeline.mapping.threshold_rules import ThresholdRules, Tolerated
from pardot_odoo_pipeline.operations.thresholds import (
    Bounds,
    Share,
    Tolerance,
    bounds_above,
    bounds_below,
    share_bounds,
)

__all__ = ["Reading", "readings"]

FRESH = timedelta(days=1)
"""What is older says nothing about now."""

_LEAST_PART = 10
"""Fewer people than this are never many."""

_LEAST_PEOPLE = 100
_MOST_OF_A_SHARE = 20

_SIDES = ("activities", "memberships")
_UNWRITTEN = ("retrying", "suspended", "in_doubt")


@dataclass(frozen=True)
class Reading:
    """One figure as it is now, beside what is usual.

    Attributes:
        metric: What it is: ``batch_seconds``, ``odoo_answer_p95``, …
        group: The batches that it was taken from, in words.
        value: The figure.
        bounds: What is usual; None where too little is known.
    """

    metric: str
    group: str
    value: float
    bounds: Bounds | None


def readings(batches: Sequence[Done], rules: ThresholdRules, now: datetime) -> list[Reading]:
    """Every figure that can be told of these batches.

    Args:
        batches: Done ones, the one that ended last first.
        rules: What is compared and how.
        now: The present moment.
    """
    found: list[Reading] = []
    for metric, part, tolerated in (
        ("error_rate", _unwritten, rules.error_rate),
        ("quarantine_share", _quarantined, rules.quarantine_share),
    ):
        if tolerated is not None:
            found += _share(batches, metric, part, tolerated, rules, now)
    per_group: list[tuple[str, Callable[[Done], float | None], Tolerated | None]] = [
        ("batch_seconds", _seconds, rules.batch_seconds),
        ("records_per_second", _rate, rules.records_per_second),
    ]
    for system in ("pardot", "odoo"):
        for name, tolerated in (("p50", rules.answer_p50), ("p95", rules.answer_p95)):
            per_group.append((f"{system}_answer_{name}", _answers(system, name), tolerated))
    groups = _groups(batches)
    for metric, figure, tolerated in per_group:
        if tolerated is not None:
            for group, members in groups.items():
                found += _figure(members, metric, group, figure, tolerated, rules, now)
    return found


def _figure(
    batches: Sequence[Done],
    metric: str,
    group: str,
    figure: Callable[[Done], float | None],
    tolerated: Tolerated,
    rules: ThresholdRules,
    now: datetime,
) -> Iterator[Reading]:
    values = [
        (batch.finished_at, value)
        for batch in batches
        for value in [figure(batch)]
        if value is not None
    ]
    recent, before = values[: rules.recent], values[rules.recent :][: rules.batches]
    if len(recent) < rules.recent or recent[0][0] < now - FRESH:
        return
    bounds = bounds_below if metric == "records_per_second" else bounds_above
    yield Reading(
        metric,
        group,
        float(median(value for _, value in recent)),
        bounds([value for _, value in before], _tolerance(tolerated, rules)),
    )


def _share(
    batches: Sequence[Done],
    metric: str,
    part: Callable[[Done], int],
    tolerated: Tolerated,
    rules: ThresholdRules,
    now: datetime,
) -> Iterator[Reading]:
    # Those of retries had failed before, so that of them many fail again.
    shares = [
        (batch.finished_at, Share(part(batch), _read(batch)))
        for batch in batches
        if batch.scope not in _SIDES and not _is_retry(batch) and _read(batch)
    ]
    taken, whole = 0, 0
    while taken < min(len(shares), _MOST_OF_A_SHARE) and whole < rules.people:
        if shares[taken][0] < now - FRESH:
            break
        whole += shares[taken][1].whole
        taken += 1
    if whole < rules.people:
        return
    recent = Share(sum(share.part for _, share in shares[:taken]), whole)
    before = [share for _, share in shares[taken:][: rules.batches]]
    bounds = share_bounds(before, recent, _tolerance(tolerated, rules, spread=4))
    few = recent.part < _LEAST_PART
    group = f"the latest {whole:,} people"
    yield Reading(metric, group, 0.0 if few else recent.value, bounds)


def _is_retry(batch: Done) -> bool:
    of_opt_outs = batch.kind is BatchKind.CONSENT and batch.scope == "ids"
    return batch.kind is BatchKind.RETRY or of_opt_outs


def _tolerance(tolerated: Tolerated, rules: ThresholdRules, *, spread: float = 6) -> Tolerance:
    return Tolerance(tolerated.factor, tolerated.floor, spread, rules.least)


def _groups(batches: Sequence[Done]) -> dict[str, list[Done]]:
    groups: dict[str, list[Done]] = {}
    for batch in batches:
        what = f"{batch.kind.value} batches"
        if batch.scope in _SIDES:
            what += f" of {batch.scope}"
        groups.setdefault(f"{what} with {_size(_read(batch))}", []).append(batch)
    return groups


def _size(rows: int) -> str:
    """About how many rows: nobody waits as long for ten people as for ten thousand."""
    if rows == 0:
        return "nothing to do"
    low = 10 ** (len(str(rows)) - 1)
    return f"{low:,} to {low * 10 - 1:,} rows"


def _read(batch: Done) -> int:
    return int(batch.outcome.get("read") or 0)


def _unwritten(batch: Done) -> int:
    return sum(int(_dispositions(batch).get(word, 0)) for word in _UNWRITTEN)


def _quarantined(batch: Done) -> int:
    return int(_dispositions(batch).get("quarantined", 0))


def _dispositions(batch: Done) -> dict[str, int]:
    return batch.outcome.get("dispositions") or {}


def _seconds(batch: Done) -> float | None:
    seconds = batch.outcome.get("seconds")
    return None if seconds is None else float(seconds)


def _rate(batch: Done) -> float | None:
    seconds, read = _seconds(batch), _read(batch)
    # Of a few people most of the time is what every batch takes.
    return read / seconds if seconds and read >= _LEAST_PEOPLE else None


def _answers(system: str, name: str) -> Callable[[Done], float | None]:
    def figure(batch: Done) -> float | None:
        told = (batch.outcome.get("answers") or {}).get(system) or {}
        return float(told[name]) if told else None

    return figure
