"""The facts behind one person's values: both sides now, what was agreed, who wrote last, what lost.

What lives here: gathering them, by live reads of both systems and from the ledger. What does not:
printing (`cli.explain`). Nothing is written, and nothing of it is logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pardot_odoo_pipeline.ledger.store import conflicts, dossier, holds, links
from pardot_odoo_pipeline.ledger.store.conflicts import RecordedConflict
from pardot_odoo_pipeline.ledger.store.links import Link, Remembered
from pardot_odoo_pipeline.mapping.canonical import canonical_raw, coalesce_by_id
from pardot_odoo_pipeline.mapping.normalize import normalize_prospects
from pardot_odoo_pipeline.mapping.reasons import FINDINGS, QUARANTINE, FindingCode
from pardot_odoo_pipeline.mapping.split import split_prospects
from pardot_odoo_pipeline.merge.people import INHERITED, LEAD, PARTNER
from pardot_odoo_pipeline.pardot.lookups import prospects_by_id
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.extract import extracted_fields
from pardot_odoo_pipeline.wording import brake_in_words, moment

__all__ = ["explain"]

_EVERYONE = {"active_test": False, "lang": "en_US"}
_MODELS = (("lead", LEAD), ("contact", PARTNER))


def explain(ports: Ports, prospect_id: str) -> dict[str, Any]:
    """Everything known of a prospect, values included.

    Args:
        ports: What may be touched; only reads are made.
        prospect_id: Whose.

    Raises:
        PipelineError: One of the systems does not answer.
    """
    with ports.ledger.read() as connection:
        link = links.by_prospects(connection, [prospect_id]).get(prospect_id)
        led = links.by_leaders(connection, [prospect_id]).get(prospect_id, [])
        leader = prospect_id if link is None else (link.leader_prospect_id or prospect_id)
        speaker = links.by_prospects(connection, [leader]).get(leader)
        known = links.remembered(connection, [leader]).get(leader, Remembered({}))
        lost = conflicts.of_person(connection, [leader])
        origin = dossier.provenance(connection, prospect_id)
        attention = _attention(connection, prospect_id)
        events = dossier.events_of(
            connection,
            [prospect_id],
            lead_id=link.lead_id if link else None,
            partner_id=link.partner_id if link else None,
            email_hash=link.email_hash if link else None,
        )
    raw, in_pardot = _in_pardot(ports, prospect_id)
    desired = _desired(ports, raw)
    records = _in_odoo(ports, speaker)
    followed = sorted(one.prospect_id for one in led if one.prospect_id != prospect_id)
    return {
        "prospect_id": prospect_id,
        "state": "never synced" if link is None else link.state.value,
        "leader": leader,
        "followers": followed,
        "lead_id": speaker and speaker.lead_id,
        "contact_id": speaker and speaker.partner_id,
        "in_pardot": in_pardot,
        "in_odoo": {kind: model in records for kind, model in _MODELS},
        "created_batch": origin and origin.created_batch,
        "created_at": moment(origin.created_at) if origin else None,
        "last_batch": origin and origin.updated_batch,
        "attention": attention,
        "events": [_event(one) for one in events],
        "fields": [
            _field(ports, source, raw, desired, records, known, lost)
            for source in ports.mapping.sources()
        ],
    }


def _event(one: dossier.PersonEvent) -> dict[str, Any]:
    times = ("occurred_at", "received_at", "batched_at", "committed_at", "closed_at")
    return {
        "type": one.type,
        "source": one.source,
        "state": one.state.value,
        "note": one.note,
        "batch": one.batch_key,
        **{name: at.isoformat() if (at := getattr(one, name)) else None for name in times},
    }


def _in_pardot(ports: Ports, prospect_id: str) -> tuple[dict[str, Any], str]:
    """The prospect as Pardot shows it now, and where it is."""
    pages = prospects_by_id(ports.pardot, extracted_fields(ports.rules), [int(prospect_id)])
    found = [row for page in pages for row in page]
    if not found:
        return {}, "not there any more"
    frame = coalesce_by_id(canonical_raw(found), ports.rules.account_time_zone)
    [raw] = rows(frame)
    return raw, "in the recycle bin" if raw["isDeleted"] == "true" else "there"


def _desired(ports: Ports, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Cell to Pardot's value in its form; nothing for somebody who cannot be synced."""
    if not raw:
        return {}
    frame = canonical_raw([dict(raw)])
    frame["read_at"] = ports.clock.now().isoformat()
    valid, _ = split_prospects(frame)
    normalized = normalize_prospects(valid, ports.mapping.options).frame
    return {
        f"{model}/{name}": value
        for row in rows(normalized)
        for model, fields in ports.mapping.desired(row).items()
        for name, value in fields.items()
    }


