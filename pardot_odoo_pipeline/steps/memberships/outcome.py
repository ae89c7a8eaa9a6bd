"""Step 5: account for every membership read, then close the batch.

What lives here: what became of each row, the sum, the cursors' move, and the batch that goes on
where this one stopped. What does not: how a tag was given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.batches import BatchKind, IdsScope, Lineage, MembershipsScope
from pardot_odoo_pipeline.call_times import answer_metadata
from pardot_odoo_pipeline.ledger.store import batches, cursors, links, list_tags
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.ledger.store.list_tags import LEAD, PARTNER, RecordTag
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.memberships_outcome import MembershipOutcome
from pardot_odoo_pipeline.schemas.memberships_results import TagResult
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.memberships.plan import TagsPlanned
from pardot_odoo_pipeline.steps.memberships.reading import MembershipsRead
from pardot_odoo_pipeline.steps.pushed_sides import open_side_again
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["conclude_memberships"]

_PLOTTED = (
    Disposition.UPDATED,
    Disposition.UNCHANGED,
    Disposition.DEFERRED,
    Disposition.ARCHIVED,
    Disposition.STALE,
    Disposition.RETRYING,
    Disposition.QUARANTINED,
)
_Verdict = tuple[str, str | None]


def conclude_memberships(
    batch: RunningBatch,
    read: MembershipsRead,
    validated: pd.DataFrame,
    plan: TagsPlanned,
    results: StepResult,
) -> StepResult:
    """Count dispositions; where they account for every row, move cursors and finish the batch."""
    ports = batch.ports
    counts = Counter(_verdicts(batch, validated, plan, results.frame))
    total = sum(counts.values())
    by_disposition: Counter[str] = Counter()
    for (disposition, _), number in counts.items():
        by_disposition[disposition] += number
    now = ports.clock.now()
    outcome: dict[str, Any] = {
        "read": len(read.frame),
        "dispositions": dict(sorted(by_disposition.items())),
        **{name: number for name, number in results.metadata.items() if name in _TOLD},
        **batch.figures(now),
    }
    adds_up = total == len(read.frame)
    if adds_up:
        _close(batch, outcome, len(read.frame), read, plan, _for_thresholds(batch, read, validated))
    frame = pd.DataFrame(
        {
            "disposition": pd.array([key[0] for key in counts], dtype="string"),
            "reason": pd.array([key[1] for key in counts], dtype="string"),
            "memberships": pd.array(list(counts.values()), dtype="Int64"),
        }
    )
    return StepResult(
        "membership_outcome",
        checked(MembershipOutcome, frame),
        {
            "memberships_read": len(read.frame),
            **{word.value: 0 for word in _PLOTTED},
            **by_disposition,
            "pardot_calls": outcome["pardot_calls"],
            "odoo_calls": outcome["odoo_calls"],
            "batch_seconds": outcome["seconds"],
            **answer_metadata(outcome["answers"]),
        },
        (
            CheckResult(
                "rows_equal_dispositions",
                adds_up,
                metadata={"read": len(read.frame), "dispositions": total},
            ),
        ),
    )


_TOLD = ("tags_given", "tags_taken", "lists_joined", "lists_left", "edits_put_back", "failed")


def _verdicts(
    batch: RunningBatch, validated: pd.DataFrame, plan: TagsPlanned, results: pd.DataFrame
) -> list[_Verdict]:
    told = list(rows(validated))
    written = {
        RecordTag(row["model"], row["list_id"], row["record_id"]): row["result"]
        for row in rows(results)
    }
    people = {row["prospect_id"] for row in told if row["disposition"] is None}
    with batch.ports.ledger.read() as connection:
        known = links.by_prospects(connection, people)
        leaders = links.by_prospects(
            connection, {link.leader_prospect_id or link.prospect_id for link in known.values()}
        )
        tags = {
            model: list_tags.applied(connection, model, _records(leaders, model))
            for model in (PARTNER, LEAD)
        }
    carried = tags[PARTNER] | tags[LEAD]
    return [
        (row["disposition"], None)
        if row["disposition"] is not None
        else _verdict(row, known, leaders, plan, written, carried)
        for row in told
    ]


def _records(leaders: Mapping[str, Link], model: str) -> set[int]:
    ids = (link.partner_id if model == PARTNER else link.lead_id for link in leaders.values())
    return {record_id for record_id in ids if record_id is not None}


def _verdict(
    row: Mapping[str, Any],
    known: Mapping[str, Link],
    leaders: Mapping[str, Link],
    plan: TagsPlanned,
    written: Mapping[RecordTag, str],
    carried: set[RecordTag],
) -> _Verdict:
    link = known.get(row["prospect_id"])
    if link is None:
        return Disposition.DEFERRED.value, "not_linked"
    if link.state is not LinkState.ACTIVE:
        return link.state.value, None
    one = plan.lists.get(row["list_id"])
    if one is None:
        return Disposition.DEFERRED.value, "list_unknown"
    if not one.is_live:
        return Disposition.UNCHANGED.value, "list_deleted" if one.is_deleted else "list_not_shown"
    leader = leaders.get(link.leader_prospect_id or link.prospect_id, link)
    record_id = leader.partner_id or leader.lead_id
    if record_id is None:
        return Disposition.DEFERRED.value, "no_record"
    tag = RecordTag(PARTNER if leader.partner_id else LEAD, row["list_id"], record_id)
    result = written.get(tag)
    if result is not None:
        failed = result != TagResult.DONE.value
        return (Disposition.RETRYING if failed else Disposition.UPDATED).value, None
    if plan.has_more and (tag in carried) != row["gives_tag"]:
        return Disposition.DEFERRED.value, "next_batch"
    return Disposition.UNCHANGED.value, None


def _for_thresholds(
    batch: RunningBatch, read: MembershipsRead, validated: pd.DataFrame
) -> tuple[str, ...]:
    """Whose membership changed in a list that decides who becomes a lead, or qualifies.

    They are looked at by a batch of people: else the list would count at their next change only.
    """
    named = set(batch.ports.rules.automation.named_lists.values())
    wanted = {n for n, one in read.lists.items() if n in named or one.name in named}
    news = (row for row in rows(validated) if row["disposition"] is None)
    return tuple(sorted({row["prospect_id"] for row in news if row["list_id"] in wanted}))


def _close(
    batch: RunningBatch,
    outcome: dict[str, Any],
    people: int,
    read: MembershipsRead,
    plan: TagsPlanned,
    people_due: tuple[str, ...],
) -> None:
    assert isinstance(batch.scope, MembershipsScope)
    following = read.rest
    if following is None and plan.has_more:
        following = MembershipsScope(batch.scope.until, batch.scope.until)
    new = [batches.NewBatch(following, follows=batch.key)] if following is not None else []
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        for name, (expected, to) in batch.cursors.items():
            cursors.advance(
                connection, name, expected=expected, to=to, now=now, batch_key=batch.key
            )
        batches.open_batches(connection, BatchKind.BULK, new, now=now)
        if people_due:
            due = batches.NewBatch(IdsScope(people_due), len(people_due), follows=batch.key)
            batches.open_batches(connection, BatchKind.MANUAL, [due], now=now)
        batches.finish(connection, batch.row, now=now, outcome=outcome, people=people)
        open_side_again(connection, batch, Lineage.MEMBERSHIPS, batch.scope.until, now)
