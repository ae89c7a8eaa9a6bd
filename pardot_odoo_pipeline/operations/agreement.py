"""The agreement certificate: everybody on both sides, compared; whoever differs has a cause.

What lives here: the complete comparison in chunks of a batch, its result, and the people whom a
batch would mend. What does not: one look at some people (`operations.agreement_look`), causes
(`merge.agreement`), storing (`ledger.store.certificates`), and opening batches (`opening`).

Everybody in Pardot is exported into a spool, as for an initial sync, and looked at bucket by bucket
together with their records in Odoo, so memory follows the batch size. Hashes tell who surely agrees
(`operations.agreement_screen`), and of all others the steps of a batch say what it would do.
Whoever seems not to agree is read once more, by id and after everybody else: an export is minutes
old, people go on working, and an export or a page that broke off must not look like a deletion.
Nothing is written to either side.
"""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from pardot_odoo_pipeline.batches import BucketScope, IdsScope
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store import certificates, links
from pardot_odoo_pipeline.ledger.store.certificates import Certificate
from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.merge.agreement import EXPLAINED, MENDABLE, Cause, cause_of
from pardot_odoo_pipeline.operations.agreement_facts import Facts, is_first_sync_under_way
from pardot_odoo_pipeline.operations.agreement_look import Look
from pardot_odoo_pipeline.operations.budget import Lane
from pardot_odoo_pipeline.operations.rewound import SetBack
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.spool import Spool
from pardot_odoo_pipeline.spooling import fill_spool

__all__ = ["Comparison", "certify", "code_version", "compare", "last"]

last = certificates.last

_FINAL = frozenset({Cause.QUARANTINED, Cause.KEEPS_BY_RULE})
"""Causes that a second reading would not change."""

_MISSING = (Cause.MISSING_IN_ODOO, Cause.MISSING_IN_PARDOT)

_Ids = npt.NDArray[np.int64]


@dataclass
class Comparison:
    """What a comparison found.

    Attributes:
        at: When Pardot was asked for everybody.
        people: Everybody who takes part.
        exceptions: Those who do not agree: prospect id to cause.
        seen: People with a missing record in the ledger who were found on both sides.
        set_back: Person to the system that shows less than was recorded, and the models of the
            records that it does not have.
    """

    at: datetime
    people: int = 0
    exceptions: dict[str, Cause] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    set_back: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)

    def concerned(self, system: str) -> SetBack:
        """Whom a backup concerns that was restored on that system."""
        mine = {who: gone for who, (side, gone) in self.set_back.items() if side == system}
        return SetBack(
            system, sorted(mine, key=int), {who: gone for who, gone in mine.items() if gone}
        )

    @property
    def causes(self) -> dict[Cause, int]:
        """Cause to people."""
        return dict(sorted(Counter(self.exceptions.values()).items()))

    def of(self, *causes: Cause) -> list[str]:
        """The people with these causes, in the order of their ids."""
        wanted = frozenset(causes)
        return sorted((who for who, cause in self.exceptions.items() if cause in wanted), key=int)

    @property
    def to_mend(self) -> list[str]:
        """Whom a batch would bring into agreement."""
        return self.of(*MENDABLE)

    @property
    def missing(self) -> list[str]:
        """Whose record is not there any more on one of the sides."""
        return self.of(*_MISSING)

    def too_many_missing(self, rules: Rules) -> frozenset[str]:
        """Those who are missing on a side on which more are than a batch would believe at once."""
        limit = rules.safety.vanished
        if limit is None:
            return frozenset()
        allowed = max(limit.least, int(limit.share * min(rules.batch_size, self.people)))
        sides = (self.of(cause) for cause in _MISSING)
        return frozenset(who for side in sides if len(side) > allowed for who in side)

    def certificate(self, samples: int) -> Certificate:
        """The result as it is stored, with a few ids for each cause."""
        causes = self.causes
        return Certificate(
            at=self.at,
            people=self.people,
            agree=self.people - len(self.exceptions),
            causes={cause.value: number for cause, number in causes.items()},
            unexplained=sum(n for cause, n in causes.items() if cause not in EXPLAINED),
            samples={cause.value: self.of(cause)[:samples] for cause in causes} if samples else {},
        )


