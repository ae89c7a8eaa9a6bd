"""The brakes on a plan: who would be changed how, who is held, and what of theirs goes on.

What lives here: counting a plan over the rolling day, holding people, and the stop where many
records are suddenly not there. What does not: the verdict (`merge.brakes`), storing holds
(`ledger.store.holds`), and the first sync's brake, which looks at all its batches (`first_sync`).

Whoever is in an open hold stays there for as long as a plan would do to them what they are held
for, however few they have become: else a mass change would trickle through in small batches. An
opt-out goes on: of a held person it is all that is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.ledger.store import day_counts, holds, links
from pardot_odoo_pipeline.ledger.store.holds import Hold
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.mapping.canonical import canonical_text
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.mapping.rules import Authority, Direction
from pardot_odoo_pipeline.merge.brakes import Changes, Kind, Verdict, brake_rule, judge
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.operations import restart
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.consent import consent_fields
from pardot_odoo_pipeline.steps.plan_rows import as_json

__all__ = ["VANISHED", "braked", "changes_of", "count_births", "stop_if_vanished"]

VANISHED = "safety:vanished"
"""The rule of a waiver: a person said of whom it is right that a record is not there any more."""

_DAY = timedelta(hours=24)
_KINDS = (("lead", LEAD), ("partner", PARTNER))

# Of others nothing new is known: whoever is held stays so.
_DECIDED = {
    Disposition.CREATED.value,
    Disposition.UPDATED.value,
    Disposition.UNCHANGED.value,
}

Row = dict[str, Any]


def braked(
    batch: RunningBatch, plan: Sequence[Row], known: Mapping[str, Link], raw: pd.DataFrame
) -> list[Row]:
    """The plan with the people taken out whom a rule holds.

    Args:
        batch: The batch; its ``changes`` become what it adds to the day, its ``brakes`` what broke.
        plan: Rows of ``sync_plan``.
        known: The ledger's links of the people read.
        raw: ``pardot_prospects_raw``.

    Raises:
        PipelineError: So many linked records are not there that none of it is believed.
    """
    if batch.unbraked:
        return list(plan)
    stop_if_vanished(batch, known)
    if batch.first_sync:
        return list(plan)
    changes = changes_of(batch, plan, raw)
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for one in changes:
        for side, kinds in (("odoo", one.odoo), ("pardot", one.pardot)):
            for kind in kinds:
                asked[brake_rule(side, kind)].add(one.person)
    with batch.ports.ledger.read() as connection:
        standing = holds.open_holds(connection)
        waived = _waived(batch, holds.of_waiver(connection, batch.row.waiver_id or ""))
        since = restart.counts_since(connection, batch.started_at - _DAY)
        spent = day_counts.changes_since(connection, since, without=batch.key, now=batch.started_at)
        population = links.count(connection).get(LinkState.ACTIVE, 0)
    sticky = _still_held(standing, asked, waived)
    already = frozenset().union(*sticky.values())
    verdict = judge(
        (one for one in changes if one.person not in already),
        spent + batch.changed_before,
        population,
        batch.ports.rules.safety,
        waived=waived,
    )
    held = {
        rule: verdict.held.get(rule, frozenset()) | sticky.get(rule, frozenset())
        for rule in {*verdict.held, *sticky}
    }
    stopped = frozenset().union(*held.values())
    batch.brakes = verdict.brakes
    batch.changes = {
        rule: count
        for rule, people in sorted(asked.items())
        if rule not in waived and (count := len(people - stopped))
    }
    if not batch.dry_run:
        decided = {row["prospect_id"] for row in plan if row["disposition"] in _DECIDED}
        _remember(batch, verdict, decided, asked, standing)
    return [
        _stripped(row, next(r for r in sorted(held) if row["prospect_id"] in held[r]))
        if row["prospect_id"] in stopped
        else row
        for row in plan
    ]


def changes_of(batch: RunningBatch, plan: Sequence[Row], raw: pd.DataFrame) -> list[Changes]:
    """What a plan does to whom on each side; people to whom it does nothing that counts are left.

    Opt-outs, scores and what we keep beside the mapped fields do not count.
    """
    mapping = batch.ports.mapping
    cells: dict[str, bool] = {}
    for source, keys in mapping.sources().items():
        policy = mapping.policy(source)
        ours = policy.direction is Direction.TO_ODOO and policy.authority is Authority.PARDOT
        cells.update(dict.fromkeys(keys, not ours))
    told = {row["prospect_id"] for row in plan if row["pardot_values"] is not None}
    before = {row["id"]: row for row in rows(raw[raw["id"].isin(list(told))])} if told else {}
    uncounted = {*consent_fields()["pardot"], *batch.ports.rules.stages.prospect_fields}
    found: list[Changes] = []
    for row in plan:
        in_odoo = {
            kind
            for name, model in _KINDS
            if row[f"{name}_values"] is not None
            for kind in _in_odoo(batch, row, name, model, cells)
        }
        in_pardot = (
            _in_pardot(row, before.get(row["prospect_id"], {}), uncounted)
            if row["pardot_values"] is not None
            else set()
        )
        if in_odoo or in_pardot:
            found.append(Changes(row["prospect_id"], in_odoo, in_pardot))
    return found


def _in_odoo(
    batch: RunningBatch, row: Row, name: str, model: str, cells: Mapping[str, bool]
) -> set[Kind]:
    if row[f"{name}_id"] is None:
        return {Kind.CREATES}
    mapping = batch.ports.mapping
    expected = orjson.loads(row[f"{name}_expected"] or "{}")
    kinds: set[Kind] = set()
    for field, value in orjson.loads(row[f"{name}_values"]).items():
        key, before = f"{model}/{field}", expected.get(field)
        if field == "active" and before is True and value is False:
            kinds.add(Kind.ARCHIVES)
        elif key not in cells or field not in expected or mapping.is_unset(key, before):
            continue
        elif mapping.is_blank(key, value):
            kinds.add(Kind.BLANKS)
        elif cells[key]:
            kinds.add(Kind.OVERWRITES)
    return kinds


def _in_pardot(row: Row, before: Mapping[str, Any], uncounted: Collection[str]) -> set[Kind]:
    kinds: set[Kind] = set()
    for field, value in orjson.loads(row["pardot_values"]).items():
        was, now = canonical_text(before.get(field)), canonical_text(value)
        if field in uncounted or was is None or was == now:
            continue
        kinds.add(Kind.BLANKS if now is None else Kind.OVERWRITES)
    return kinds


def _waived(batch: RunningBatch, released: Hold | None) -> frozenset[str]:
    """The rules that a person let this batch break; to bring a side forward is a choice, too."""
    if batch.forward:
        return frozenset(brake_rule(batch.forward, kind) for kind in Kind)
    return frozenset() if released is None else frozenset({released.rule})


def _still_held(
    standing: Sequence[Hold], asked: Mapping[str, set[str]], waived: Collection[str]
) -> dict[str, frozenset[str]]:
    """Who is in an open hold and would still be changed by its rule."""
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for one in standing:
        again = asked.get(one.rule, set()).intersection(one.prospect_ids)
        if again and one.rule not in waived:
            found[one.rule] |= again
    return dict(found)


def _remember(
    batch: RunningBatch,
    verdict: Verdict,
    planned: Collection[str],
    asked: Mapping[str, set[str]],
    standing: Sequence[Hold],
) -> None:
    """Store the holds before anything is written, and what this batch adds to the day."""
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        for brake in verdict.brakes:
            detail = {"allowed": brake.allowed, "asked": brake.asked}
            people = verdict.held[brake.rule]
            holds.hold(
                connection,
                brake.rule,
                people,
                detail=detail,
                batch_key=batch.key,
                waiver_id=batch.ports.outside.new_id(),
                now=now,
            )
        for rule in {one.rule for one in standing}:
            over = set(planned) - asked.get(rule, set())
            holds.let_go(connection, over, rule=rule, now=now)
        if batch.changes or batch.row.outcome:
            batch.changes = day_counts.note_changes(connection, batch.row, batch.changes)


def _stripped(row: Row, rule: str) -> Row:
    """What goes on for somebody who is held: opt-outs, and nothing else."""
    consent = consent_fields()
    stripped = {
        **row,
        "disposition": Disposition.HELD.value,
        "reason": rule,
        **dict.fromkeys(
            ("lists", "pardot_pairs", "pairs", "rules", "conflicts", "converts", "candidates")
        ),
    }
    for name, model in _KINDS:
        for column in ("values", "expected"):
            stripped[f"{name}_{column}"] = _only(row[f"{name}_{column}"], consent[model])
        if row[f"{name}_id"] is None or stripped[f"{name}_values"] is None:
            stripped[f"{name}_values"] = stripped[f"{name}_expected"] = None
    stripped["pardot_values"] = _only(row["pardot_values"], consent["pardot"])
    return stripped


def _only(document: str | None, names: Collection[str]) -> str | None:
    kept = {k: v for k, v in orjson.loads(document or "{}").items() if k in names}
    return as_json(kept) if kept else None


def count_births(batch: RunningBatch, more: int) -> None:
    """Count prospects that are about to be made of Odoo's records.

    They have no prospect id yet that a hold could name, so the batch itself is stopped: its cursor
    stays, and the next one meets the same records.

    Raises:
        PipelineError: They would be more than a day may bring.
    """
    rule = brake_rule("pardot", Kind.CREATES)
    limit = batch.ports.rules.safety.pardot.creates
    made = batch.changes.get(rule, 0) + more
    with batch.ports.ledger.write() as connection:
        if limit is not None:
            since = restart.counts_since(connection, batch.started_at - _DAY)
            spent = day_counts.changes_since(
                connection, since, without=batch.key, now=batch.started_at
            )
            population = links.count(connection).get(LinkState.ACTIVE, 0)
            asked, allowed = spent[rule] + made, max(limit.least, int(limit.share * population))
            if asked > allowed:
                raise PipelineError(
                    f"Rule safety.pardot.creates: {asked} prospects would be made of Odoo's "
                    f"records in 24 hours, and {allowed} are allowed",
                    fix="Look at what was made in Odoo; narrow automation.born_in_odoo, or raise "
                    "the limit in the rules file",
                    code="births_brake",
                    failure_class=FailureClass.CONFIGURATION,
                )
        batch.changes = day_counts.note_changes(
            connection, batch.row, {**batch.changes, rule: made}
        )


def stop_if_vanished(batch: RunningBatch, known: Mapping[str, Link]) -> None:
    """Stop the batch where many linked people's records are not found at once.

    Raises:
        PipelineError: More are missing than the rule allows.
    """
    limit = batch.ports.rules.safety.vanished
    if limit is None or not batch.missing:
        return
    linked = sum(link.state is LinkState.ACTIVE for link in known.values())
    allowed = max(limit.least, int(limit.share * linked))
    unexpected = set(batch.missing).difference(_known_to_be_gone(batch))
    in_pardot = unexpected.intersection(batch.gone)
    for side, missing in (
        ("Pardot", in_pardot),
        ("Odoo", unexpected - in_pardot),
    ):
        if len(missing) > allowed:
            raise PipelineError(
                f"Rule safety.vanished: {side} does not show the records of {len(missing)} linked "
                f"people of batch {batch.key}, and {allowed} are allowed; nothing was written",
                fix=f"{side} may have been restored from a backup, or a right of the pipeline's "
                "user was taken away: mend that. If people deleted the records on purpose, "
                "`pardot-odoo reconcile --repair --yes` is the yes",
                code="records_vanished",
                failure_class=FailureClass.CONFIGURATION,
            )


def _known_to_be_gone(batch: RunningBatch) -> frozenset[str]:
    """Those whose deletion a person confirmed."""
    if batch.row.waiver_id is None:
        return frozenset()
    with batch.ports.ledger.read() as connection:
        released = holds.of_waiver(connection, batch.row.waiver_id)
    if released is None or released.rule != VANISHED:
        return frozenset()
    return frozenset(released.prospect_ids)
