"""A small model of both systems, the ledger between them, and the batches that carry values.

What the merge expects of its caller is done here as the pipeline does it: versions, guarded
writes, read-backs, and pairs that are forgotten when another record takes a record's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Direction
from pardot_odoo_pipeline.merge.cells import (
    UNREAD,
    AgreedPair,
    Cell,
    ChangeTime,
    FieldDecision,
    FieldPolicy,
    Loser,
    decide_field,
)
from pardot_odoo_pipeline_tests.merge.lossy import LossyForms, form_of, in_pardot

_START = datetime(2026, 1, 1, tzinfo=UTC)
PARDOT = "pardot"


def _roughly(value: str) -> str:
    """A value without anything that one of the forms would take from it."""
    return re.sub(r"<[^>]*>|[^a-z]", "", value.lower())[:5]


class Crash(IntEnum):
    """Where a batch dies."""

    BEFORE_ALL = 0
    BETWEEN_RECORDS = 1
    BEFORE_ODOO_IS_REMEMBERED = 2
    BEFORE_PARDOT = 3
    BEFORE_PARDOT_IS_REMEMBERED = 4
    NEVER = 5


@dataclass
class Record:
    number: int
    version: int
    values: dict[str, str]


@dataclass(frozen=True)
class Reading:
    """What both sides showed at a time."""

    at: int
    pardot: str
    pardot_version: int
    records: Mapping[str, tuple[int, int, Mapping[str, str]]]


@dataclass
class Ledger:
    pairs: dict[str, AgreedPair] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    versions: dict[Any, int] = field(default_factory=dict)
    read_at: int | None = None
    losers: list[Loser] = field(default_factory=list)


@dataclass
class TwoSides:
    """One person, one Pardot field, its cells in two Odoo records."""

    keys: tuple[str, ...]
    policy: FieldPolicy
    convert: Callable[[str, Any, str], Any]
    pardot: str = ""
    pardot_version: int = 0
    now: int = 0
    records: dict[str, Record] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    writes: list[tuple[str, str]] = field(default_factory=list)
    forms: LossyForms = field(default_factory=LossyForms)
    # Places whose value a person set and the other side never showed.
    unheard: dict[str, str] = field(default_factory=dict)
    # What may stand in the end: the latest edits, roughly. A stale reading brings nothing back.
    standing: set[str] = field(default_factory=lambda: {""})
    _numbers: int = 0

    def __post_init__(self) -> None:
        for model in sorted({self.model(key) for key in self.keys}):
            self.replace_record(model, {})

    @staticmethod
    def model(key: str) -> str:
        return key.partition("/")[0]

    def tick(self) -> int:
        self.now += 1
        return self.now

    # ---- people -----------------------------------------------------------------------------

    def edit_pardot(self, value: str) -> None:
        value = in_pardot(value)
        if value != self.pardot:
            self._stand(value)
            self._set_pardot(value)
            self.unheard[PARDOT] = value
            self._hear()

    def edit_cell(self, key: str, value: str) -> None:
        value = form_of(key).stored(value)
        if value != self.shown(key):
            self._stand(value)
            self._set_cell(key, value)
            self.unheard[key] = value
            self._hear()

    def replace_record(self, model: str, values: Mapping[str, str]) -> None:
        """Another record takes a record's place: deleted and made again, or merged into another."""
        if model in self.records:  # its values go with it, and what is left may fill the new one
            self.standing.update(map(_roughly, [self.pardot, *map(self.shown, self.keys)]))
        self.standing.update(map(_roughly, values.values()))
        self._numbers += 1
        mine = {key: form_of(key).stored(values.get(key, "")) for key in self.keys_of(model)}
        self.records[model] = Record(self._numbers, self.tick(), mine)
        self.unheard.update(mine)
        self._hear()

    def _stand(self, value: str) -> None:
        """An edit on top of agreement supersedes whatever was agreed; a blank may not."""
        travels = bool(value) or self.policy.blank is BlankPolicy.CLEAR
        decision = self.decide(self.read())
        news = (decision.odoo, decision.pardot, decision.pairs, decision.pairs_after_pardot)
        if not any(news):
            self.standing = set()
        if any(news) or not travels or not all(map(self.agrees, self.keys)):
            self.standing.update(map(_roughly, [self.pardot, *map(self.shown, self.keys)]))
        self.standing.add(_roughly(value))

    def keys_of(self, model: str) -> list[str]:
        return [key for key in self.keys if self.model(key) == model]

    # ---- places -----------------------------------------------------------------------------

    def shown(self, key: str) -> str:
        return self.records[self.model(key)].values[key]

    def ours(self, key: str, pardot: str | None = None) -> Any:
        return form_of(key).of_pardot(self.pardot if pardot is None else pardot)

    def _set_pardot(self, value: str) -> None:
        self.pardot, self.pardot_version = value, self.tick()

    def _set_cell(self, key: str, value: str) -> None:
        record = self.records[self.model(key)]
        record.values[key], record.version = value, self.tick()

    def agrees(self, key: str) -> bool:
        """Whether cell and Pardot stand for one value, by whatever way it came."""
        theirs, ours = self.shown(key), self.ours(key)
        if ours is UNREAD:
            return False
        told = form_of(key).to_pardot(theirs)
        return (
            self.forms.same(key, ours, theirs)
            or in_pardot(theirs) == in_pardot(form_of(key).stored(ours))
            or (told is not UNREAD and self.forms.same(key, ours, self.ours(key, in_pardot(told))))
        )

    def _hear(self) -> None:
        """Strike the edits that the other side shows by now, or that undo themselves."""
        for key in self.keys:
            if self.model(key) not in self.records:
                continue
            pair = self.ledger.pairs.get(key)
            agrees = self.agrees(key)
            if agrees or (pair and self.forms.same(key, pair.odoo, self.shown(key))):
                self.unheard.pop(key, None)
            if agrees or (pair and self.forms.same(key, pair.pardot, self.ours(key))):
                self.unheard.pop(PARDOT, None)

    # ---- batches ----------------------------------------------------------------------------

    def read(self) -> Reading:
        records = {
            model: (record.number, record.version, dict(record.values))
            for model, record in self.records.items()
        }
        return Reading(self.tick(), self.pardot, self.pardot_version, records)

    def decide(self, reading: Reading, unread: frozenset[str] = frozenset()) -> FieldDecision:
        ledger = self.ledger
        stale_pardot = reading.pardot_version < ledger.versions.get(PARDOT, 0)
        cells = []
        for key in self.keys:
            number, version, values = reading.records[self.model(key)]
            stale = version < ledger.versions.get(number, 0)
            # A record that took another's place was never agreed upon.
            known = ledger.numbers.get(self.model(key)) == number
            blind = key in unread or stale
            ours = self.ours(key, reading.pardot)
            cells.append(
                Cell(
                    key,
                    UNREAD if stale_pardot or PARDOT in unread else ours,
                    UNREAD if blind else values[key],
                    ledger.pairs.get(key) if known else None,
                    self._changed(version),
                )
            )
        changed = self._changed(reading.pardot_version)
        return decide_field(cells, self.policy, self.forms, self.convert, changed)

    def _changed(self, version: int) -> ChangeTime:
        after = self.ledger.read_at
        return ChangeTime(
            None if after is None else _START + timedelta(seconds=after),
            _START + timedelta(seconds=version),
        )

    def batch(
        self,
        reading: Reading | None = None,
        crash: Crash = Crash.NEVER,
        unread: frozenset[str] = frozenset(),
    ) -> FieldDecision:
        """Decide on a reading, and carry the decision out as far as the crash allows."""
        reading = reading or self.read()
        decision = self.decide(reading, unread)
        self.ledger.losers.extend(decision.losers)
        if crash is Crash.BEFORE_ALL or not self._write_odoo(reading, decision, crash):
            return decision
        if crash <= Crash.BEFORE_ODOO_IS_REMEMBERED:
            return decision
        self._remember(decision.pairs, reading)
        self._see(reading)
        if crash is Crash.BEFORE_PARDOT or not self._write_pardot(reading, decision):
            return decision
        if crash is Crash.NEVER:
            self._remember(decision.pairs_after_pardot, reading, told=decision.pardot is not None)
            self.ledger.versions[PARDOT] = max(
                self.pardot_version if decision.pardot else 0, self.ledger.versions[PARDOT]
            )
        return decision

    def _write_odoo(self, reading: Reading, decision: FieldDecision, crash: Crash) -> bool:
        """Write record by record, each only where the record is the one that was read."""
        written: dict[Any, int] = {}
        models = sorted({self.model(key) for key in decision.odoo})
        for count, model in enumerate(models):
            if count and crash is Crash.BETWEEN_RECORDS:
                return False
            number, _, expected = reading.records[model]
            record = self.records[model]
            wanted = {key: v for key, v in decision.odoo.items() if self.model(key) == model}
            if record.number != number or any(
                record.values[key] not in (expected[key], form_of(key).stored(value))
                for key, value in wanted.items()
            ):
                return False
            for key, value in wanted.items():
                self._overwrite(key, form_of(key).stored(value))
            written[number] = record.version
        if crash is not Crash.BETWEEN_RECORDS:
            self._hear()
            if crash > Crash.BEFORE_ODOO_IS_REMEMBERED:
                self.ledger.versions.update(written)
        return crash is not Crash.BETWEEN_RECORDS

    def _write_pardot(self, reading: Reading, decision: FieldDecision) -> bool:
        if decision.pardot is None:
            return True
        if self.pardot_version != reading.pardot_version:
            return False
        key, value = decision.pardot
        told = form_of(key).to_pardot(value)
        assert told is not UNREAD, "Pardot is told something that cannot be said"
        self._overwrite(PARDOT, in_pardot(told))
        self._hear()
        return True

    def _overwrite(self, place: str, value: str) -> None:
        """Write for the pipeline: what nobody heard of yet must be kept in the history."""
        before = self.pardot if place == PARDOT else self.shown(place)
        if value == before:
            return
        if place in self.unheard and before:
            assert any(self._keeps(loser, place, before) for loser in self.ledger.losers), (
                f"{before!r} of {place} is lost"
            )
        self.unheard.pop(place, None)
        self.writes.append((place, value))
        if place == PARDOT:
            self._set_pardot(value)
        else:
            self._set_cell(place, value)

    def _keeps(self, loser: Loser, place: str, value: str) -> bool:
        if place == PARDOT:
            return loser.lost == loser.pardot == self.ours(loser.key, value)
        return loser.key == place and loser.lost == loser.odoo == value

    def _remember(
        self, pairs: Mapping[str, AgreedPair], reading: Reading, *, told: bool = False
    ) -> None:
        for key, pair in pairs.items():
            pardot = self.ours(key) if told else pair.pardot
            odoo = self.shown(key) if pair.odoo is None else pair.odoo
            if pardot is not UNREAD:
                self._know(self.model(key), reading)
                self.ledger.pairs[key] = AgreedPair(pardot, odoo)

    def _know(self, model: str, reading: Reading) -> None:
        number = reading.records[model][0]
        if self.ledger.numbers.get(model) != number:
            self.ledger.numbers[model] = number
            for key in self.keys_of(model):
                self.ledger.pairs.pop(key, None)

    def _see(self, reading: Reading) -> None:
        seen = self.ledger.versions
        seen[PARDOT] = max(reading.pardot_version, seen.get(PARDOT, 0))
        for number, version, _ in reading.records.values():
            seen[number] = max(version, seen.get(number, 0))
        self.ledger.read_at = max(reading.at, self.ledger.read_at or 0)

    # ---- the promise ------------------------------------------------------------------------

    def brought_back(self) -> list[str]:
        """Values in the end that nobody wanted any more, where every edit travels."""
        policy = self.policy
        free = policy.direction is Direction.BOTH and policy.invertible
        listed = any(key.endswith("/listed") for key in self.keys)
        if not free or listed or policy.blank is BlankPolicy.FILL_ONLY:
            return []
        shown = [self.pardot, *map(self.shown, self.keys)]
        return [value for value in shown if _roughly(value) not in self.standing]

    def may_differ(self, key: str) -> bool:
        """Whether a rule of the field explains that a cell and Pardot show different values."""
        policy, theirs = self.policy, self.shown(key)
        blank = not self.pardot or self.forms.is_unset(key, theirs)
        if self._wordless(key):
            return True
        if policy.blank is BlankPolicy.FILL_ONLY or (policy.blank is BlankPolicy.KEEP and blank):
            return True
        mute = policy.direction is Direction.TO_ODOO or not policy.invertible
        if mute and policy.authority is not Authority.PARDOT:
            return True  # what people set in Odoo stays there
        if policy.direction is Direction.TO_PARDOT:
            # Cells are never written: of several, Pardot shows the one that spoke last.
            return mute or blank or len(self.keys) > 1
        return mute and blank

    def _wordless(self, key: str) -> bool:
        """Whether a cell or Pardot holds a value that the other one has no word for."""
        told = form_of(key).to_pardot(self.shown(key))
        return self.ours(key) is UNREAD or told is UNREAD