def certify(ports: Ports, *, samples: int = 10) -> tuple[Certificate, Comparison]:
    """Compare everybody and keep the result.

    What was missing is noted as sighted, and what was missing before and is there as found: a
    batch believes an absence only at the second look. More deletions at once than a batch may meet
    are not: a person has to confirm them first.

    Args:
        ports: What may be touched.
        samples: How many ids are kept for each cause.

    Raises:
        PipelineError: One of the systems does not answer, or a first sync is not over.
    """
    ports = replace(ports, pardot=ports.pardot.through(ports.budget.gate(Lane.BULK)))
    began, pardot, odoo = ports.clock.now(), ports.pardot.calls, ports.odoo.calls
    found = compare(ports)
    now = ports.clock.now()
    one = replace(
        found.certificate(samples),
        seconds=round((now - began).total_seconds(), 3),
        pardot_calls=ports.pardot.calls - pardot,
        odoo_calls=ports.odoo.calls - odoo,
        code_version=code_version(),
    )
    with ports.ledger.write() as connection:
        links.found_again(connection, sorted(found.seen))
        many = found.too_many_missing(ports.rules)
        sighted = [who for who in found.missing if who not in many]
        links.sight_missing(connection, sighted, now=now)
        number = certificates.store(connection, one)
    return replace(one, id=number), found


def code_version() -> str:
    """The version of the package."""
    return importlib.metadata.version("pardot-odoo-pipeline")


def compare(ports: Ports) -> Comparison:
    """Look at everybody.

    Raises:
        PipelineError: One of the systems does not answer, or a first sync is not over.
    """
    with ports.ledger.read() as connection:
        if is_first_sync_under_way(connection):
            raise PipelineError(
                "An initial sync is under way: much of it is not there yet",
                fix="Wait until `pardot-odoo status` shows all its batches done",
                code="initial_under_way",
            )
    facts = Facts.read(ports)
    found = Comparison(facts.now)
    again: list[str] = []
    spool = fill_spool(ports, "agreement", Lane.BULK)
    try:
        everybody = _look_at_spool(ports, spool, facts, found, again)
    finally:
        spool.discard()
    lost = list(_not_in(ports, everybody))
    found.people = len(everybody) + len(lost)
    again = sorted({*again, *lost}, key=int)
    for some in chunks(again, ports.rules.batch_size):
        ports.progress("look again", 0, len(again))
        _count(Look.at(ports, IdsScope(tuple(some)), Facts.read(ports)), found, some)
    return found


def _look_at_spool(
    ports: Ports, spool: Spool, facts: Facts, found: Comparison, again: list[str]
) -> _Ids:
    """Everybody who was exported; whoever does not agree at first sight is noted for another."""
    ids: list[_Ids] = []
    manifest = spool.manifest()
    for number, people in enumerate(manifest.buckets):
        if not people:
            continue
        look = Look.at(ports, BucketScope(spool.name, number, people), facts)
        ids.append(np.array([int(who) for who in look.people], dtype=np.int64))
        found.seen.update(look.seen)
        for who, one in look.standings():
            cause = cause_of(one, facts.settled)
            if cause in _FINAL and not facts.rewound:
                found.exceptions[who] = cause
            elif cause is not None or one.disposition is Disposition.STALE:
                again.append(who)
        ports.progress("compare", sum(map(len, ids)), manifest.people)
    return np.sort(np.concatenate(ids)) if ids else np.empty(0, dtype=np.int64)


def _not_in(ports: Ports, everybody: _Ids) -> Iterator[str]:
    """Linked people who were not exported: gone for good, or the export was cut short."""
    with ports.ledger.read() as connection:
        for some in links.stream(connection):
            known = [link.prospect_id for link in some if link.state is not LinkState.TOMBSTONED]
            numbers = np.array([int(who) for who in known], dtype=np.int64)
            absent = ~np.isin(numbers, everybody, assume_unique=False)
            yield from (str(number) for number in np.sort(numbers[absent]))


def _count(look: Look, found: Comparison, asked: list[str]) -> None:
    """The second look decides."""
    wanted = frozenset(asked)
    found.seen.update(look.seen)
    found.set_back.update(
        (who, (system, gone)) for who, system, gone in look.all_set_back() if who in wanted
    )
    for who, one in look.standings():
        if who not in wanted:
            continue
        cause = cause_of(one, look.facts.settled)
        if cause is not None:
            found.exceptions[who] = cause
