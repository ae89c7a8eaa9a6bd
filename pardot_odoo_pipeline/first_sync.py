"""The brake of the first sync: all its batches are planned before the first one writes.

What lives here: the verdict, which stands in the spool beside the buckets, and a person's yes. What
does not: the brakes of later batches (`steps.brakes`) and the planning (`planning`).

A first sync meets two systems that nobody has compared before. A rule that is wrong for one field
would replace it for everybody, so people are counted over all buckets, and beyond the rule's number
a person is asked. Where Odoo holds fewer records than that, nothing needs to be planned to know it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKind, BatchState, BucketScope
from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.merge.brakes import FIRST_SYNC, judge
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.planning import planned_bucket
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.spool import Spool
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.brakes import changes_of
from pardot_odoo_pipeline.steps.odoo_records import EMAIL_KEY, PROSPECT_ID

__all__ = ["FirstSync", "approve", "guard_first_sync", "is_first_sync"]

_FILE = "first_sync.json"


@dataclass(frozen=True)
class FirstSync:
    """What is known of a first sync before anything is written.

    Attributes:
        asked: People whose values it would replace, on either side; at most, where it was enough
            to count Odoo's records.
        allowed: How many the rule allows.
        approved: Whether a person said yes all the same.
        rules: Of the rules that it was looked at with, a hash: others may say something else.
    """

    asked: int
    allowed: int
    approved: bool = False
    rules: str = ""

    @property
    def may_go(self) -> bool:
        """Whether it may write."""
        return self.approved or self.asked <= self.allowed


def guard_first_sync(batch: RunningBatch) -> None:
    """Mark a batch of the first sync, and stop it where a yes is needed first.

    Raises:
        PipelineError: It would replace the values of more people than the rule allows.
    """
    ports, scope = batch.ports, batch.scope
    if not isinstance(scope, BucketScope) or not is_first_sync(ports, scope.spool):
        return
    batch.first_sync = True
    verdict = _read(ports.spool_root / scope.spool)
    if verdict is None or not (verdict.approved or verdict.rules == _hash_of(ports.rules)):
        asked, allowed = _look(batch, scope.spool)
        verdict = FirstSync(asked, allowed, rules=_hash_of(ports.rules))
        _store(ports.spool_root / scope.spool, verdict)
    if not verdict.may_go:
        raise PipelineError(
            f"Rule safety.first_sync_overwrites: the first sync would replace values of "
            f"{verdict.asked} people, and {verdict.allowed} are allowed; nothing was written",
            fix="`pardot-odoo plan --initial` shows which; correct the authority of fields in the "
            "rules file, or say yes with `pardot-odoo sync --initial --yes`",
            code="first_sync_brake",
            failure_class=FailureClass.CONFIGURATION,
        )


def is_first_sync(ports: Ports, spool: str) -> bool:
    """Whether no other initial sync was ever at work."""
    query = sa.select(sync_batches.c.scope).where(
        sync_batches.c.kind == BatchKind.INITIAL.value,
        sync_batches.c.state == BatchState.DONE.value,
    )
    with ports.ledger.read() as connection:
        return all(scope.get("spool") == spool for (scope,) in connection.execute(query))


def approve(spool_root: Path) -> None:
    """A person said yes: spools that wait for it may go, and those that are about to begin."""
    for manifest in spool_root.glob("*/manifest.json"):
        folder = manifest.parent
        known = _read(folder) or FirstSync(0, 0)
        _store(folder, replace(known, approved=True))


def _look(batch: RunningBatch, spool: str) -> tuple[int, int]:
    """People whose values would be replaced, and how many may be.

    Everybody is planned, unless Odoo holds too few records for that to matter.
    """
    ports = batch.ports
    manifest = Spool(ports.spool_root, spool).manifest()
    limit = ports.rules.safety.first_sync_overwrites
    if limit is None:
        return 0, manifest.people
    allowed = max(limit.least, int(limit.share * manifest.people))
    domain = ["|", (PROSPECT_ID, "!=", False), (EMAIL_KEY, "!=", False)]
    everyone = {"active_test": False}
    there = sum(
        ports.odoo.search_count(model, domain, context=everyone) for model in (LEAD, PARTNER)
    )
    if there <= allowed:
        return there, allowed
    asked = 0
    for number, people in enumerate(manifest.buckets):
        if not people:
            continue
        scope = BucketScope(spool, number, people)
        dry, plan, raw = planned_bucket(ports, batch.row, scope)
        verdict = judge(
            changes_of(dry, plan, raw), {}, manifest.people, ports.rules.safety, first_sync=True
        )
        asked += verdict.counted.get(FIRST_SYNC, 0)
        batch.heartbeat()
    # The ports are those of the batch that is about to write.
    ports.reference.forget_imagined()
    return asked, allowed


def _hash_of(rules: Rules) -> str:
    return hashlib.sha256(rules.model_dump_json().encode()).hexdigest()[:16]


def _read(folder: Path) -> FirstSync | None:
    try:
        return FirstSync(**json.loads((folder / _FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _store(folder: Path, verdict: FirstSync) -> None:
    draft = folder / f".{_FILE}"
    draft.write_text(json.dumps(asdict(verdict)))
    draft.replace(folder / _FILE)
