"""What the steps tell the audit: which values became what, and whose data went where.

What lives here: turning plans and answers into rows of the audit, one for a record, because there
are dozens of values for a person. What does not: keeping them (`operations.audit`), and any
decision.

A value is told when its write was answered, never before: what is only planned is in the plan, and
what may have been written without an answer is a transfer in doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.mapping.fields import column_of
from pardot_odoo_pipeline.mapping.rules import Transform
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER, PersonResult, RecordStatus
from pardot_odoo_pipeline.operations.audit_port import NoAudit
from pardot_odoo_pipeline.pardot.prospect_results import (
    ProspectResult,
    ProspectStatus,
    ProspectWrite,
)
from pardot_odoo_pipeline.schemas.rows import plain_values, rows
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = [
    "ODOO",
    "PARDOT",
    "PROSPECT",
    "Columns",
    "as_json",
    "note_births",
    "note_blocks",
    "note_in_doubt",
    "note_normalized",
    "note_odoo_writes",
    "note_pardot_writes",
    "note_reading",
    "note_records",
    "note_sent",
]

PARDOT, ODOO, PIPELINE = "pardot", "odoo", "pipeline"
PROSPECT, BLACKLIST = "prospect", "mail.blacklist"

_KINDS = (("lead", LEAD), ("partner", PARTNER))
_STORED = {RecordStatus.CREATED, RecordStatus.WRITTEN}
_TOLD = {ProspectStatus.WRITTEN, ProspectStatus.CREATED, ProspectStatus.UNCONFIRMED}

# Their canonical form is of another type; only what it drops is a change.
_TYPED = {Transform.NUMBER, Transform.FLAG, Transform.DATE, Transform.TIME, Transform.DERIVED}

_Row = Mapping[str, Any]


class Columns(defaultdict[str, list[Any]]):
    """Columns that grow alike."""

    def __init__(self) -> None:
        super().__init__(list)

    def add(self, **row: Any) -> None:
        """One row."""
        for name, value in row.items():
            self[name].append(value)

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.values()), ()))


def note_reading(
    batch: RunningBatch, source: str, model: str, people: Sequence[str], fields: Iterable[str]
) -> None:
    """People of whom these fields were read."""
    batch.ports.audit.transfers(
        {
            "prospect_id": list(people),
            "source": source,
            "system": PIPELINE,
            "model": model,
            "fields": ",".join(sorted(fields)),
            "outcome": "read",
        },
        len(people),
    )


def note_records(batch: RunningBatch, frame: pd.DataFrame) -> None:
    """Records of Odoo that were read, whoever they turn out to be."""
    if isinstance(batch.ports.audit, NoAudit):
        return
    for model, some in frame.groupby("model", observed=True, sort=True):
        if some.empty:
            continue
        fields = sorted(orjson.loads(some["values"].iloc[0]))
        batch.ports.audit.transfers(
            {
                "prospect_id": plain_values(some["prospect_id"]),
                "source": ODOO,
                "system": PIPELINE,
                "model": str(model),
                "record_id": plain_values(some["record_id"]),
                "fields": ",".join(fields),
                "outcome": "read",
            },
            len(some),
        )


def note_normalized(batch: RunningBatch, before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Values that normalisation changed: cut, cleaned, or dropped because they cannot be used."""
    if isinstance(batch.ports.audit, NoAudit):
        return  # finding out takes longer than much else
    rules = batch.ports.rules
    ids = after["prospect_id"].reset_index(drop=True)
    for name in before.columns:
        column = column_of(name)
        if column not in after.columns or name == "id":
            continue
        kind = rules.transform_of(name)
        raw, done = before[name].reset_index(drop=True), after[column].reset_index(drop=True)
        if kind in _TYPED or not pd.api.types.is_string_dtype(done.dtype):
            changed = raw.notna() & done.isna()
        else:
            changed = raw.notna() & (done.isna() | (raw != done).fillna(False))
        changed = changed.astype(bool)
        if not changed.any():
            continue
        old, new = plain_values(raw[changed]), plain_values(done[changed])
        batch.ports.audit.values(
            {
                "prospect_id": plain_values(ids[changed]),
                "system": PIPELINE,
                "model": PROSPECT,
                "fields": name,
                "sources": f"{PARDOT}/{name}",
                "rules": f"transform {kind.value}",
                "old": [as_json({name: value}) for value in old],
                "new": [as_json({name: value}) for value in new],
            },
            len(old),
        )


