"""Whether Odoo's side hangs together: orphans, twins, broken links, and what mends each.

What lives here: the look at all leads and contacts that belong to prospects, and what is proposed.
What does not: comparing values (`operations.agreement`), and any write: what a batch can mend, a
normal one does, which every brake may stop; the rest is said to people.

Ids are kept as numbers, sixteen bytes a record, so a million people are a few dozen megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import numpy as np

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, IdsScope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, links
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.links import LinkState
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.odoo.errors import OdooAccessError
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.pardot.lookups import prospects_by_id
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.departures import STATE
from pardot_odoo_pipeline.steps.odoo_records import PROSPECT_ID

__all__ = ["WORDS", "Finding", "Problem", "inspect", "open_repairs", "to_repair"]

_PAGE: Final = 5_000
_EVERYONE = {"active_test": False}


class Problem(StrEnum):
    """What may be wrong with records of prospects."""

    TWINS = "twins"
    UNKNOWN_PROSPECT = "unknown_prospect"
    RECORD_GONE = "record_gone"
    CONTACT_MISSING = "contact_missing"
    CONTACT_OF_ANOTHER = "contact_of_another"
    EXTERNAL_ID_GONE = "external_id_gone"


@dataclass(frozen=True)
class Words:
    """What a problem means, what mends it, and whether a batch does."""

    meaning: str
    fix: str
    by_batch: bool = False


WORDS: Mapping[Problem, Words] = {
    Problem.TWINS: Words(
        "two leads, or two contacts, carry the same prospect id",
        "merge them in Odoo (leads: Actions, Merge; contacts: Merge); the one that stays is found "
        "by the next batch",
    ),
    Problem.UNKNOWN_PROSPECT: Words(
        "a record carries the id of a prospect that Pardot does not have",
        "archive it in Odoo, or empty its Pardot id where the person should start anew",
    ),
    Problem.RECORD_GONE: Words(
        "a linked lead or contact is not in Odoo any more",
        "a batch looks again and believes it the second time, by the rule "
        "automation.deleted_in_odoo",
        by_batch=True,
    ),
    Problem.CONTACT_MISSING: Words(
        "a lead lost its contact, which is still there",
        "a batch links them again",
        by_batch=True,
    ),
    Problem.CONTACT_OF_ANOTHER: Words(
        "a lead hangs on the contact of another prospect",
        "set the lead's customer right in Odoo, or merge the two contacts if they are one person",
    ),
    Problem.EXTERNAL_ID_GONE: Words(
        "an external id of ours names a record that was deleted",
        "an administrator may delete it (Settings, Technical, External Identifiers); it does no "
        "harm",
    ),
}


@dataclass(frozen=True, order=True)
class Finding:
    """One problem.

    Attributes:
        problem: What.
        prospect_id: Whose; empty where nobody's.
        records: ``model,id`` of what is concerned.
    """

    problem: Problem
    prospect_id: str
    records: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """What was looked at, and what was found.

    Attributes:
        leads: Leads of prospects.
        contacts: Contacts of prospects.
        findings: In one order.
        unread: What this user may not read in Odoo, so nothing is known of it.
    """

    leads: int
    contacts: int
    findings: tuple[Finding, ...]
    unread: tuple[str, ...] = ()


def inspect(ports: Ports) -> Inspection:
    """Look at everything; nothing is written anywhere.

    Raises:
        PipelineError: One of the systems does not answer.
    """
    records = {model: _owners(ports, model) for model in (LEAD, PARTNER)}
    findings = [one for model, found in records.items() for one in _twins(model, found)]
    findings += _unknown(ports, records)
    findings += _gone(ports, records)
    findings += _contacts(ports, records[PARTNER])
    names, unread = _external_ids(ports)
    return Inspection(
        len(records[LEAD]),
        len(records[PARTNER]),
        tuple(sorted({*findings, *names})),
        unread,
    )


def _owners(ports: Ports, model: str) -> Any:
    """An array of (prospect, record, whether it is marked as gone), ordered by prospect."""
    rows: list[Any] = []
    marked = STATE in _fields(ports, model)
    for page in _pages(ports, model, [PROSPECT_ID, *([STATE] if marked else [])]):
        rows.append(
            np.array(
                [
                    (int(row[PROSPECT_ID]), row["id"], bool(marked and row[STATE]))
                    for row in page
                    if str(row[PROSPECT_ID]).isdecimal()
                ],
                dtype=np.int64,
            ).reshape(-1, 3)
        )
        ports.progress(f"read {model}", sum(map(len, rows)), 0)
    found = np.concatenate(rows) if rows else np.empty((0, 3), dtype=np.int64)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def _fields(ports: Ports, model: str) -> Mapping[str, Any]:
    reference = ports.reference
    return reference.lead_fields if model == LEAD else reference.partner_fields


def _pages(
    ports: Ports, model: str, fields: Sequence[str], more: Sequence[Any] = ()
) -> Iterator[list[dict[str, Any]]]:
    last = 0
    while True:
        domain = [(PROSPECT_ID, "!=", False), ("id", ">", last), *more]
        page = ports.odoo.search_read(
            model, domain, fields, order="id", limit=_PAGE, context=_EVERYONE
        )
        if not page:
            return
        last = page[-1]["id"]
        yield page


def _twins(model: str, found: Any) -> Iterator[Finding]:
    people, counts = np.unique(found[:, 0], return_counts=True)
    for person in people[counts > 1]:
        ids = found[found[:, 0] == person][:, 1]
        yield Finding(Problem.TWINS, str(person), tuple(f"{model},{one}" for one in ids))


def _unknown(ports: Ports, records: Mapping[str, Any]) -> Iterator[Finding]:
    """Records of prospects whom neither the ledger nor Pardot knows, and that say nothing of it."""
    everybody = np.unique(
        np.concatenate([found[found[:, 2] == 0][:, 0] for found in records.values()])
    )
    for chunk in chunks((str(one) for one in everybody), _PAGE):
        with ports.ledger.read() as connection:
            known = links.by_prospects(connection, chunk)
        asked = [int(who) for who in chunk if who not in known]
        there: set[int] = set()
        for page in prospects_by_id(ports.pardot, ["id"], asked) if asked else ():
            there.update(int(row["id"]) for row in page)
        for who in sorted(set(asked) - there):
            named = tuple(
                f"{model},{row[1]}"
                for model, found in records.items()
                for row in found[found[:, 0] == who]
            )
            yield Finding(Problem.UNKNOWN_PROSPECT, str(who), named)


def _gone(ports: Ports, records: Mapping[str, Any]) -> Iterator[Finding]:
    """Linked records that carry no prospect id any more, and are not there under their id."""
    there = {model: np.sort(found[:, 1]) for model, found in records.items()}
    with ports.ledger.read() as connection:
        frames = list(_linked(connection))
    for model, pairs in frames:
        ids = np.array([record for record, _ in pairs], dtype=np.int64)
        missing = {int(one) for one in ids[~np.isin(ids, there[model])]}
        for chunk in chunks(sorted(missing), _PAGE):
            missing -= set(ports.odoo.search(model, [("id", "in", chunk)], context=_EVERYONE))
        for record, who in sorted(pairs):
            if record in missing:
                yield Finding(Problem.RECORD_GONE, who, (f"{model},{record}",))


def _linked(connection: Any) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Model and (record, prospect) of everybody who leads records, a frame at a time."""
    for frame in links.stream(connection):
        active = [one for one in frame if one.leads and one.state is LinkState.ACTIVE]
        yield LEAD, [(one.lead_id, one.prospect_id) for one in active if one.lead_id]
        yield PARTNER, [(one.partner_id, one.prospect_id) for one in active if one.partner_id]


