"""Step 1: the lists, and the memberships that changed, as Pardot has them.

What lives here: the bounded read and its true end. What does not: paging (`pardot`), or what a
membership means (`merge.memberships`).

Everybody's memberships are read the same way the first time, in stretches of ``batch_size`` rows: a
call per thousand, and no file to keep.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.batches import MembershipsScope
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.store import cursors, memberships
from pardot_odoo_pipeline.ledger.store.memberships import PardotList
from pardot_odoo_pipeline.mapping.list_rules import ListRules
from pardot_odoo_pipeline.opening import MEMBERSHIPS_CURSOR
from pardot_odoo_pipeline.pardot.bounded import BoundedRows
from pardot_odoo_pipeline.pardot.memberships import all_lists, changed_memberships
from pardot_odoo_pipeline.pardot.paging import Position, Row
from pardot_odoo_pipeline.pardot.stretches import row_time
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.memberships_raw import MembershipsRaw
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.clocks import end_there
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["MembershipsRead", "read_memberships"]


@dataclass(frozen=True)
class MembershipsRead(StepResult):
    """The frame of memberships, and the lists beside it.

    Attributes:
        lists: Every list known now, by id; what the rules say of it is in it.
        rest: What this stretch left, for a batch that follows; none when nothing was left.
    """

    lists: dict[int, PardotList] = field(default_factory=dict)
    rest: MembershipsScope | None = None


def read_memberships(batch: RunningBatch) -> MembershipsRead:
    """Read the lists, and the scope's memberships, at most ``batch_size`` of them.

    Raises:
        ConfigurationError: A dynamic list is marked to flow both ways.
        PardotError: Pardot refuses or does not answer.
    """
    ports, scope = batch.ports, batch.scope
    assert isinstance(scope, MembershipsScope)
    lists = _lists(batch)
    _refuse_dynamic(ports.rules.lists, lists)
    size = ports.rules.batch_size
    begin = Position(scope.since, scope.since_id)
    reading = changed_memberships(ports.pardot, begin, scope.until, size)
    found: list[Row] = []
    for page in reading:
        found += page
        ports.progress("read memberships", len(found), 0)
    rest = _move_cursor(batch, scope, reading)
    frame = _frame(found, batch.started_at.isoformat())
    return MembershipsRead(
        "pardot_memberships_raw",
        checked(MembershipsRaw, frame),
        {
            "memberships": len(frame),
            "lists": len(lists),
            "pardot_calls": ports.pardot.calls - batch.pardot_calls_before,
            "attempt": batch.attempt,
        },
        (
            CheckResult(
                "batch_is_bounded",
                len(frame) <= size,
                metadata={"memberships": len(frame), "batch_size": size},
            ),
        ),
        lists,
        rest,
    )


def _lists(batch: RunningBatch) -> dict[int, PardotList]:
    """All lists: those that Pardot shows, and those that it once showed."""
    ports = batch.ports
    with ports.ledger.read() as connection:
        known = memberships.all_lists(connection)
    for row in all_lists(ports.pardot):
        told = _list(row)
        old = known.get(told.list_id)
        if old is None:
            known[told.list_id] = told
        elif old.version is None or (told.version and told.version >= old.version):
            known[told.list_id] = replace(
                old,
                name=told.name,
                is_dynamic=told.is_dynamic,
                is_deleted=told.is_deleted,
                version=told.version,
            )
    rules = ports.rules.lists
    return {n: replace(one, is_shown=rules.shows(n, one.name)) for n, one in known.items()}


def _list(row: Row) -> PardotList:
    return PardotList(
        int(row["id"]),
        str(row.get("name") or ""),
        bool(row.get("isDynamic")),
        bool(row.get("isDeleted")),
        row_time(row, "updatedAt") if row.get("updatedAt") else None,
    )


def _refuse_dynamic(rules: ListRules, lists: dict[int, PardotList]) -> None:
    wrong = [
        n
        for n, one in sorted(lists.items())
        if one.is_dynamic and not one.is_deleted and rules.flows_back(n, one.name)
    ]
    if wrong:
        named = ", ".join(str(n) for n in wrong[:5]) + (" …" if len(wrong) > 5 else "")
        raise ConfigurationError(
            f"The rules mark dynamic lists as two_way (list {named}): a dynamic list fills itself",
            fix="Take them out of lists.two_way in the rules file; nothing was written",
            code="two_way_dynamic_list",
        )


def _move_cursor(
    batch: RunningBatch, scope: MembershipsScope, reading: BoundedRows
) -> MembershipsScope | None:
    """Note how far the reading came; what it left is a following batch's."""
    end = end_there(batch.ports, reading)
    with batch.ports.ledger.read() as connection:
        standing = cursors.position(connection, MEMBERSHIPS_CURSOR)
    if standing is None or end > standing:
        batch.cursors[MEMBERSHIPS_CURSOR] = (standing, end)
    return None if reading.is_complete else MembershipsScope(end.time, scope.until, end.tie)


def _frame(found: list[Row], read_at: str) -> pd.DataFrame:
    def column(name: str, kind: Any, form: Any) -> Any:
        values = [row.get(name) for row in found]
        return pd.array([None if value is None else form(value) for value in values], dtype=kind)

    return pd.DataFrame(
        {
            "membership_id": column("id", "Int64", int),
            "list_id": column("listId", "Int64", int),
            "prospect_id": column("prospectId", "string", str),
            "opted_out": column("optedOut", "boolean", bool),
            "is_deleted": column("isDeleted", "boolean", bool),
            "updated_at": column("updatedAt", "string", str),
            "read_at": pd.array([read_at] * len(found), dtype="string"),
        }
    )