def note_odoo_writes(
    batch: RunningBatch, entries: Mapping[str, _Row], answers: Sequence[PersonResult]
) -> None:
    """What Odoo answered to the rows of the plan that were sent to it."""
    sources = _sources(batch)
    values, transfers = Columns(), Columns()
    for answer in answers:
        row = entries[answer.key]
        rules = orjson.loads(row["rules"]) if row["rules"] else {}
        for (kind, model), record in zip(_KINDS, (answer.lead, answer.partner), strict=True):
            sent = row[f"{kind}_values"]
            if sent is None:
                continue
            names: list[str] = list(orjson.loads(sent))
            if record is None or answer.error:
                note_sent(transfers, answer.key, model, row[f"{kind}_id"], names, "refused")
                continue
            status = record.status
            note_sent(transfers, answer.key, model, record.record_id, names, status.value)
            if status not in _STORED:
                continue
            if record.withheld:
                names = [name for name in names if name not in record.withheld]
            of = [sources.get(f"{model}/{name}") for name in names]
            values.add(
                prospect_id=answer.key,
                model=model,
                record_id=record.record_id,
                fields=",".join(names),
                sources=",".join([_whence(source, rules) for source in of]),
                rules=",".join([rules[one]["rule"] if one in rules else "" for one in of]),
                old=row[f"{kind}_expected"] if status is RecordStatus.WRITTEN else None,
                new=sent,
            )
    audit = batch.ports.audit
    audit.values({**values, "system": ODOO}, values.size)
    audit.transfers({**transfers, "source": PARDOT, "system": ODOO}, transfers.size)


def note_in_doubt(batch: RunningBatch, some: Iterable[_Row]) -> None:
    """People of whom Odoo may or may not have taken what it was sent."""
    transfers = Columns()
    for row in some:
        for kind, model in _KINDS:
            if row[f"{kind}_values"] is not None:
                wanted = orjson.loads(row[f"{kind}_values"])
                record_id = row[f"{kind}_id"]
                note_sent(transfers, row["prospect_id"], model, record_id, wanted, "in_doubt")
    batch.ports.audit.transfers({**transfers, "source": PARDOT, "system": ODOO}, transfers.size)


def note_pardot_writes(
    batch: RunningBatch,
    entries: Mapping[str, _Row],
    answers: Sequence[ProspectResult],
    raw: pd.DataFrame,
) -> None:
    """What Pardot answered to the rows of the plan that were sent to it."""
    written = [answer.key for answer in answers if entries[answer.key]["pardot_values"]]
    before = {row["id"]: row for row in rows(raw[raw["id"].isin(written)])}
    cells = batch.ports.mapping.sources()
    values, transfers = Columns(), Columns()
    for answer in answers:
        row = entries[answer.key]
        wanted: dict[str, Any] = orjson.loads(row["pardot_values"] or "{}")
        lists = orjson.loads(row["lists"] or "{}")
        wanted |= {f"list {number}": "member" for number in lists.get("add", ())}
        wanted |= {f"list {number}": None for number in lists.get("remove", ())}
        note_sent(transfers, answer.key, PROSPECT, int(answer.key), wanted, answer.status.value)
        if answer.status not in _TOLD:
            continue
        rules = orjson.loads(row["rules"]) if row["rules"] else {}
        was = before.get(answer.key, {})
        values.add(
            prospect_id=answer.key,
            record_id=int(answer.key),
            fields=",".join(wanted),
            sources=",".join(f"{ODOO}/{cells[n][0]}" if n in cells else PIPELINE for n in wanted),
            rules=",".join(rules[name]["rule"] if name in rules else "" for name in wanted),
            old=as_json({name: was.get(name) for name in wanted}),
            new=as_json(wanted),
        )
    audit = batch.ports.audit
    audit.values({**values, "system": PARDOT, "model": PROSPECT}, values.size)
    audit.transfers({**transfers, "source": ODOO, "system": PARDOT}, transfers.size)


