"""Asking a system that did not work whether it does again: one cheap call, by one process.

What lives here: the look, and what its answer does to the circuit. What does not: when the next one
is due (`ledger.store.circuits`), and whoever calls this (the retry sensor, the warm worker, a
person's `sync`).

The settings are read anew for each look, so that new credentials are tried without a restart.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline import assembly, launching
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, circuits
from pardot_odoo_pipeline.ledger.store.circuits import Circuit
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations import outages
from pardot_odoo_pipeline.operations.quota import CallBudget
from pardot_odoo_pipeline.outside import Outside
from pardot_odoo_pipeline.ports import Worker
from pardot_odoo_pipeline.settings import Settings

__all__ = ["probe"]


def probe(
    settings: Settings,
    ledger: Ledger,
    rules: Rules,
    now: datetime,
    *,
    at_once: bool = False,
    outside: Outside | None = None,
    worker: Worker | None = None,
) -> list[PipelineError]:
    """Ask the systems whose time has come.

    Args:
        settings: As they are now.
        ledger: The ledger.
        rules: The rules.
        now: The present moment.
        at_once: A person asks, and does not wait for the pause to end.
        outside: What the process finds around it.
        worker: Who this process is, where it does not find out for itself.

    Returns:
        What those say that were asked and still do not work.
    """
    with ledger.read() as connection:
        if not circuits.standing(connection):
            return []
    silent: list[PipelineError] = []
    with ledger.write() as connection:
        asked = circuits.take_probes(connection, now=now, at_once=at_once)
    budget = assembly.call_budget(settings, rules, ledger, worker)
    for circuit in asked:
        failure = _ask(settings, circuit, budget, outside or Outside())
        with ledger.write() as connection:
            if failure is not None and _says_no(failure, circuit):
                verdict = outages.judge(failure)
                outages.still_silent(connection, circuit, failure, verdict, now=now, rules=rules)
                silent.append(failure)
            else:
                first = _somebody_waits(connection, circuit)
                outages.well_again(connection, circuit, first=first, now=now)
    return silent


def _ask(
    settings: Settings, circuit: Circuit, budget: CallBudget, outside: Outside
) -> PipelineError | None:
    """What stands in the way; None where the system answers, or a lane's time is over."""
    if circuit.lane != circuits.WHOLE:
        return None
    try:
        if circuit.system == "pardot":
            with assembly.pardot_client(settings, budget, outside, patient=False) as client:
                client.account()
        else:
            odoo = assembly.odoo_client(settings, outside, patient=False)
            try:
                odoo.greet()
            finally:
                odoo.close()
    except PipelineError as failure:
        return failure
    return None


def _says_no(failure: PipelineError, circuit: Circuit) -> bool:
    """Whether it is still not to be used; a refusal of the one call shows that it answers."""
    return failure.system is None or outages.judge(failure).system == circuit.system


def _somebody_waits(connection: sa.Connection, circuit: Circuit) -> bool:
    waiting = batches.due_for_run(connection, limit=200)
    return any(circuit.concerns(launching.lane_of(batch.key.kind)) for batch in waiting)
