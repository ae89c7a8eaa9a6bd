"""Opening batches: who is about to be synced, written down before any run is asked for.

What lives here: the scopes of every kind of batch that this release opens. What does not: running
them (`run_batch`) and asking Dagster for runs (`launching`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import (
    UNFINISHED_STATES,
    ActivitiesScope,
    BatchKey,
    BatchKind,
    BucketScope,
    ChangesScope,
    ConsentScope,
    IdsScope,
    Lineage,
    MembershipsScope,
    RangeScope,
    Scope,
    lineage_of,
    scope_from_json,
)
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.launching import lane_of
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, circuits, cursors, holds, retries
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations import restart
from pardot_odoo_pipeline.operations.budget import Lane
from pardot_odoo_pipeline.operations.call_forecast import refuse_beyond_today, usual_calls
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.pushed_events import HOT
from pardot_odoo_pipeline.spool import Manifest, Spool
from pardot_odoo_pipeline.spooling import fill_spool, keep_planned, planned_spool
from pardot_odoo_pipeline.steps.changes import (
    ACTIVITY_CURSOR,
    LEADS_CURSOR,
    PARTNERS_CURSOR,
    UPDATED_CURSOR,
)
from pardot_odoo_pipeline.steps.clocks import ahead_of, standing_there
from pardot_odoo_pipeline.steps.consent_changes import CONSENT_CURSOR

__all__ = [
    "ACTIVITIES_CURSOR",
    "AFTER_PEOPLE",
    "MEMBERSHIPS_CURSOR",
    "OVERLAP",
    "interval_scope",
    "open_due_retries",
    "open_ids",
    "open_initial",
    "open_interval",
    "open_range",
    "open_release",
    "open_sides",
    "point_in_time",
    "range_scope",
]

AFTER_PEOPLE = -1
"""The priority of a side lineage's batch: of batches that wait together, people's go first."""

OVERLAP = timedelta(seconds=300)
"""How far an interval reads back: Pardot's cache lags by up to a minute, and clocks differ."""

ACTIVITIES_CURSOR = "pardot_activities"
MEMBERSHIPS_CURSOR = "pardot_memberships"
SIDES = frozenset({Lineage.ACTIVITIES, Lineage.MEMBERSHIPS})
_BEFORE_PARDOT = datetime(2000, 1, 1, tzinfo=UTC)

_RETRY_LEASE = timedelta(minutes=30)

_HOT_PEOPLE = 50
"""Most people of an urgent batch: a small one is in Odoo sooner."""

_CALLS_OF_AN_EXPORT = 12


def open_initial(
    ports: Ports, *, take: str | None = None, within_today: bool = False
) -> tuple[list[BatchKey], Manifest]:
    """Spool everybody and open one batch per bucket.

    The cursors of interval batches are set to where the export began, so that nothing that changes
    meanwhile is missed.

    Args:
        ports: What may be touched.
        take: The id of the worker that runs the first batch itself.
        within_today: Whether to stop before it where the day's calls do not suffice for all.

    Raises:
        PardotError: The export failed.
        PipelineError: The spool could not be written, or the calls do not suffice.
    """
    if within_today:
        refuse_beyond_today(ports.budget.left(Lane.INITIAL), _CALLS_OF_AN_EXPORT)
    spool = planned_spool(ports) or fill_spool(ports)
    manifest = spool.manifest()
    if within_today:
        _guard_the_day(ports, spool, manifest)
    asked_at = datetime.fromisoformat(manifest.read_at)
    scopes = [
        NewBatch(BucketScope(spool.name, number, people), people=people)
        for number, people in enumerate(manifest.buckets)
        if people
    ]
    now = ports.clock.now()
    begins = _begins(ports, asked_at)
    with ports.ledger.write() as connection:
        keys = batches.open_batches(connection, BatchKind.INITIAL, scopes, now=now, take=take)
        for name, begin in begins.items():
            standing = cursors.position(connection, name)
            if standing is None or begin > standing:
                cursors.advance(connection, name, expected=standing, to=begin, now=now)
        keys += open_sides(connection, ports.rules, now)
    return keys, manifest


def _begins(ports: Ports, asked_at: datetime) -> dict[str, cursors.Position]:
    """Where intervals go on after an initial sync, each in its own system's time."""
    ports.odoo.greet()  # whoever spools for an hour has heard nothing of Odoo's clock since
    in_odoo = standing_there(asked_at, ahead_of(ports.odoo, ports.clock))
    in_pardot = standing_there(asked_at, ahead_of(ports.pardot, ports.clock))
    return {
        UPDATED_CURSOR: cursors.Position(in_pardot),
        ACTIVITY_CURSOR: cursors.Position(in_pardot),
        LEADS_CURSOR: cursors.Position(in_odoo),
        PARTNERS_CURSOR: cursors.Position(in_odoo),
    }


def _guard_the_day(ports: Ports, spool: Spool, manifest: Manifest) -> None:
    """Stop a run that does not fit; who says yes within the hour goes on with this spool."""
    with ports.ledger.read() as connection:
        usual = usual_calls(connection, BatchKind.INITIAL)
    calls = usual.calls(manifest.people, sum(people > 0 for people in manifest.buckets))
    try:
        refuse_beyond_today(ports.budget.left(Lane.INITIAL), calls)
    except PipelineError:
        keep_planned(ports, spool)
        raise


