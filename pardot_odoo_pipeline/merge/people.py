"""What happens to one person: which records are made, which fields are written where, what is kept.

What lives here: the decision for a whole person over values in memory. What does not: reading,
writing, and the decision for a single field (`merge.cells`).

One home per field: once a lead has its person as contact, e-mail and phone live on the contact
alone, because Odoo shows the contact's on the lead by itself. On a lead whose contact is somebody
else (an employer, say) they are left alone: Odoo would copy them into that contact.

A record that is about to be made takes part like one whose fields are all empty: what the other
record of the person holds, or Pardot, fills it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pardot_odoo_pipeline.merge.cells import (
    AgreedPair,
    Cell,
    ChangeTime,
    Convert,
    FieldDecision,
    FieldPolicy,
    Forms,
    Loser,
    decide_field,
)
from pardot_odoo_pipeline.merge.matching import Match, OdooRecord
from pardot_odoo_pipeline.merge.values import UNREAD

__all__ = [
    "LEAD",
    "PARTNER",
    "PardotDecision",
    "PersonDecision",
    "PersonMapping",
    "PersonView",
    "RecordDecision",
    "decide_person",
    "flatten_pairs",
]

LEAD = "crm.lead"
PARTNER = "res.partner"

# What a lead shows of its contact, and Odoo writes back into it.
INHERITED = frozenset({"email_from", "phone", "mobile"})

_NEVER = ChangeTime()


class PersonMapping(Forms, Protocol):
    """What the rules say of sources and cells."""

    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """Pardot field to the cells that show it, home first."""
        ...

    def policy(self, source: str) -> FieldPolicy:
        """Direction, authority and blank policy of a Pardot field."""
        ...

    def convert(self, record: Mapping[str, Mapping[str, Any]]) -> Convert:
        """From one cell's form into another's, for a person with these records."""
        ...

    def to_pardot(
        self, key: str, value: Any, record: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Any]:
        """The API's fields for a cell's value; empty where nothing can be said."""
        ...


@dataclass(frozen=True)
class PersonView:
    """Both sides of one person, as they were read in one attempt.

    Attributes:
        desired: Model to field to Pardot's value in Odoo's form; a field may be missing or UNREAD.
        match: The person's records.
        agreed: Cell to what both showed when they last agreed.
        pardot_changed: When Pardot's record changed, if it did.
        odoo_changed: The same per model.
        stale: Models whose record is older than what was recorded: it tells nothing.
        held: Sources that are left alone.
        forced: Source to the cell and the value that a person chose.
        beside: What conversions may look at beside the records, under names of their own.
        makes_lead: Whether a missing lead is made.
        makes_partner: Whether a missing contact is made.
    """

    desired: Mapping[str, Mapping[str, Any]]
    match: Match
    agreed: Mapping[str, AgreedPair] = field(default_factory=dict)
    pardot_changed: ChangeTime = _NEVER
    odoo_changed: Mapping[str, ChangeTime] = field(default_factory=dict)
    stale: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    forced: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    makes_lead: bool = True
    makes_partner: bool = True


@dataclass
class RecordDecision:
    """What happens to one record.

    Attributes:
        record_id: The existing record, None where there is none.
        creates: Whether the record is to be made.
        values: Fields to write; all set ones where the record is created.
        expected: What those fields hold now; the write happens only where that still holds.
    """

    record_id: int | None
    creates: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether the record is there, or will be."""
        return self.creates or self.record_id is not None


@dataclass
class PardotDecision:
    """What Pardot is to be told.

    Attributes:
        values: API field to JSON value.
        pairs: What to remember once that was written.
    """

    values: dict[str, Any] = field(default_factory=dict)
    pairs: dict[str, AgreedPair] = field(default_factory=dict)


@dataclass
class PersonDecision:
    """What happens to one person.

    Attributes:
        lead: The lead.
        partner: The contact.
        links: Whether an existing lead gets its contact.
        pardot: What goes the other way.
        pairs: Cell to what to remember once Odoo was written; Odoo's half None: as read back.
        losers: Values that a rule overruled, by source.
        rules: Source to why it is written, for those that are.
    """

    lead: RecordDecision
    partner: RecordDecision
    links: bool = False
    pardot: PardotDecision = field(default_factory=PardotDecision)
    pairs: dict[str, AgreedPair] = field(default_factory=dict)
    losers: list[tuple[str, Loser]] = field(default_factory=list)
    rules: dict[str, str] = field(default_factory=dict)

    @property
    def writes_odoo(self) -> bool:
        """Whether anything is to be written to Odoo."""
        records = (self.lead, self.partner)
        return self.links or any(record.creates or record.values for record in records)