def note_blocks(batch: RunningBatch, blocks: Mapping[str, bool], done: Iterable[str]) -> None:
    """Addresses that were put on Odoo's blacklist or taken off it.

    Args:
        batch: The batch.
        blocks: Prospect to whether its address was to be blocked.
        done: Prospects of whom that is settled.
    """
    settled = set(done)
    people = list(blocks)
    batch.ports.audit.transfers(
        {
            "prospect_id": people,
            "source": PARDOT,
            "system": ODOO,
            "model": BLACKLIST,
            "fields": "email",
            "outcome": ["written" if who in settled else "refused" for who in people],
        },
        len(people),
    )
    told = [who for who in people if who in settled]
    batch.ports.audit.values(
        {
            "prospect_id": told,
            "system": ODOO,
            "model": BLACKLIST,
            "fields": "email",
            "sources": f"{PARDOT}/consent",
            "rules": "consent",
            "new": [as_json({"email": "blocked" if blocks[who] else "free"}) for who in told],
        },
        len(told),
    )


def note_births(
    batch: RunningBatch, wishes: Sequence[ProspectWrite], results: Sequence[ProspectResult]
) -> None:
    """Records born in Odoo that were carried to Pardot."""
    of = {wish.key: wish for wish in wishes}
    values, transfers = Columns(), Columns()
    for result in results:
        wish = of[result.key]
        wanted = {"email": wish.email, **wish.values}
        who = None if result.prospect_id is None else str(result.prospect_id)
        note_sent(transfers, who, PROSPECT, result.prospect_id, wanted, result.status.value)
        if result.status in _TOLD:
            values.add(
                prospect_id=who,
                record_id=result.prospect_id,
                fields=",".join(wanted),
                sources=",".join([ODOO] * len(wanted)),
                rules=",".join(["born_in_odoo"] * len(wanted)),
                new=as_json(wanted),
            )
    batch.ports.audit.values({**values, "system": PARDOT, "model": PROSPECT}, values.size)
    batch.ports.audit.transfers({**transfers, "source": ODOO, "system": PARDOT}, transfers.size)


def note_sent(
    columns: Columns,
    prospect_id: str | None,
    model: str,
    record_id: Any,
    values: Iterable[str],
    outcome: str,
) -> None:
    """One record that was sent, with the names of the fields that were in it."""
    columns.add(
        prospect_id=prospect_id,
        model=model,
        record_id=None if record_id is None else int(record_id),
        fields=",".join(sorted(values)),
        outcome=outcome,
    )


def _whence(source: str | None, rules: Mapping[str, Mapping[str, Any]]) -> str:
    """Where a value of Odoo's comes from; what stands in another of its records is Odoo's own."""
    if source is None:
        return PIPELINE
    rule = rules[source]["rule"] if source in rules else ""
    return f"{ODOO if rule.endswith(ODOO) else PARDOT}/{source}"


def _sources(batch: RunningBatch) -> dict[str, str]:
    """Cell to the Pardot field that it shows."""
    cells = batch.ports.mapping.sources().items()
    return {key: source for source, keys in cells for key in keys}


def as_json(values: Mapping[str, Any]) -> str:
    """Values of one record."""
    return orjson.dumps(values, default=str).decode()