def open_interval(ledger: Ledger, now: datetime, *, take: str | None = None) -> BatchKey | None:
    """Open the next stretch of changes, unless an interval batch is still under way.

    While the calls that intervals may make today are spent, opt-outs alone go on: a batch of theirs
    is opened in its place, which is paid from what is kept for them.

    Returns:
        The new batch; None while another one is unfinished: two would read the same stretch.

    Raises:
        ConfigurationError: There was no initial sync yet, so there is no cursor; or the ledger was
            restored and waits.
    """
    with ledger.write() as connection:
        restart.refuse_while_waiting(connection)
        kind = BatchKind.INTERVAL
        if _pauses_for_calls(connection):
            kind = BatchKind.CONSENT
        if _is_unfinished(connection, kind):
            return None
        changes = interval_scope(connection, now)
        scope = changes if kind is BatchKind.INTERVAL else _consent_scope(connection, changes)
        [key] = batches.open_batches(connection, kind, [NewBatch(scope)], now=now, take=take)
        return key


def _is_shut(connection: sa.Connection, kind: BatchKind) -> bool:
    return any(
        circuit.concerns(lane_of(kind)) and circuit.state is circuits.CircuitState.OPEN
        for circuit in circuits.standing(connection)
    )


def _pauses_for_calls(connection: sa.Connection) -> bool:
    """Whether interval batches wait for the day's calls, and other work does not."""
    return any(
        (circuit.lane, circuit.reason) == (BatchKind.INTERVAL.value, circuits.Reason.LANE)
        and circuit.state is circuits.CircuitState.OPEN
        for circuit in circuits.standing(connection)
    )


def _consent_scope(connection: sa.Connection, changes: ChangesScope) -> ConsentScope:
    """From where opt-outs were looked at last, which is after all changes were."""
    begin = changes.since_updated
    seen = cursors.position(connection, CONSENT_CURSOR)
    if seen is not None:
        begin = max(begin, seen.time if seen.tie else seen.time - OVERLAP)
    return ConsentScope(begin, changes.since_leads or changes.since_updated, changes.until)


def interval_scope(connection: sa.Connection, now: datetime) -> ChangesScope:
    """The stretch of changes that an interval batch opened now would read.

    Raises:
        ConfigurationError: There was no initial sync yet.
    """
    since = [_resume(connection, name) for name in (UPDATED_CURSOR, ACTIVITY_CURSOR)]
    # A ledger from before Odoo's changes were read begins where Pardot's do.
    odoo = [
        _resume(connection, name) if cursors.position(connection, name) else since[0]
        for name in (LEADS_CURSOR, PARTNERS_CURSOR)
    ]
    return ChangesScope(since[0], since[1], now.replace(microsecond=0), odoo[0], odoo[1])


def _is_unfinished(connection: sa.Connection, kind: BatchKind) -> bool:
    query = sa.select(sync_batches.c.scope).where(
        sync_batches.c.kind == kind.value,
        sync_batches.c.state.in_([state.value for state in UNFINISHED_STATES]),
    )
    scopes = [scope_from_json(row.scope) for row in connection.execute(query)]
    # Named people, such as those of a retry, are no stretch.
    return any(not isinstance(scope, IdsScope) for scope in scopes)


def _resume(connection: sa.Connection, name: str) -> datetime:
    standing = cursors.position(connection, name)
    if standing is None:
        raise ConfigurationError(
            "There was no initial sync yet, so nothing says where to read changes from",
            fix="Run `pardot-odoo sync --initial` (or `pardot-odoo up`) once",
            code="no_cursor",
        )
    # Inside a second the reading goes on exactly there; else it overlaps.
    return standing.time if standing.tie else standing.time - OVERLAP


def open_sides(
    connection: sa.Connection,
    rules: Rules,
    now: datetime,
    *,
    lineages: Collection[Lineage] = SIDES,
    follows: str | None = None,
    take: str | None = None,
) -> list[BatchKey]:
    """Open a batch for each of these lineages that the rules want and that has none under way.

    They come after the people's batches: an activity needs the lead that it belongs to.
    """
    wanted = set(lineages) - _unfinished_lineages(connection)
    until = now.replace(microsecond=0)
    scopes: list[Scope] = []
    if rules.activities.active and Lineage.ACTIVITIES in wanted:
        begin = now - timedelta(days=rules.activities.history_days)
        since, tie = _side_begin(connection, ACTIVITIES_CURSOR, begin)
        scopes.append(ActivitiesScope(since, until, tie))
    if rules.lists.active and Lineage.MEMBERSHIPS in wanted:
        since, tie = _side_begin(connection, MEMBERSHIPS_CURSOR, _BEFORE_PARDOT)
        scopes.append(MembershipsScope(since, until, tie))
    new = [NewBatch(scope, priority=AFTER_PEOPLE, follows=follows) for scope in scopes]
    return batches.open_batches(connection, BatchKind.BULK, new, now=now, take=take)


