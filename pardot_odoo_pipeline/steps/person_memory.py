"""What the ledger knows of one person, and what of it still holds.

What lives here: pairs that speak of the records at hand, our own writes found again, fields that
are held. What does not: looking all that up (`steps.memory`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pardot_odoo_pipeline.ledger.store.links import Link, Remembered
from pardot_odoo_pipeline.merge.cells import AgreedPair
from pardot_odoo_pipeline.merge.conversions import looks_converted
from pardot_odoo_pipeline.merge.matching import Match, OdooRecord
from pardot_odoo_pipeline.merge.people import LEAD, PARTNER
from pardot_odoo_pipeline.merge.ping_pong import OwnWrite, is_ping_pong
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = [
    "CREATED",
    "PersonMemory",
    "confirmed_by_reading",
    "held_sources",
    "own_writes_known",
    "still_about",
]

CREATED = "*"
"""Stands for all cells of records that were made."""


@dataclass(frozen=True)
class PersonMemory:
    """What the ledger knows of one person.

    Attributes:
        link: Their records.
        remembered: What both sides showed when they last agreed.
        sent: Cell to hash of what an attempt sent whose outcome was never stored.
        forced: Source to the cell and the value that a person wants back.
        followers: Others whose leader this is.
    """

    link: Link | None = None
    remembered: Remembered = field(default_factory=lambda: Remembered({}))
    sent: Mapping[str, str] = field(default_factory=dict)
    forced: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    followers: tuple[Link, ...] = ()


def still_about(known: Remembered, match: Match, link: Link | None) -> dict[str, AgreedPair]:
    """The pairs that speak of the records matched now, and not of ones linked before."""
    if link is None or not link.leads:
        return {}
    linked = {LEAD: link.lead_id, PARTNER: link.partner_id}
    matched = {LEAD: match.lead, PARTNER: match.partner}
    return {
        key: AgreedPair(*halves)
        for key, halves in known.pairs.items()
        # Beside the cells of records there are facts of the person: they are always theirs.
        if (model := key.partition("/")[0]) not in matched
        or ((record := matched[model]) is not None and record.record_id == linked[model])
    }


def own_writes_known(
    batch: RunningBatch,
    agreed: dict[str, AgreedPair],
    match: Match,
    sent: Mapping[str, str],
) -> dict[str, AgreedPair]:
    """What a killed attempt wrote is ours and no edit, wherever it is found again."""
    if not sent:
        return agreed
    records = ((LEAD, match.lead), (PARTNER, match.partner))
    # Where a record was there before, values may be its own and not Pardot's.
    all_made = CREATED in sent and all(_is_as_made(batch, record) for _, record in records)
    for model, record in records:
        shown = {} if record is None else record.values
        for name in batch.ports.mapping.read_fields(model):
            key = f"{model}/{name}"
            if name not in shown:
                continue
            value = shown[name]
            made = all_made and key not in agreed
            if made or (key in sent and batch.ports.fingerprint(value) == sent[key]):
                # What Pardot showed then is not changed by what we wrote to Odoo.
                ours = agreed[key].pardot if key in agreed else value
                agreed[key] = AgreedPair(ours, value)
    return agreed


def _is_as_made(batch: RunningBatch, record: OdooRecord | None) -> bool:
    """Whether nobody, and not even we, wrote a record since we made it."""
    if record is None:
        return True
    held = record.values
    ours = held.get("write_uid") == batch.ports.odoo.uid
    return ours and held.get("create_date") == held.get("write_date")


def confirmed_by_reading(
    agreed: dict[str, AgreedPair], known: Remembered, desired: Mapping[str, Mapping[str, Any]]
) -> dict[str, AgreedPair]:
    """After a write that told nothing back, what Pardot made of the value is its half."""
    if known.pardot_confirmed:
        return agreed
    for key, pair in agreed.items():
        model, _, name = key.partition("/")
        shown = desired.get(model, {}).get(name)
        if looks_converted(pair.pardot, shown):
            agreed[key] = AgreedPair(shown, pair.odoo)
    return agreed


def held_sources(batch: RunningBatch, known: Remembered, match: Match) -> frozenset[str]:
    """Sources that both sides keep writing over each other."""
    if not known.own_writes:
        return frozenset()
    ours = {batch.ports.odoo.uid, None}
    writers = {
        record.values.get("write_uid")
        for record in (match.lead, match.partner)
        if record is not None
    }
    by_hand = not writers <= ours
    return frozenset(
        source
        for source, history in known.own_writes.items()
        if is_ping_pong(cast("list[OwnWrite]", history), batch.started_at, by_hand)
    )
