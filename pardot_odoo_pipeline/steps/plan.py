"""Step 5: exactly one decision for every row read.

What lives here: the order in which people are sorted out, and the frame of decisions. What does
not: the decisions themselves (`merge`) and the writing (`steps.load`).

Planning takes no locks. Whatever it decides is guarded by the values that it saw, so that a write
meets an edit made meanwhile as a conflict and not as an accident.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.ledger.store.claims import Claim
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.merge.leaders import Person, elect_leaders, heads
from pardot_odoo_pipeline.merge.matching import Candidates, OdooRecord
from pardot_odoo_pipeline.merge.people import LEAD, PARTNER
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.rows import rows, text_array
from pardot_odoo_pipeline.schemas.sync_plan import SyncPlan
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.brakes import braked
from pardot_odoo_pipeline.steps.catching_up import leaders_shown
from pardot_odoo_pipeline.steps.consent_changes import unheard
from pardot_odoo_pipeline.steps.deciding import Deciding
from pardot_odoo_pipeline.steps.departures import (
    departed_values,
    gone_for_good,
)
from pardot_odoo_pipeline.steps.memory import Memory
from pardot_odoo_pipeline.steps.normalize import Normalized
from pardot_odoo_pipeline.steps.overtaken import without_overtaken
from pardot_odoo_pipeline.steps.plan_rows import plan_row
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult
from pardot_odoo_pipeline.steps.validate import Validated

__all__ = ["Planned", "plan_batch"]

_COLUMNS = tuple(SyncPlan.to_schema().columns)
_DTYPES: dict[str, Any] = {
    "lead_id": "Int64",
    "partner_id": "Int64",
    "block": "boolean",
    "converts": "boolean",
}
_AT_A_TIME = 1000


@dataclass(frozen=True)
class Planned(StepResult):
    """The plan as frame, and what the load needs of each person beside it.

    Attributes:
        people: Match key and versions by prospect id, living people only.
        findings: Findings of leaders, ``prospect_id`` to rows of ``field, code, raw``.
        links: The ledger's links of the people read.
        moved: Claims on addresses to give up: their holder has another one by now.
        successors: A leader in the recycle bin to the prospect that takes over from it.
        merged_now: Prospect to the one with whose contact a person just merged theirs in Odoo.
        field_held: People of whom both sides keep writing a field over each other.
    """

    people: dict[str, Person] = field(default_factory=dict)
    findings: dict[str, list[tuple[str, str, str | None]]] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    moved: tuple[Claim, ...] = ()
    successors: dict[str, str] = field(default_factory=dict)
    merged_now: dict[str, str] = field(default_factory=dict)
    field_held: frozenset[str] = frozenset()


def plan_batch(
    batch: RunningBatch,
    raw: pd.DataFrame,
    validated: Validated,
    normalized: Normalized,
    records: pd.DataFrame,
) -> Planned:
    """Decide what becomes of everybody in the batch."""
    ports = batch.ports
    _ensure_reference(batch, normalized.frame)
    people = _people(normalized.frame)
    memory = Memory.recall(batch, people)
    plan: list[dict[str, Any]] = [
        plan_row(row["prospect_id"], Disposition.QUARANTINED, reason=row["reason"])
        for row in rows(validated.quarantined)
    ]
    living: dict[str, Person] = {}
    binned: list[str] = []
    for prospect_id, person in people.items():
        if person is None:
            binned.append(prospect_id)
        elif batch.forward != "pardot" and _is_stale(person, memory.links.get(prospect_id)):
            plan.append(plan_row(prospect_id, Disposition.STALE))
        else:
            living[prospect_id] = person
    found = _records(records)
    speaking = leaders_shown(batch, living.values(), memory.leaders, found[LEAD])
    elected = elect_leaders(living.values(), speaking)
    resolved = heads({**memory.outside, **elected}, memory.merged)
    leaders = {member: resolved[member] for member in elected}
    siblings: defaultdict[str, set[str]] = defaultdict(set)
    for member, leader in leaders.items():
        siblings[leader].add(member)
    successors = _successors(living, leaders, memory)
    for former, successor in successors.items():
        siblings[successor].add(former)
    plan += _departed(batch, binned, memory, successors, found)
    refused: dict[str, dict[str, Any]] = {}
    merged_now: dict[str, str] = {}
    leading = (
        row for row in rows(normalized.frame) if leaders.get(id_ := row["prospect_id"]) == id_
    )
    hashes = {
        pid: ports.lookup_key.hash(living[pid].email_key)
        for pid, leader in leaders.items()
        if pid != leader
    }
    memory.orphans.extend(unheard(batch.scope, raw, leaders, people, memory.links, hashes))
    deciding = Deciding(batch, raw, found, memory, living)
    deciding.check()
    for chunk in chunks(leading, _AT_A_TIME):
        for decided in deciding.decide(chunk, siblings):
            prospect_id = decided["prospect_id"]
            if decided["disposition"] == Disposition.QUARANTINED.value:
                refused[prospect_id] = decided
            elif decided["disposition"] == Disposition.MERGED.value:
                leaders[prospect_id] = decided["leader"]
                merged_now[prospect_id] = decided["leader"]
            plan.append(decided)
        ports.progress("plan", len(plan), len(people))
    decided_leaders = {row["prospect_id"] for row in plan}
    for prospect_id, leader in leaders.items():
        if leader != prospect_id and prospect_id not in decided_leaders:
            row = _follower(prospect_id, leader, refused.get(leader))
            plan.append({**row, **deciding.told_to.get(prospect_id, {})})
    ports.progress("plan", len(people), len(people))
    batch.orphans = list(dict.fromkeys(memory.orphans))
    plan = braked(batch, without_overtaken(batch, plan), memory.links, raw)
    planned = _planned(batch, raw, plan, living, leaders, refused, memory, normalized, deciding)
    return replace(
        planned,
        moved=tuple(memory.moved),
        successors=successors,
        merged_now=merged_now,
        field_held=frozenset(deciding.field_held),
    )


def _departed(
    batch: RunningBatch,
    binned: Sequence[str],
    memory: Memory,
    successors: Mapping[str, str],
    found: Mapping[str, Candidates],
) -> list[dict[str, Any]]:
    """Those in the recycle bin, and those whom Pardot does not have at all any more."""
    rows_of: list[dict[str, Any]] = []
    for prospect_id in binned:
        values = departed_values(
            batch,
            memory.links.get(prospect_id),
            found,
            for_good=False,
            successor=prospect_id in successors,
        )
        rows_of.append({**plan_row(prospect_id, Disposition.ARCHIVED), **values})
    for link, believed in gone_for_good(batch, memory.links):
        pid = link.prospect_id
        if not believed:
            batch.missing.append(pid)
            rows_of.append(plan_row(pid, Disposition.DEFERRED, reason="prospect_gone"))
            continue
        values = departed_values(batch, link, found, for_good=True, successor=pid in successors)
        row = {**plan_row(pid, Disposition.TOMBSTONED, reason="prospect_gone"), **values}
        rows_of.append({**row, "disposition": Disposition.TOMBSTONED.value})
    return rows_of


def _successors(
    living: Mapping[str, Person], leaders: Mapping[str, str], memory: Memory
) -> dict[str, str]:
    """Who takes the records of a leader in the recycle bin over: the one elected in its place."""
    return {
        memory.former[person.email_key]: leaders[prospect_id]
        for prospect_id, person in living.items()
        if person.email_key in memory.former
    }


def _people(frame: pd.DataFrame) -> dict[str, Person | None]:
    """What sorting people out needs of each: None for those in the recycle bin."""
    names = ("prospect_id", "email_key", "last_activity_at", "updated_at", "is_deleted")
    return {
        row["prospect_id"]: None
        if row["is_deleted"]
        else Person(
            row["prospect_id"], row["email_key"], row["last_activity_at"], row["updated_at"]
        )
        for row in rows(frame[list(names)])
    }


def _ensure_reference(batch: RunningBatch, people: pd.DataFrame) -> None:
    """Records that the rules let the pipeline make are found by name, or made."""
    living = people[~people["is_deleted"].astype(bool)]
    ports = batch.ports
    missing = ports.mapping.missing_reference(rows(living))
    if batch.dry_run:
        ports.reference.learn(missing)
        ports.reference.imagine(missing)
    else:
        ports.reference.ensure(missing)


def _is_stale(person: Person, link: Link | None) -> bool:
    """Whether the row is older than what was recorded: no information, never a change."""
    if link is None or link.pardot_version is None or person.updated_at is None:
        return False
    older = person.updated_at < link.pardot_version
    activity = person.last_activity_at
    news = activity is not None and (
        link.pardot_activity_version is None or activity > link.pardot_activity_version
    )
    return bool(older and not news)


def _records(frame: pd.DataFrame) -> dict[str, Candidates]:
    found = {LEAD: Candidates(), PARTNER: Candidates()}
    for row in rows(frame):
        found[row["model"]].add(
            OdooRecord(
                record_id=int(row["record_id"]),
                prospect_id=row["prospect_id"],
                email_key=row["email_key"],
                partner_id=None if row["partner_id"] is None else int(row["partner_id"]),
                is_company=bool(row["is_company"]),
                document=row["values"],
            )
        )
    return found


def _follower(prospect_id: str, leader: str, refused: Mapping[str, Any] | None) -> dict[str, Any]:
    if refused is None:
        return plan_row(prospect_id, Disposition.MERGED, leader=leader)
    return plan_row(
        prospect_id,
        Disposition.QUARANTINED,
        reason=refused["reason"],
        candidates=refused["candidates"],
        leader=leader,
    )


def _planned(
    batch: RunningBatch,
    raw: pd.DataFrame,
    plan: list[dict[str, Any]],
    living: dict[str, Person],
    leaders: dict[str, str],
    refused: dict[str, dict[str, Any]],
    memory: Memory,
    normalized: Normalized,
    deciding: Deciding,
) -> Planned:
    frame = pd.DataFrame(
        {
            name: pd.array([row[name] for row in plan], dtype=_DTYPES[name])
            if name in _DTYPES
            else text_array(row[name] for row in plan)
            for name in _COLUMNS
        }
    )
    findings: defaultdict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    for found in rows(normalized.findings):
        who = found["prospect_id"]
        if leaders.get(who) == who and who not in refused:
            findings[who].append((found["field"], found["code"], found["raw"]))
    for who, more in deciding.findings.items():
        findings[who] += more
    counts = {str(k): int(v) for k, v in frame["disposition"].value_counts().items()}
    expected = len(raw) + len(gone_for_good(batch, memory.links))
    everyone = CheckResult(
        "everyone_is_decided",
        len(plan) == expected,
        metadata={"read": len(raw), "decided": len(plan)},
    )
    return Planned(
        "sync_plan",
        checked(SyncPlan, frame),
        {
            **{f"planned_{name}": count for name, count in counts.items()},
            "conflicts": int(frame["conflicts"].notna().sum()),
            "to_odoo": int((frame["lead_values"].notna() | frame["partner_values"].notna()).sum()),
            "to_pardot": int((frame["pardot_values"].notna() | frame["lists"].notna()).sum()),
        },
        (everyone,),
        living,
        dict(findings),
        memory.links,
    )
