"""Step 3: what shall happen to which tag of which record.

What lives here: the comparison of memberships, of what the ledger knows of tags, and of what people
did in Odoo; the frame of decisions. What does not: the decision itself (`merge.memberships`) and
the writing (`steps.memberships.load`).

Nothing is taken away while memberships are still being read: who is not known as a member may be in
the next stretch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.ledger.store import batches, links, list_tags, memberships
from pardot_odoo_pipeline.ledger.store.list_tags import LEAD, PARTNER, RecordTag
from pardot_odoo_pipeline.ledger.store.memberships import PardotList
from pardot_odoo_pipeline.merge.memberships import EditOutcome, TagDecision, decide_tag
from pardot_odoo_pipeline.odoo.tags import Category, read_categories
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.memberships_plan import MembershipPlan, TagAction
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.memberships.forgotten import recalled
from pardot_odoo_pipeline.steps.memberships.hand_edits import EditedTag, edited_tags
from pardot_odoo_pipeline.steps.memberships.reading import MembershipsRead
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["TagsPlanned", "plan_tags"]

_PUT_BACK_SINCE = timedelta(days=1)


@dataclass(frozen=True)
class TagsPlanned(StepResult):
    """The plan as frame, and the lists that it is about.

    Attributes:
        lists: Every list by id, with the tags that are still in Odoo.
        categories: Those tags of contacts, as they are now.
        has_more: Whether more is to do than one batch may.
    """

    lists: dict[int, PardotList] = field(default_factory=dict)
    categories: dict[int, Category] = field(default_factory=dict)
    has_more: bool = False


def plan_tags(batch: RunningBatch, read: MembershipsRead) -> TagsPlanned:
    """Decide about every tag that is not as it should be, at most ``batch_size`` of them.

    Raises:
        OdooError: Odoo refuses or does not answer.
    """
    size = batch.ports.rules.batch_size
    lists, categories = _lists(batch, read.lists)
    plan: dict[RecordTag, dict[str, Any]] = {}
    cut = False
    if read.rest is None:
        cut = _by_hand(batch, lists, categories, plan, size)
    with batch.ports.ledger.read() as connection:
        give = list_tags.due(connection, size)
        take = list_tags.surplus(connection, size) if read.rest is None else []
    for tags, action, rule in ((give, TagAction.GIVE, "joined"), (take, TagAction.TAKE, "left")):
        for tag in tags:
            if tag not in plan and len(plan) < size:
                plan[tag] = _row(tag, action, rule)
    frame = checked(MembershipPlan, _frame(plan.values()))
    counts = frame["action"].value_counts()
    return TagsPlanned(
        "membership_plan",
        frame,
        {
            **{action.value: int(counts.get(action.value, 0)) for action in TagAction},
            "edits_by_hand": int(frame["edit"].notna().sum()),
            "odoo_calls": batch.ports.odoo.calls - batch.odoo_calls_before,
        },
        (
            CheckResult(
                "one_decision_per_tag",
                not frame.duplicated(["model", "record_id", "list_id"]).any(),
                metadata={"tags": len(frame)},
            ),
        ),
        lists,
        categories,
        cut or len(give) >= size or len(take) >= size or len(plan) >= size,
    )


def _lists(
    batch: RunningBatch, lists: Mapping[int, PardotList]
) -> tuple[dict[int, PardotList], dict[int, Category]]:
    """The lists with the tags that Odoo still has; what a deleted one stood for is forgotten."""
    wanted = [one.category_id for one in lists.values() if one.category_id is not None]
    there = read_categories(batch.ports.odoo, wanted)
    gone = [n for n, one in lists.items() if one.category_id and one.category_id not in there]
    if gone:
        with batch.ports.ledger.write() as connection:
            batches.heartbeat(connection, batch.row, now=batch.ports.clock.now())
            for list_id in gone:
                list_tags.forget_list(connection, PARTNER, list_id)
                memberships.remember_tags(connection, list_id, category_id=None)
    kept = {n: replace(one, category_id=None) if n in gone else one for n, one in lists.items()}
    return kept, there


def _by_hand(
    batch: RunningBatch,
    lists: Mapping[int, PardotList],
    categories: Mapping[int, Category],
    plan: dict[RecordTag, dict[str, Any]],
    size: int,
) -> bool:
    """Decide about what people did in Odoo; tells whether more is left than one batch may hold."""
    live = [one for one in lists.values() if one.is_live]
    # An archived tag shows on nobody: until it is back, that says nothing about its contacts.
    shown = {record_id for record_id, category in categories.items() if category.active}
    of_contacts = {one.category_id: one.list_id for one in live if one.category_id in shown}
    of_leads = {one.lead_tag_id: one.list_id for one in live if one.lead_tag_id is not None}
    for model, tags in ((PARTNER, of_contacts), (LEAD, of_leads)):
        if not tags:
            continue
        for page in edited_tags(batch, model, tags):
            if len(plan) + len(page) > size and plan:
                return True
            for tag, decision, leader in _decided(batch, lists, page):
                plan[tag] = _edit_row(tag, decision, leader)
    return False


def _decided(
    batch: RunningBatch, lists: Mapping[int, PardotList], page: list[EditedTag]
) -> Iterable[tuple[RecordTag, TagDecision, str]]:
    if not page:
        return
    rules = batch.ports.rules.lists
    since = batch.started_at - _PUT_BACK_SINCE
    with batch.ports.ledger.read() as connection:
        counts = list_tags.put_back_counts(connection, [tag for tag, _, _ in page], since=since)
        groups = links.by_leaders(connection, {leader for _, _, leader in page})
        people = {leader: [one.prospect_id for one in group] for leader, group in groups.items()}
        known = memberships.memberships_of(
            connection, [one for group in people.values() for one in group]
        )
    for tag, state, leader in page:
        one = lists[tag.list_id]
        here = [known.get((person, tag.list_id)) for person in people.get(leader, [leader])]
        decision = decide_tag(
            recalled(batch, state, here),
            flows_back=not one.is_dynamic and rules.flows_back(one.list_id, one.name),
            opted_out=any(m is not None and m.is_member and m.opted_out for m in here),
            spent=counts.get(tag, 0) >= rules.most_put_back,
        )
        yield tag, decision, leader


_PUT_BACK = {True: TagAction.GIVE, False: TagAction.TAKE}
_AGREED = {True: TagAction.REMEMBER, False: TagAction.FORGET}
_TO_PARDOT = {True: TagAction.JOIN, False: TagAction.LEAVE}


def _edit_row(tag: RecordTag, decision: TagDecision, leader: str) -> dict[str, Any]:
    match decision.outcome:
        case EditOutcome.PUT_BACK:
            action = _PUT_BACK[bool(decision.odoo)]
        case EditOutcome.TO_PARDOT:
            action = _TO_PARDOT[bool(decision.pardot)]
        case EditOutcome.AGREED:
            action = _AGREED[decision.agreed]
        case _:
            action = TagAction.LEAVE_BE
    row = _row(tag, action, decision.rule)
    row |= {"edit": str(decision.edit), "outcome": str(decision.outcome), "prospect_id": leader}
    return row


def _row(tag: RecordTag, action: TagAction, rule: str) -> dict[str, Any]:
    return {
        "model": tag.model,
        "record_id": tag.record_id,
        "list_id": tag.list_id,
        "action": action.value,
        "rule": rule,
        "edit": None,
        "outcome": None,
        "prospect_id": None,
    }


def _frame(plan: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    told = list(plan)
    return pd.DataFrame(
        {
            name: pd.array(
                [row[name] for row in told],
                dtype="Int64" if name in ("record_id", "list_id") else "string",
            )
            for name in MembershipPlan.to_schema().columns
        }
    )