def decide_person(view: PersonView, mapping: PersonMapping) -> PersonDecision:
    """Compare what Pardot shows with what Odoo holds, field by field."""
    match = view.match
    records = {LEAD: match.lead, PARTNER: match.partner}
    held = {model: _values(record) for model, record in records.items()}
    around = {**view.beside, **held}
    decision = PersonDecision(
        RecordDecision(_id(match.lead), match.lead is None and view.makes_lead),
        RecordDecision(_id(match.partner), match.partner is None and view.makes_partner),
        # What the lead shows of its contact is no cell of its own: what was remembered of it from
        # the time before would look like somebody's edit once the contact's value is another one.
        pairs={key: pair for key, pair in view.agreed.items() if not _is_shown_of(match.lead, key)},
    )
    by_model = {LEAD: decision.lead, PARTNER: decision.partner}
    decision.links = (
        match.lead is not None
        and match.lead.partner_id is None
        and (match.partner is not None or decision.partner.creates)
    )
    convert = mapping.convert(around)
    for source, keys in mapping.sources().items():
        cells = [
            cell
            for key in keys
            if (cell := _cell(key, view, records, by_model, held, mapping.blank)) is not None
        ]
        if not cells:
            continue
        decided = decide_field(
            cells,
            mapping.policy(source),
            mapping,
            convert,
            view.pardot_changed,
            held=source in view.held,
            forced=view.forced.get(source),
        )
        _take(decision, source, decided, by_model, around, mapping)
    for model, record in by_model.items():
        if record.creates:
            _as_created(decision, model, record, mapping.is_blank)
    return decision


def _cell(
    key: str,
    view: PersonView,
    records: Mapping[str, OdooRecord | None],
    by_model: Mapping[str, RecordDecision],
    held: Mapping[str, Mapping[str, Any]],
    blank: Callable[[str], Any],
) -> Cell | None:
    """The cell of a field, None where its record neither is nor will be there."""
    model, _, name = key.partition("/")
    record = records[model]
    ours = view.desired[model].get(name, UNREAD)
    if record is None:
        return Cell(key, ours, blank(key), None, _NEVER) if by_model[model].creates else None
    if _is_shown_of(records[LEAD], key):
        return None
    theirs = UNREAD if model in view.stale else held[model].get(name, UNREAD)
    changed = view.odoo_changed.get(model, _NEVER)
    return Cell(key, ours, theirs, view.agreed.get(key), changed)


def _is_shown_of(lead: OdooRecord | None, key: str) -> bool:
    """Whether a lead shows a field of its contact's in that cell."""
    model, _, name = key.partition("/")
    return model == LEAD and name in INHERITED and lead is not None and lead.partner_id is not None


def _take(
    decision: PersonDecision,
    source: str,
    decided: FieldDecision,
    by_model: Mapping[str, RecordDecision],
    held: Mapping[str, Mapping[str, Any]],
    mapping: PersonMapping,
) -> None:
    """Add what was decided for one source to what happens to the person."""
    decision.pairs.update(decided.pairs)
    decision.losers += [(source, loser) for loser in decided.losers]
    for key, value in decided.odoo.items():
        model, _, name = key.partition("/")
        by_model[model].values[name] = value
        if not by_model[model].creates:
            by_model[model].expected[name] = held[model][name]
    told: dict[str, Any] = {}
    if decided.pardot is not None:
        key, value = decided.pardot
        told = mapping.to_pardot(key, value, held)
        decision.pardot.values.update(told)
    if told:
        decision.pardot.pairs.update(decided.pairs_after_pardot)
    if told or decided.odoo:
        decision.rules[source] = decided.rule


def _as_created(
    decision: PersonDecision,
    model: str,
    record: RecordDecision,
    is_blank: Callable[[str, Any], bool],
) -> None:
    """A record that is made is given what is set, and remembered as Odoo then shows it."""
    record.values = {n: v for n, v in record.values.items() if not is_blank(f"{model}/{n}", v)}
    for pairs in (decision.pairs, decision.pardot.pairs):
        for key, pair in pairs.items():
            if key.startswith(f"{model}/"):
                pairs[key] = AgreedPair(pair.pardot, None)


def _values(record: OdooRecord | None) -> Mapping[str, Any]:
    return {} if record is None else record.values


def _id(record: OdooRecord | None) -> int | None:
    return None if record is None else record.record_id


def flatten_pairs(pairs: Mapping[str, AgreedPair]) -> dict[str, list[Any]]:
    """Pairs as the ledger's document: cell to both halves; what was never told is left out."""
    return {
        key: [pair.pardot, pair.odoo]
        for key, pair in pairs.items()
        if pair.pardot is not UNREAD and pair.odoo is not UNREAD
    }
