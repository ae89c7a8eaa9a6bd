"""The comparison that happens by itself: whether now, and what people are told of its result.

What lives here: the reasons to skip, incidents and their end, batches that mend where the rules
want it. What does not: the comparison (`operations.agreement`), and Dagster's schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.store import certificates, circuits, cursors, incidents
from pardot_odoo_pipeline.ledger.store.certificates import Certificate
from pardot_odoo_pipeline.ledger.store.circuits import CircuitState
from pardot_odoo_pipeline.mapping.reconcile_rules import ReconcileRules
from pardot_odoo_pipeline.merge.agreement import Cause
from pardot_odoo_pipeline.merge.rewound import LEAST
from pardot_odoo_pipeline.operations import rewound
from pardot_odoo_pipeline.operations.agreement import Comparison, certify, code_version
from pardot_odoo_pipeline.operations.agreement_facts import is_first_sync_under_way
from pardot_odoo_pipeline.operations.agreement_repair import open_repairs
from pardot_odoo_pipeline.operations.budget import Lane
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.changes import UPDATED_CURSOR

__all__ = ["Skip", "compare_by_itself", "conclude", "tell"]

_FEW_CALLS = 30
"""What a comparison of a small account costs: an export for each year of its life."""

_SIDES: Mapping[str, tuple[str, tuple[Cause, ...]]] = {
    "agreement:pardot": ("Pardot", (Cause.MISSING_IN_PARDOT,)),
    "agreement:odoo": ("Odoo", (Cause.MISSING_IN_ODOO, Cause.HIDDEN_IN_ODOO)),
}
_BOTH = "agreement:both"


class Skip(StrEnum):
    """Why nothing was compared."""

    NOTHING_SYNCED = "nothing_synced"
    INITIAL_UNDER_WAY = "initial_under_way"
    SYSTEM_LEFT_ALONE = "system_left_alone"
    BUDGET_SHORT = "budget_short"


def compare_by_itself(ports: Ports) -> Certificate:
    """Compare everybody, unless it is not the time for that; either is stored.

    Raises:
        PipelineError: One of the systems does not answer.
    """
    rules = ports.rules.reconcile
    now = ports.clock.now()
    with ports.ledger.read() as connection:
        before = certificates.last(connection)
        skip = _not_now(connection)
    skip = skip or _short_of_calls(ports, before)
    if skip is not None:
        one = Certificate(now, 0, 0, {}, 0, code_version=code_version(), skipped=skip.value)
        with ports.ledger.write() as connection:
            return replace(one, id=certificates.store(connection, one))
    one, found = certify(ports, samples=rules.samples)
    set_back = conclude(ports, one, found, before)
    if rules.repair and not set_back:
        open_repairs(ports, found)
    return one


def conclude(
    ports: Ports, one: Certificate, found: Comparison, before: Certificate | None
) -> list[str]:
    """Tell people what they should know, and stop where a side was set back.

    Args:
        ports: What may be touched.
        one: The certificate.
        found: What it is of.
        before: The one before it; None where a person asked for this one, who need not be told.

    Returns:
        The systems that were set back.
    """
    set_back = [
        system
        for system in rewound.SYSTEMS
        if len(found.concerned(system).people) >= LEAST and rewound.look(ports, system)
    ]
    now = ports.clock.now()
    with ports.ledger.write() as connection:
        tell(connection, one, before, ports.rules.reconcile, now=now)
        for system in set_back:
            people = len(found.concerned(system).people)
            rewound.stop(connection, system, now=now, people=people)
    return set_back


def _not_now(connection: sa.Connection) -> Skip | None:
    """Whether there is nothing to compare yet, or a system that is left alone."""
    if cursors.position(connection, UPDATED_CURSOR) is None:
        return Skip.NOTHING_SYNCED
    if is_first_sync_under_way(connection):
        return Skip.INITIAL_UNDER_WAY
    shut = any(
        circuit.lane == circuits.WHOLE and circuit.state is CircuitState.OPEN
        for circuit in circuits.standing(connection)
    )
    return Skip.SYSTEM_LEFT_ALONE if shut else None


def _short_of_calls(ports: Ports, before: Certificate | None) -> Skip | None:
    """Whether what Pardot's day leaves to bulk work is less than the last comparison took."""
    costs = max(_FEW_CALLS, before.pardot_calls if before else 0)
    return Skip.BUDGET_SHORT if ports.budget.left(Lane.BULK).calls < costs else None


def tell(
    connection: sa.Connection,
    one: Certificate,
    before: Certificate | None,
    rules: ReconcileRules,
    *,
    now: datetime,
) -> None:
    """Report what people should know of a certificate, and what is over.

    Args:
        connection: An open write transaction.
        one: The certificate.
        before: The one before it: what is unexplained once may only have been busy.
        rules: How many deletions are many.
        now: The present moment.
    """
    allowed = max(rules.deletions.least, int(rules.deletions.share * one.people))
    for key, (side, causes) in _SIDES.items():
        people = sum(one.causes.get(cause.value, 0) for cause in causes)
        if people <= allowed:
            incidents.recover(connection, key, now=now)
            continue
        hidden = bool(one.causes.get(Cause.HIDDEN_IN_ODOO.value, 0)) and side == "Odoo"
        incidents.report(
            connection,
            key,
            now=now,
            code="hidden_in_odoo" if hidden else f"missing_in_{side.lower()}",
            detail={
                "title": f"{people} linked people are not in {side} any more",
                "text": f"The comparison of {one.at:%Y-%m-%d %H:%M} UTC did not find their "
                f"records in {side}. Nothing was written.",
                "fix": "Give the pipeline's user its rights back"
                if hidden
                else f"If people deleted them on purpose, `pardot-odoo reconcile --repair --yes` "
                f"carries that over; else look whether {side} was restored from a backup",
                "severity": "error",
                "system": side.lower(),
                "people": people,
            },
        )
    if one.unexplained == 0:
        incidents.recover(connection, _BOTH, now=now)
    elif before is not None and before.unexplained:
        incidents.report(
            connection,
            _BOTH,
            now=now,
            code="unexplained",
            detail={
                "title": f"{one.unexplained} people differ between Pardot and Odoo",
                "text": "Two comparisons in a row found people whom a sync would change, and "
                "nothing says why none did.",
                "fix": "`pardot-odoo reconcile` names them, `pardot-odoo reconcile --repair` "
                "syncs them",
                "severity": "warning",
                "people": one.unexplained,
            },
        )
