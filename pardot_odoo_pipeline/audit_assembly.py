"""From settings to the audit of this process.

What lives here: building it, with the keys, the mask and the way to the ledger. What does not:
clients and ports, which are given it (`assembly`).
"""

from __future__ import annotations

import os
from functools import cache

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey, load_lookup_key
from pardot_odoo_pipeline.ledger.store import call_counts, incidents
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.operations.audit import NOT_WRITTEN, NOT_WRITTEN_DETAIL, AuditLog, Tally
from pardot_odoo_pipeline.operations.audit_files import AuditFiles, Kind
from pardot_odoo_pipeline.operations.data_keys import KeyRing
from pardot_odoo_pipeline.ports import Worker
from pardot_odoo_pipeline.settings import Settings

__all__ = ["audit_of", "standing_audit"]

_STANDING: dict[tuple[int, str, str], AuditLog] = {}


def standing_audit(settings: Settings) -> AuditLog:
    """The one for clients that belong to no batch, such as those of provisioning and of probes.

    A process has one of a place, however many clients it makes. It does not touch the ledger, which
    may belong to other systems or not be there yet.
    """
    told = (settings.pipeline_clock_url, *KeyRing.of(settings).ids)
    place = (os.getpid(), settings.audit_location, str(told))
    known = _STANDING.get(place)
    if known is None or known.is_closed:
        known = _STANDING[place] = audit_of(settings, load_rules(settings.pipeline_config))
    return known


def audit_of(settings: Settings, rules: Rules, ledger: Ledger | None = None) -> AuditLog:
    """What records the calls of this process's clients, and what its batches do.

    Args:
        settings: Where it is stored, and the data keys.
        rules: What is recorded.
        ledger: Keeps the count of calls, and hears of trouble.
    """
    clock = settings.clock()

    def count(tally: Tally) -> None:
        assert ledger is not None
        with ledger.write() as connection:
            call_counts.add(connection, tally, now=clock.now())

    def trouble(code: str | None) -> None:
        assert ledger is not None
        with ledger.write() as connection:
            if code is None:
                incidents.recover(connection, NOT_WRITTEN, now=clock.now())
            else:
                incidents.report(
                    connection, NOT_WRITTEN, now=clock.now(), code=code, detail=NOT_WRITTEN_DETAIL
                )

    @cache
    def key() -> LookupKey:
        return load_lookup_key(settings.home.keys)

    def mask(value: str) -> str:
        return f"{key().hash(f'audit {value}')[:12]}:{len(value)}"

    return AuditLog(
        AuditFiles(settings.audit_location, KeyRing.of(settings)),
        [kind for kind in Kind if getattr(rules.audit, kind.value)],
        clock,
        Worker().id,
        mask=mask,
        tally=count if ledger is not None else None,
        trouble=trouble if ledger is not None else None,
    )