def _contacts(ports: Ports, contacts: Any) -> Iterator[Finding]:
    """Leads without the contact that they are linked with, or with another prospect's."""
    owner = dict(zip(contacts[:, 1].tolist(), contacts[:, 0].tolist(), strict=True))
    for page in _pages(ports, LEAD, [PROSPECT_ID, "partner_id"]):
        with ports.ledger.read() as connection:
            known = links.by_lead_ids(connection, [row["id"] for row in page])
        for row in page:
            mine = next((one for one in known.get(row["id"], ()) if one.leads), None)
            if mine is None or mine.state is not LinkState.ACTIVE or mine.partner_id is None:
                continue
            partner = row["partner_id"][0] if row["partner_id"] else None
            if partner is None and mine.partner_id in owner:
                yield Finding(Problem.CONTACT_MISSING, mine.prospect_id, (f"{LEAD},{row['id']}",))
            elif partner is not None and partner != mine.partner_id:
                of = owner.get(partner)
                if of is not None and str(of) != mine.prospect_id:
                    records = (f"{LEAD},{row['id']}", f"{PARTNER},{partner}")
                    yield Finding(Problem.CONTACT_OF_ANOTHER, mine.prospect_id, records)


def _external_ids(ports: Ports) -> tuple[list[Finding], tuple[str, ...]]:
    """Names of ours for records that are gone; plain salespeople may not read them."""
    found: list[Finding] = []
    last = 0
    try:
        while True:
            domain = [("module", "=", "pardot"), ("id", ">", last)]
            domain += [("model", "in", [LEAD, PARTNER])]
            page = ports.odoo.search_read(
                "ir.model.data", domain, ["name", "model", "res_id"], order="id", limit=_PAGE
            )
            if not page:
                return found, ()
            last = page[-1]["id"]
            for model in (LEAD, PARTNER):
                named = {row["res_id"]: row["name"] for row in page if row["model"] == model}
                ids = sorted(named)
                there = set(ports.odoo.search(model, [("id", "in", ids)], context=_EVERYONE))
                for one in sorted(set(ids) - there):
                    who = named[one].rpartition("_")[2]
                    found.append(Finding(Problem.EXTERNAL_ID_GONE, who, (f"{model},{one}",)))
    except OdooAccessError:
        return [], ("external ids",)


def to_repair(findings: Sequence[Finding]) -> list[str]:
    """The people whom a batch would mend."""
    return sorted({one.prospect_id for one in findings if WORDS[one.problem].by_batch}, key=int)


def open_repairs(
    ledger: Ledger, prospect_ids: Sequence[str], now: datetime, *, batch_size: int
) -> list[BatchKey]:
    """Open batches for these; whoever launches batches runs them."""
    scopes = [IdsScope(tuple(some)) for some in chunks(prospect_ids, batch_size)]
    with ledger.write() as connection:
        new = [NewBatch(scope, len(scope.prospect_ids)) for scope in scopes]
        return batches.open_batches(connection, BatchKind.MANUAL, new, now=now)
