"""What must hold once it is quiet, seen from outside.

What lives here: whether it is quiet, and what is not as it should be. What does not: making it so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
import sqlalchemy as sa

from pardot_odoo_pipeline.batches import UNFINISHED_STATES, BatchState
from pardot_odoo_pipeline.ledger.desks import holds, inbox_events
from pardot_odoo_pipeline.ledger.store import batches
from pardot_odoo_pipeline.ledger.tables import conflicts, sync_batches
from pardot_odoo_pipeline_tests.soak.load import Expected
from pardot_odoo_pipeline_tests.soak.site import SoakSite
from pardot_odoo_pipeline_tests.world import EVERYONE

__all__ = ["held", "judge", "unrest"]

MODELS = ("crm.lead", "res.partner")
_UNFINISHED_RUNS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_CHUNK = 200


def unrest(site: SoakSite) -> str:
    """What still goes on; nothing when it is quiet."""
    with site.ledger.read() as connection:
        events = connection.execute(
            sa.select(inbox_events.c.state, sa.func.count())
            .where(inbox_events.c.state != "closed")
            .group_by(inbox_events.c.state)
        ).all()
        counts = batches.count(connection)
    told = [f"{number} events {state}" for state, number in events]
    told += [f"{counts[s]} batches {s.value}" for s in UNFINISHED_STATES if counts.get(s)]
    if not told:
        runs = site.instance.get_runs(filters=dg.RunsFilter(statuses=_UNFINISHED_RUNS))
        told += [f"run {run.status.value} of {run.job_name}" for run in runs]
    return ", ".join(sorted(told))


def judge(
    site: SoakSite, people: Mapping[str, Expected], acknowledged: Collection[str]
) -> list[str]:
    """Everything that is not as promised."""
    return [
        *_events(site, acknowledged),
        *_failed_batches(site),
        *_conflicts(site, people),
        *held(site),
        *_records(site, people),
        *_pardot(site, people),
        *_histories(site, people),
        *(f"twin: {one}" for one in site.world.twins()),
    ]


def _events(site: SoakSite, acknowledged: Collection[str]) -> Iterator[str]:
    """Each that was acknowledged is in the inbox once, and closed because its effect was seen."""
    t = inbox_events
    with site.ledger.read() as connection:
        rows = connection.execute(sa.select(t.c.event_id, t.c.state, t.c.note, t.c.type)).all()
    known = Counter(row.event_id for row in rows)
    yield from (f"event {one}: acknowledged and lost" for one in acknowledged if not known[one])
    yield from (f"event {one}: {n} times in the inbox" for one, n in known.items() if n > 1)
    for row in rows:
        if row.event_id in acknowledged and (row.state != "closed" or row.note):
            yield f"event {row.event_id} ({row.type}): {row.state}, {row.note}"


def _failed_batches(site: SoakSite) -> Iterator[str]:
    t = sync_batches
    with site.ledger.read() as connection:
        failed = sa.select(t.c.key, t.c.attempt).where(t.c.state == BatchState.FAILED.value)
        yield from (f"batch {row.key}: failed for good" for row in connection.execute(failed))


def held(site: SoakSite) -> Iterator[str]:
    """People whom a brake held, which nobody would release here."""
    with site.ledger.read() as connection:
        rows = connection.execute(sa.select(holds.c.rule, holds.c.people)).all()
    yield from (f"{row.people} people held by {row.rule}" for row in rows)


def _conflicts(site: SoakSite, people: Mapping[str, Expected]) -> Iterator[str]:
    """Nobody edits one field on both sides here, so a value that lost was an echo."""
    with site.ledger.read() as connection:
        rows = connection.execute(sa.select(conflicts.c.prospect_id, conflicts.c.field)).all()
    yield from (
        f"{row.prospect_id}: a conflict over {row.field}"
        for row in rows
        if row.prospect_id in people
    )


def _records(site: SoakSite, people: Mapping[str, Expected]) -> Iterator[str]:
    names = sorted({name for one in people.values() for name in one.fields})
    for model in MODELS:
        found: dict[str, list[dict[str, Any]]] = {}
        for row in _of(site, model, "x_pardot_prospect_id", people, names):
            found.setdefault(row["x_pardot_prospect_id"], []).append(row)
        for who, expected in people.items():
            rows = found.get(who, [])
            if len(rows) != 1:
                yield f"{who}: {len(rows)} of {model}"
                continue
            for name, value in expected.fields.items():
                if rows[0][name] != value:
                    yield f"{who}: {model}.{name} is {rows[0][name]!r}, not {value!r}"
    addresses = [site.prospect(who)["email"] for who in people]
    for model, name in (("crm.lead", "email_from"), ("res.partner", "email")):
        holders = Counter(row[name] for row in _of(site, model, name, addresses, []))
        yield from (f"{one}: {n} of {model}" for one, n in holders.items() if n != 1)


def _pardot(site: SoakSite, people: Mapping[str, Expected]) -> Iterator[str]:
    for who, expected in people.items():
        if not expected.pardot:
            continue
        row = site.prospect(who)
        for name, value in expected.pardot.items():
            if row[name] != value:
                yield f"{who}: {name} in Pardot is {row[name]!r}, not {value!r}"


def _histories(site: SoakSite, people: Mapping[str, Expected]) -> Iterator[str]:
    """One entry for each act, on the lead of the person who did it."""
    leads = {
        row["id"]: row["x_pardot_prospect_id"]
        for row in _of(site, "crm.lead", "x_pardot_prospect_id", people, [])
    }
    entries: Counter[tuple[str, str]] = Counter()
    for some in _chunks(leads):
        domain = [
            ["model", "=", "crm.lead"],
            ["res_id", "in", some],
            ["message_id", "like", "pardot-activity-"],
        ]
        fields = ["res_id", "message_id"]
        for row in site.world.client.search_read("mail.message", domain, fields):
            key = row["message_id"].partition("pardot-activity-")[2].partition("@")[0]
            entries[leads[row["res_id"]], key] += 1
    for who, expected in people.items():
        for activity in expected.activities:
            if entries[who, activity] != 1:
                yield f"{who}: activity {activity} has {entries[who, activity]} entries"


def _of(
    site: SoakSite, model: str, name: str, values: Iterable[str], fields: list[str]
) -> Iterator[dict[str, Any]]:
    for some in _chunks(values):
        yield from site.world.client.search_read(
            model, [(name, "in", some)], [name, *fields], context=EVERYONE
        )


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    every = list(values)
    for begin in range(0, len(every), _CHUNK):
        yield every[begin : begin + _CHUNK]