def _in_odoo(ports: Ports, link: Link | None) -> dict[str, dict[str, Any]]:
    """The person's records as Odoo shows them now, by model."""
    found: dict[str, dict[str, Any]] = {}
    for model, record_id in (
        (LEAD, link and link.lead_id),
        (PARTNER, link and link.partner_id),
    ):
        if record_id is None:
            continue
        own = ["write_date", "write_uid"] + (["partner_id"] if model == LEAD else [])
        fields = sorted({*ports.mapping.read_fields(model), *own})
        read = ports.odoo.search_read(model, [("id", "=", record_id)], fields, context=_EVERYONE)
        if read:
            found[model] = read[0]
    return found


def _field(
    ports: Ports,
    source: str,
    raw: Mapping[str, Any],
    desired: Mapping[str, Any],
    records: Mapping[str, Mapping[str, Any]],
    known: Remembered,
    lost: list[RecordedConflict],
) -> dict[str, Any]:
    keys = ports.mapping.sources()[source]
    cells = [_cell(ports, key, desired, records, known) for key in keys if _is_there(key, records)]
    history = known.own_writes.get(source, [])
    last = history[-1] if history else None
    first = next((desired[key] for key in keys if key in desired), None)
    return {
        "field": source,
        "pardot": raw.get(source, first),
        "cells": cells,
        "verdict": _verdict(cells, last, bool(raw)),
        "last_write": None
        if last is None
        else {"to": last["to"], "at": last["at"], "batch": last["batch"]},
        "rule": None if last is None else last["rule"],
        "lost": [
            {
                "id": one.id,
                "cell": one.field,
                "value": one.lost,
                "side": "odoo" if one.loses_in_odoo else "pardot",
                "rule": one.rule,
                "batch": one.batch_key,
                "at": moment(one.decided_at),
                "restored_batch": one.restored_batch,
            }
            for one in lost
            if one.field in keys
        ],
    }


def _is_there(key: str, records: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the person has this cell; e-mail and phone of a lead are those of its contact."""
    model, _, name = key.partition("/")
    record = records.get(model)
    return record is not None and not (
        model == LEAD and name in INHERITED and bool(record["partner_id"])
    )


def _cell(
    ports: Ports,
    key: str,
    desired: Mapping[str, Any],
    records: Mapping[str, Mapping[str, Any]],
    known: Remembered,
) -> dict[str, Any]:
    model, _, name = key.partition("/")
    value = records[model].get(name)
    # A relation is read as id and name.
    held, named = value if isinstance(value, list) and len(value) == 2 else (value, value)
    agreed = known.pairs.get(key)
    ours = desired.get(key)
    same = ports.mapping.same
    return {
        "cell": key,
        "shown": named,
        "odoo": held,
        "pardot": ours,
        "agreed": agreed,
        "pardot_changed": bool(agreed and key in desired and not same(key, ours, agreed[0])),
        "odoo_changed": bool(agreed and not same(key, held, agreed[1])),
        "same": key in desired and same(key, ours, held),
    }


def _verdict(
    cells: list[dict[str, Any]], last: Mapping[str, Any] | None, is_in_pardot: bool
) -> str:
    """What is to be said of a field in a few words."""
    if not cells:
        return "no record in Odoo shows it"
    if not is_in_pardot:
        return "Odoo alone has it"
    ours = any(cell["pardot_changed"] for cell in cells)
    theirs = any(cell["odoo_changed"] for cell in cells)
    if ours and theirs:
        return "both sides were edited since the last sync"
    if ours:
        return "it was edited in Pardot since the last sync"
    if theirs:
        return "it was edited in Odoo since the last sync"
    if all(cell["same"] for cell in cells):
        return "both sides say the same"
    if all(cell["agreed"] for cell in cells):
        return "both sides differ, and the rules leave it so" if last is None else "written by us"
    return "not synced yet"


def _said(finding: Mapping[str, Any]) -> str:
    """What a system said of a record that it does not have: its code, in the registry's words."""
    is_missing = finding["code"] == FindingCode.RECORD_MISSING and finding["raw_value"]
    return f" It said: {finding['raw_value']}." if is_missing else ""


def _attention(connection: Any, prospect_id: str) -> list[str]:
    """What a person should look at, one line each; without values."""
    lines = [
        f"quarantined since {one['first_batch']}: "
        f"{QUARANTINE[one['reason']].meaning} {QUARANTINE[one['reason']].fix}"
        for one in dossier.quarantine_of(connection, prospect_id)
    ]
    lines += [
        f"{one['field']}: {FINDINGS[one['code']].meaning}{_said(one)} {FINDINGS[one['code']].fix}"
        for one in dossier.findings_of(connection, prospect_id)
    ]
    lines += [
        f"writing to {one.system.capitalize()} failed {one.failures} times ({one.code}); "
        + (f"tried again {moment(one.due_at)}" if one.due_at else "it waits for a person")
        for one in dossier.waiting(connection, prospect_ids=[prospect_id])
    ]
    lines += [
        f"held by hold {one.id}: {brake_in_words(one.rule)}; "
        f"`pardot-odoo sync --release {one.id}` lets it go"
        for one in holds.open_holds(connection)
        if prospect_id in one.prospect_ids
    ]
    return lines