def _side_begin(connection: sa.Connection, name: str, first: datetime) -> tuple[datetime, int]:
    standing = cursors.position(connection, name)
    if standing is None:
        return first.replace(microsecond=0), 0
    return (standing.time, standing.tie) if standing.tie else (standing.time - OVERLAP, 0)


def _unfinished_lineages(connection: sa.Connection) -> set[Lineage]:
    query = sa.select(sync_batches.c.scope).where(
        sync_batches.c.kind == BatchKind.BULK.value,
        sync_batches.c.state.in_([state.value for state in UNFINISHED_STATES]),
    )
    return {lineage_of(scope_from_json(row.scope)) for row in connection.execute(query)}


def open_ids(
    ledger: Ledger,
    prospect_ids: Sequence[str],
    now: datetime,
    *,
    restores: Sequence[int] = (),
    take: str | None = None,
) -> list[BatchKey]:
    """Open a batch for named prospects.

    Args:
        ledger: The ledger.
        prospect_ids: Whom.
        now: The present moment.
        restores: Conflicts of theirs whose losing value a person wants back.
        take: The id of the worker that runs it itself.

    Raises:
        ConfigurationError: No ids, or something that is no prospect id.
    """
    wrong = [text for text in prospect_ids if not text.isdecimal()]
    if wrong or not prospect_ids:
        raise ConfigurationError(
            # Without the value: somebody may have typed an e-mail address, and runs are stored.
            f"{len(wrong)} of the values are no prospect ids" if wrong else "No prospect was named",
            fix="Name prospects by their Pardot id, digits only",
            code="prospect_id",
        )
    scope = IdsScope(tuple(dict.fromkeys(prospect_ids)), tuple(restores))
    with ledger.write() as connection:
        return batches.open_batches(
            connection,
            BatchKind.MANUAL,
            [NewBatch(scope, len(scope.prospect_ids))],
            now=now,
            take=take,
        )


def open_release(
    ledger: Ledger, hold_id: int, now: datetime, *, batch_size: int, take: str | None = None
) -> list[BatchKey]:
    """Let the people of a hold go: they are read and planned anew, and may break its rule.

    Raises:
        PipelineError: There is no such hold, or it is not open any more.
    """
    with ledger.write() as connection:
        hold = holds.get(connection, hold_id)
        new = [
            NewBatch(IdsScope(tuple(ids)), len(ids), waiver_id=hold.waiver_id)
            for ids in chunks(hold.prospect_ids, batch_size)
        ]
        if hold.state is not holds.HoldState.OPEN:
            raise holds.not_open(hold)
        keys = batches.open_batches(connection, BatchKind.MANUAL, new, now=now, take=take)
        holds.release(connection, hold_id, batch_key=str(keys[0]), now=now)
        return keys


def open_range(
    ledger: Ledger, since: datetime, until: datetime, *, take: str | None = None
) -> list[BatchKey]:
    """Open a batch for everybody who changed in ``[since, until)``.

    Raises:
        ConfigurationError: The range is empty or has no time zone.
    """
    scope = range_scope(since, until)
    with ledger.write() as connection:
        return batches.open_batches(
            connection, BatchKind.MANUAL, [NewBatch(scope)], now=until, take=take
        )


def range_scope(since: datetime, until: datetime) -> RangeScope:
    """Everybody who changed in ``[since, until)``.

    Raises:
        ConfigurationError: The range is empty or has no time zone.
    """
    if since.tzinfo is None or since >= until:
        raise ConfigurationError(
            "The time range is empty, or its start has no zone",
            fix="Give a start before now with its offset, such as 2026-01-31T08:00:00+00:00",
            code="time_range",
        )
    return RangeScope(since, until)


def point_in_time(text: str) -> datetime:
    """A time that a person wrote.

    Raises:
        ConfigurationError: It is none.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{text[:40]!r} is no point in time",
            fix="Write it as 2026-01-31T08:00:00+00:00",
            code="time_range",
        ) from None


def open_due_retries(ledger: Ledger, now: datetime, *, batch_size: int) -> list[BatchKey]:
    """Open a batch for the records whose next attempt is due, urgent ones in one of their own.

    Opt-outs that are owed make a batch of their own kind, which the reserve of calls pays for and
    which does not wait where other retries do. Nothing is opened whose way is shut.
    """
    few = min(_HOT_PEOPLE, batch_size)
    keys: list[BatchKey] = []
    with ledger.write() as connection:
        for kind, least, below, most in (
            (BatchKind.CONSENT, retries.OPT_OUT, None, few),
            (BatchKind.RETRY, HOT, retries.OPT_OUT, few),
            (BatchKind.RETRY, None, HOT, batch_size),
        ):
            if _is_shut(connection, kind):
                continue
            ids = retries.due(
                connection, now=now, limit=most, lease=_RETRY_LEASE, least=least, below=below
            )
            if ids:
                new = NewBatch(IdsScope(tuple(ids)), people=len(ids), priority=least or 0)
                keys += batches.open_batches(connection, kind, [new], now=now)
    return keys
