"""Everything a batch needs from outside, in one value.

What lives here: the ports of `run_batch` and the worker's identity. What does not: building them
from settings (`resources`), or any use of them (`steps`).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from pardot_odoo_pipeline.call_times import CallTimes
from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent import Blacklist
from pardot_odoo_pipeline.odoo.loader import PersonLoader
from pardot_odoo_pipeline.odoo.reference import OdooReference
from pardot_odoo_pipeline.operations.audit_port import Audit, NoAudit
from pardot_odoo_pipeline.operations.quota import CallBudget
from pardot_odoo_pipeline.outside import Outside
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.processes import identity
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping

__all__ = ["Ports", "Progress", "Worker", "silent"]

Progress = Callable[[str, int, int], None]
"""Told of a stage's name, how much of it is done, and how much there is."""


def silent(stage: str, done: int, total: int) -> None:
    """A progress port that nobody watches."""


@dataclass(frozen=True)
class Worker:
    """Who runs a batch. The id tells the process, so that a dead one is recognised."""

    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    nonce: str = field(default_factory=lambda: uuid4().hex[:8])

    @property
    def id(self) -> str:
        """Unique among all processes (`processes`)."""
        return identity(self.pid, self.nonce, self.host)


@dataclass(frozen=True)
class Ports:
    """What `run_batch` may touch. Nothing in a step reaches for anything else."""

    rules: Rules
    clock: Clock
    ledger: Ledger
    lookup_key: LookupKey
    pardot: PardotClient
    odoo: OdooClient
    loader: PersonLoader
    reference: OdooReference
    mapping: OdooMapping
    blacklist: Blacklist
    spool_root: Path
    worker: Worker
    budget: CallBudget
    progress: Progress = silent
    call_times: CallTimes | None = None
    audit: Audit = field(default_factory=NoAudit)
    outside: Outside = field(default_factory=Outside)

    def fingerprint(self, value: Any) -> str:
        """A keyed hash of a value in Odoo's form: tells it again without keeping it."""
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        # Apart from those of addresses, which the same key makes.
        return self.lookup_key.hash(f"value {text}")[:16]
