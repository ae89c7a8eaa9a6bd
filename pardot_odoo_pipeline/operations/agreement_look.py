"""One look at some people: what a sync that read both sides now would do, and what both show.

What lives here: running the steps up to the plan without a brake and without a write, and reading
from the plan where each person stands. What does not: any decision on a value (the steps and
`merge` take them), and the one cause (`merge.agreement`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.batches import BatchKind, Scope
from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.ledger.store.retries import RetryState
from pardot_odoo_pipeline.mapping.reasons import Disposition, QuarantineReason
from pardot_odoo_pipeline.merge.agreement import Standing
from pardot_odoo_pipeline.merge.people import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.operations.agreement_facts import Facts
from pardot_odoo_pipeline.operations.agreement_screen import Screen
from pardot_odoo_pipeline.pardot.stretches import row_time
from pardot_odoo_pipeline.planning import dry_batch
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.schemas.rows import plain_values, rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.cell_values import PROSPECT
from pardot_odoo_pipeline.steps.clocks import ahead_of, standing_there
from pardot_odoo_pipeline.steps.consent_memory import FLAGS
from pardot_odoo_pipeline.steps.departures import is_believed
from pardot_odoo_pipeline.steps.extract import extract_prospects
from pardot_odoo_pipeline.steps.normalize import normalize_batch
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping
from pardot_odoo_pipeline.steps.odoo_records import read_odoo_records
from pardot_odoo_pipeline.steps.plan import Planned, plan_batch
from pardot_odoo_pipeline.steps.validate import validate_prospects

__all__ = ["Look"]

_WRITES = ("lead_values", "partner_values", "pardot_values", "lists", "converts", "block")
_KINDS = (("lead", LEAD), ("partner", PARTNER))
_CACHE_LAGS = timedelta(minutes=5)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Look:
    """What was found of the people of a scope.

    Attributes:
        facts: What the ledger knew when it began.
        batch: The batch that was never opened.
        people: Everybody whom Pardot showed.
        plan: What it would do with those of whom hashes did not tell that they agree.
        raw: Pardot's rows.
        owed: Who has a write that is owed.
        records: Odoo's records of those who were planned, by model and id.
    """

    facts: Facts
    batch: RunningBatch
    people: Sequence[str]
    plan: Planned
    raw: pd.DataFrame
    owed: Mapping[str, RetryState]
    records: Mapping[tuple[str, int], str]

    @classmethod
    def at(cls, ports: Ports, scope: Scope, facts: Facts) -> Look:
        """Read both sides and plan.

        Raises:
            PipelineError: One of the systems does not answer.
        """
        batch = dry_batch(ports, BatchKind.MANUAL, scope)
        batch.unbraked = True
        raw = extract_prospects(batch).frame
        validated = validate_prospects(batch, raw)
        normalized = normalize_batch(batch, validated.frame)
        records = read_odoo_records(batch, normalized.frame).frame
        with ports.ledger.read() as connection:
            known = links.by_prospects(connection, map(str, raw["id"]))
        screen = Screen(ports.mapping, ports.rules, known, facts.grouped)
        agreeing = screen.agreeing(raw, normalized.frame, records)
        people = plain_values(raw["id"])
        plan = plan_batch(
            batch,
            _without(raw, "id", agreeing),
            validated,
            replace(normalized, frame=_without(normalized.frame, "prospect_id", agreeing)),
            records,
        )
        everybody = [str(who) for who in plan.frame["prospect_id"]]
        owed = facts.owed(ports, everybody)
        shown = _records_of(plan.frame, records)
        return cls(facts, batch, people, plan, raw, owed, shown)

    def standings(self) -> Iterator[tuple[str, Standing]]:
        """Where everybody stands of whom hashes did not tell it, in the order of the plan."""
        for row in rows(self.plan.frame):
            yield row["prospect_id"], self._standing(row)

    @property
    def seen(self) -> Iterator[str]:
        """People with a missing record in the ledger whom this look found on both sides."""
        for row in rows(self.plan.frame):
            link = self.plan.links.get(row["prospect_id"])
            if link is not None and link.missing_since is not None and not self._lost(row, link):
                yield row["prospect_id"]

    def _standing(self, row: Row) -> Standing:
        who = row["prospect_id"]
        link = self.plan.links.get(who)
        disposition = Disposition(row["disposition"])
        lost = self._lost(row, link)
        set_back = self.set_back(row, link)
        writes = who in self._owes or any(row[name] is not None for name in _WRITES)
        owed = self.owed.get(who)
        pardot_at = self._pardot_at(who, link)
        return Standing(
            disposition,
            writes=writes,
            apart=row["reason"] == "below_threshold" or (not writes and self._apart(row)),
            linked=link is not None and (not link.leads or bool(link.lead_id or link.partner_id)),
            lost=lost,
            lost_for_good=lost == "odoo" and is_believed(self.batch, link),
            hidden=row["reason"] == QuarantineReason.RECORD_HIDDEN.value,
            rewound=set_back is not None,
            held=who in self.facts.held,
            field_held=who in self.plan.field_held,
            suspended=owed is RetryState.SUSPENDED,
            retrying=owed is RetryState.WAITING,
            under_way=self.facts.is_under_way(who, pardot_at),
            pardot_at=pardot_at,
            odoo_at=self._odoo_at(row, link),
        )

    def all_set_back(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """Whom a restored backup concerns: who, on which system, and which records are gone."""
        for row in rows(self.plan.frame):
            link = self.plan.links.get(row["prospect_id"])
            system = self.set_back(row, link)
            if system is not None:
                gone = self._gone_models(row, link) if system == "odoo" else frozenset()
                yield row["prospect_id"], system, gone

    def set_back(self, row: Row, link: Link | None) -> str | None:
        """The system that shows less of a person than was recorded, and no cache is to blame.

        Where a person has been told that Odoo was set back, what is gone there is no deletion.
        """
        if link is None:
            return None
        if row["disposition"] == Disposition.STALE.value:
            known, ports = link.pardot_version, self.batch.ports
            there = standing_there(self.batch.read_at, ahead_of(ports.pardot, ports.clock))
            return "pardot" if known is not None and there - known > _CACHE_LAGS else None
        if self._shows_older(row, link):
            return "odoo"
        lost = self._lost(row, link)
        if lost is None and self._gone_models(row, link):
            lost = "odoo"
        if lost == "odoo" and lost in self.facts.rewound:
            return lost
        # Prospects whom a backup of Pardot lacks cannot be made anew: they count as deleted.
        return self._refusal_lost(row)

    def _refusal_lost(self, row: Row) -> str | None:
        """The restored side on which somebody seems to have taken a refusal back: nobody did."""
        told = orjson.loads(row["pardot_values"] or "{}")
        if "odoo" in self.facts.rewound and any(told.get(flag) is False for flag in FLAGS):
            return "odoo"
        return "pardot" if "pardot" in self.facts.rewound and row["block"] is False else None

    @staticmethod
    def _shows_older(row: Row, link: Link) -> bool:
        return any(
            known is not None and at is not None and at < known and row[f"{kind}_id"] == linked
            for kind, known, linked in (
                ("lead", link.lead_version, link.lead_id),
                ("partner", link.partner_version, link.partner_id),
            )
            if (at := _moment(row[f"{kind}_version"])) is not None
        )

    @staticmethod
    def _gone_models(row: Row, link: Link | None) -> frozenset[str]:
        """Models of the linked records that are not there, or are somebody else's by now."""
        if link is None or not link.leads:
            return frozenset()
        if row["reason"] == QuarantineReason.IDENTITY_CONFLICT.value:
            others = orjson.loads(row["candidates"] or "[]")
            linked = ((LEAD, link.lead_id), (PARTNER, link.partner_id))
            return frozenset(model for model, one in linked if f"{model},{one}" in others)
        if row["disposition"] not in _DECIDED:
            return frozenset()
        return frozenset(
            model
            for kind, model in _KINDS
            if getattr(link, f"{kind}_id") is not None and row[f"{kind}_id"] is None
        )

    def _lost(self, row: Row, link: Link | None) -> str | None:
        """Which side does not have this person's record any more."""
        if row["prospect_id"] in self._gone:
            return "pardot"
        if row["disposition"] not in _DECIDED:
            return None
        return "odoo" if self._gone_models(row, link) else None

    @cached_property
    def _owes(self) -> frozenset[str]:
        """People whom a batch would leave to another one, which decides on their consent."""
        return frozenset(self.batch.orphans)

    @cached_property
    def _gone(self) -> frozenset[str]:
        return frozenset(self.batch.gone)

    def _pardot_at(self, who: str, link: Link | None) -> datetime | None:
        """When Pardot's record was changed last, as far as no batch has seen that yet."""
        person = self.plan.people.get(who)
        if person is None:
            text = self._times.get(who)
            updated, activity = row_time({"updatedAt": text}, "updatedAt") if text else None, None
        else:
            updated, activity = person.updated_at, person.last_activity_at
        seen = link or Link(who)
        return _latest([(updated, seen.pardot_version), (activity, seen.pardot_activity_version)])

    @cached_property
    def _times(self) -> Mapping[str, Any]:
        """Of those who are not among the living."""
        return {row["id"]: row["updatedAt"] for row in rows(self.raw[["id", "updatedAt"]])}

    @staticmethod
    def _odoo_at(row: Row, link: Link | None) -> datetime | None:
        """The same of Odoo's records: what we wrote ourselves is nobody's change."""
        seen = link or Link(row["prospect_id"])
        return _latest(
            (_moment(row[f"{kind}_version"]), getattr(seen, f"{kind}_version"))
            for kind, _ in _KINDS
        )

    def _apart(self, row: Row) -> bool:
        """Whether both sides show different values, and would go on doing so."""
        mapping = self.batch.ports.mapping
        cells = _cells(mapping)
        pairs = {**orjson.loads(row["pairs"] or "{}")}
        for kind, model in _KINDS:
            # An edit that only stays where it is has a pair that does not show it.
            document = self.records.get((model, int(row[f"{kind}_id"] or 0)), "{}")
            for name, value in orjson.loads(document).items():
                if (key := f"{model}/{name}") in pairs:
                    pairs[key] = [pairs[key][0], value]
        differing = [
            (key, ours, theirs)
            for key, (ours, theirs) in pairs.items()
            if key in cells and not mapping.same(key, ours, theirs)
        ]
        return bool(differing) and any(
            self._kept_apart(mapping, row["prospect_id"], pairs, *one) for one in differing
        )

    def _kept_apart(
        self, mapping: OdooMapping, who: str, pairs: Mapping[str, Any], key: str, a: Any, b: Any
    ) -> bool:
        """Whether a cell's two halves are two values, and not two forms of one."""
        if mapping.is_unset(key, b):
            return not mapping.is_blank(key, a)
        if mapping.is_blank(key, a):
            return True
        around: dict[str, dict[str, Any]] = {LEAD: {}, PARTNER: {}, PROSPECT: self._raw_of(who)}
        for other, (_, theirs) in pairs.items():
            model, _, name = other.partition("/")
            if model in around:
                around[model][name] = theirs
        returned = mapping.convert(around)(key, b, key)
        return not mapping.same(key, a, returned)

    def _raw_of(self, who: str) -> dict[str, Any]:
        found = self.raw[self.raw["id"] == who]
        return dict(next(iter(rows(found)), {}))


def _records_of(plan: pd.DataFrame, records: pd.DataFrame) -> dict[tuple[str, int], str]:
    """The documents of the records that a plan is about; of all others a bucket is too large."""
    wanted = pd.concat([plan[f"{kind}_id"] for kind, _ in _KINDS]).dropna()
    some = records[records["record_id"].isin(wanted)]
    return {(row["model"], int(row["record_id"])): row["values"] for row in rows(some)}


def _without(frame: pd.DataFrame, column: str, people: Collection[str]) -> pd.DataFrame:
    return frame[~frame[column].isin(list(people))] if people else frame


_DECIDED = frozenset(
    {
        Disposition.CREATED.value,
        Disposition.UPDATED.value,
        Disposition.UNCHANGED.value,
        Disposition.TOMBSTONED.value,
    }
)


def _cells(mapping: OdooMapping) -> frozenset[str]:
    return frozenset(key for keys in mapping.sources().values() for key in keys)


def _latest(
    moments: Iterable[tuple[datetime | None, datetime | None]],
) -> datetime | None:
    """The latest of the moments that are later than what was recorded beside them."""
    news = [at for at, known in moments if at is not None and (known is None or at > known)]
    return max(news, default=None)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else odoo_moment(text)
