"""What a sync batch is: its key, its state, its scope, its age. Pure.

What lives here: the one place that prints and parses batch keys, the scopes that a batch can
have, the hash that spreads people over buckets, the rule that says which batches are old enough.
What does not: the rows that remember batches (``ledger/store/batches.py``), Dagster's partitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from pardot_odoo_pipeline.errors import PipelineError

__all__ = [
    "UNFINISHED_STATES",
    "ActivitiesScope",
    "BatchAge",
    "BatchKey",
    "BatchKind",
    "BatchState",
    "BucketScope",
    "ChangesScope",
    "ConsentScope",
    "EventsScope",
    "IdsScope",
    "Lineage",
    "MembershipsScope",
    "RangeScope",
    "RetentionRules",
    "Scope",
    "bucket_of",
    "lineage_of",
    "retention_due",
    "scope_from_json",
    "scope_to_json",
]


class BatchKind(StrEnum):
    """What opened a batch. The words are part of the partition keys and never change."""

    INITIAL = "initial"
    INTERVAL = "interval"
    BULK = "bulk"
    WEBHOOK = "webhook"
    ODOO = "odoo"
    RETRY = "retry"
    MANUAL = "manual"
    CONSENT = "consent"


class BatchState(StrEnum):
    """Where a batch stands. ``abandoned``: its worker is gone and it wants another attempt."""

    SCOPED = "scoped"
    REQUESTED = "requested"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"


UNFINISHED_STATES = frozenset(
    {BatchState.SCOPED, BatchState.REQUESTED, BatchState.RUNNING, BatchState.ABANDONED}
)


class Lineage(StrEnum):
    """Which assets a batch makes. Each has a job of its own over the same partitions."""

    PEOPLE = "people"
    ACTIVITIES = "activities"
    MEMBERSHIPS = "memberships"


_STAMP = "%Y%m%dT%H%M%SZ"
_KEY = re.compile(r"([a-z]+)-([0-9]{8}T[0-9]{6}Z)-([0-9]{4,18})", re.ASCII)


@dataclass(frozen=True, order=True)
class BatchKey:
    """The name of a batch, printed ``<kind>-<YYYYMMDDTHHMMSSZ>-<seq>``.

    Keys of one kind sort by the time of opening, as values and as text (the number is padded to
    four digits). One key has one spelling: Dagster compares partition keys as text.

    Attributes:
        kind: What opened the batch.
        opened_at: When, aware; kept in UTC and in whole seconds.
        seq: The number of the batch among those of its kind, from 1.
    """

    kind: BatchKind
    opened_at: datetime
    seq: int

    def __post_init__(self) -> None:
        if self.opened_at.tzinfo is None:
            raise PipelineError(
                "A batch key was given a time without a zone", fix="Pass an aware datetime"
            )
        if not 1 <= self.seq < 10**18:
            raise PipelineError(
                f"A batch key was given the number {self.seq}", fix="Count batches from 1"
            )
        object.__setattr__(self, "kind", BatchKind(self.kind))
        object.__setattr__(self, "opened_at", self.opened_at.astimezone(UTC).replace(microsecond=0))

    def __str__(self) -> str:
        # strftime's %Y does not pad years before 1000 on every platform.
        stamp = f"{self.opened_at.year:04d}{self.opened_at:%m%dT%H%M%SZ}"
        return f"{self.kind.value}-{stamp}-{self.seq:04d}"

    @classmethod
    def parse(cls, text: str) -> BatchKey:
        """Read a key back.

        Raises:
            PipelineError: The text is not a key in its one spelling.
        """
        match = _KEY.fullmatch(text)
        if match is not None and match[1] in set(BatchKind):
            try:
                opened_at = datetime.strptime(match[2], _STAMP).replace(tzinfo=UTC)
                key = cls(BatchKind(match[1]), opened_at, int(match[3]))
            except (ValueError, PipelineError):
                key = None
            if key is not None and str(key) == text:
                return key
        kinds = ", ".join(BatchKind)
        raise PipelineError(
            f"{text[:80]!r} is not a batch key",
            fix="Write it as <kind>-<YYYYMMDDTHHMMSSZ>-<number>, for example "
            f"interval-20260102T030400Z-0001; the kinds are {kinds}",
            code="batch_key",
        )


@dataclass(frozen=True)
class BucketScope:
    """One bucket of a spool: the people whose identity key hashes into it."""

    spool: str
    bucket: int
    people: int


@dataclass(frozen=True)
class ChangesScope:
    """The stretch of changes after the cursors, up to (and without) ``until``.

    Without a beginning for Odoo the batch reads Pardot's changes alone.
    """

    since_updated: datetime
    since_activity: datetime
    until: datetime
    since_leads: datetime | None = None
    since_partners: datetime | None = None


@dataclass(frozen=True)
class ConsentScope:
    """The people whose opt-out is news on either side, while calls do not suffice for all changes.

    Attributes:
        since_updated: From where on Pardot is asked.
        since_blocks: From where on Odoo is asked.
        until: Up to where (and without), on both sides.
    """

    since_updated: datetime
    since_blocks: datetime
    until: datetime


@dataclass(frozen=True)
class IdsScope:
    """The people with these prospect ids.

    Attributes:
        prospect_ids: Whom.
        restores: Conflicts whose losing value a person wants back, by their number.
        forward: The side that a restored backup set back and that shall show again what it showed
            when both agreed; empty for none.
    """

    prospect_ids: tuple[str, ...] = field(default=())
    restores: tuple[int, ...] = field(default=())
    forward: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "prospect_ids", tuple(self.prospect_ids))
        object.__setattr__(self, "restores", tuple(self.restores))


@dataclass(frozen=True)
class EventsScope:
    """The people of whom pushed events tell; the inbox names the events of each batch.

    Attributes:
        prospect_ids: Those known by id when the batch was opened. Who is named by an address alone
            is looked up when the batch runs.
    """

    prospect_ids: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "prospect_ids", tuple(self.prospect_ids))


@dataclass(frozen=True)
class RangeScope:
    """The people changed from ``since`` up to (and without) ``until``.

    A range that holds more people than a batch may goes on in a following one: ``since_id`` is then
    the last prospect read within the second that ``since`` names.
    """

    since: datetime
    until: datetime
    since_id: int = 0


@dataclass(frozen=True)
class ActivitiesScope:
    """The stretch of visitor activities after the cursor, up to (and without) ``until``."""

    since: datetime
    until: datetime
    since_id: int = 0


@dataclass(frozen=True)
class MembershipsScope:
    """The stretch of list changes after the cursor, up to (and without) ``until``."""

    since: datetime
    until: datetime
    since_id: int = 0


Scope = (
    BucketScope
    | ChangesScope
    | ConsentScope
    | EventsScope
    | IdsScope
    | RangeScope
    | ActivitiesScope
    | MembershipsScope
)

_SCOPES: dict[str, type[Scope]] = {
    "bucket": BucketScope,
    "changes": ChangesScope,
    "consent": ConsentScope,
    "events": EventsScope,
    "ids": IdsScope,
    "range": RangeScope,
    "activities": ActivitiesScope,
    "memberships": MembershipsScope,
}
_NAMES = {scope: name for name, scope in _SCOPES.items()}
_TIMES = frozenset(
    {"since_updated", "since_activity", "since_leads", "since_partners", "since_blocks"}
    | {"since", "until"}
)
_LINEAGES = {ActivitiesScope: Lineage.ACTIVITIES, MembershipsScope: Lineage.MEMBERSHIPS}


def lineage_of(scope: Scope) -> Lineage:
    """The assets that a batch with this scope makes."""
    return _LINEAGES.get(type(scope), Lineage.PEOPLE)


def scope_to_json(scope: Scope) -> dict[str, Any]:
    """The scope as a JSON document that :func:`scope_from_json` reads back."""
    document: dict[str, Any] = {"type": _NAMES[type(scope)]}
    for name, value in vars(scope).items():
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise PipelineError(f"The scope's {name} has no zone", fix="Pass an aware datetime")
            document[name] = value.astimezone(UTC).isoformat()
        else:
            document[name] = list(value) if isinstance(value, tuple) else value
    return document


def scope_from_json(document: Mapping[str, Any]) -> Scope:
    """Read a scope that :func:`scope_to_json` wrote.

    Raises:
        PipelineError: The document is no scope of this release.
    """
    values = dict(document)
    scope = _SCOPES.get(values.pop("type", ""))
    try:
        if scope is None:
            raise KeyError
        read: dict[str, Any] = {
            k: datetime.fromisoformat(v) if k in _TIMES and v else v for k, v in values.items()
        }
        return scope(**read)
    except (KeyError, TypeError, ValueError):
        raise PipelineError(
            f"A batch has a scope that this release cannot read (type {document.get('type')!r})",
            fix="Run the release that opened the batch, or open a new batch",
            code="batch_scope",
        ) from None


def bucket_of(identity_key: str, buckets: int) -> int:
    """The bucket of a person, the same on every machine and in every process.

    Args:
        identity_key: The normalised e-mail, or what stands for the person where there is none.
        buckets: How many buckets there are.
    """
    digest = blake2b(identity_key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets


@dataclass(frozen=True)
class BatchAge:
    """What retention needs to know of a batch.

    Attributes:
        key: The batch.
        state: Where it stands in the ledger.
        finished_at: When it was done or failed.
        people: How many people it held; ``None`` where that was never known.
        live_run: Whether any run of it is queued or at work, whatever the ledger says.
    """

    key: BatchKey
    state: BatchState
    finished_at: datetime | None
    people: int | None
    live_run: bool = False


# Pushed events bring them by the thousand, and each run takes 200 kB of Dagster's storage.
_PUSHED = frozenset({BatchKind.WEBHOOK, BatchKind.ODOO, BatchKind.BULK})


_OFTEN_EMPTY = frozenset({BatchKind.INTERVAL, BatchKind.CONSENT})


@dataclass(frozen=True)
class RetentionRules:
    """How long keys, frames and runs stay. The ledger remembers batches longer than that."""

    keep: timedelta = timedelta(days=7)
    keep_empty_interval: timedelta = timedelta(days=2)
    keep_pushed: timedelta = timedelta(days=2)
    max_keys: int = 10_000


def retention_due(
    batches: Iterable[BatchAge], now: datetime, rules: RetentionRules
) -> list[BatchKey]:
    """Which batches may lose their key, frames and runs; the longest finished come first.

    A batch that is unfinished or has a live run always stays: deleting a partition under a run
    makes the run die when it stores its output.
    """
    kept: list[BatchAge] = []
    due: list[BatchAge] = []
    everything = list(batches)
    for batch in everything:
        if batch.live_run or batch.state in UNFINISHED_STATES or batch.finished_at is None:
            continue
        empty = batch.key.kind in _OFTEN_EMPTY and batch.people == 0
        limit = rules.keep_empty_interval if empty else rules.keep
        if batch.key.kind in _PUSHED:
            limit = rules.keep_pushed
        (due if now - batch.finished_at >= limit else kept).append(batch)
    excess = len(everything) - len(due) - rules.max_keys
    if excess > 0:
        kept.sort(key=_finished)
        due.extend(kept[:excess])
    return [batch.key for batch in sorted(due, key=_finished)]


def _finished(batch: BatchAge) -> tuple[datetime, BatchKey]:
    assert batch.finished_at is not None
    return batch.finished_at, batch.key
