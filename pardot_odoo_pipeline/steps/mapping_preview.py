"""What the rules would make of people, field by field, and what would go back.

What lives here: the comparison of raw, canonical and Odoo's values, and one word on each. What does
not: reading people, printing (`cli.mapping`), and the decision which side wins (`merge`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.mapping.canonical import UNREAD_COLUMN
from pardot_odoo_pipeline.mapping.fields import column_of
from pardot_odoo_pipeline.mapping.normalize import normalize_prospects
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.split import split_prospects
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.cell_values import PROSPECT
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping

__all__ = ["FieldPreview", "PersonPreview", "Remark", "preview"]

Linked = Mapping[str, Mapping[str, Any]]
"""Model to what a person's record holds there."""


class Remark(StrEnum):
    """What happens to a value on the way to Odoo."""

    AS_IT_IS = "as it is"
    CHANGED = "changed"
    CUT = "cut"
    REFUSED = "refused"
    HELD = "held"
    NOT_READ = "not read"


@dataclass(frozen=True)
class FieldPreview:
    """One Pardot field in one Odoo field.

    Attributes:
        source: The Pardot field.
        cell: The Odoo field, ``res.partner/function``.
        pardot: What Pardot shows.
        odoo: What Odoo would show, for people.
        remark: What happened on the way.
        findings: Why.
        held: What Odoo shows now, for people; None without a record.
        differs: Whether that is something else.
        back: What Pardot would be told if Odoo's value went back; empty where nothing can be.
    """

    source: str
    cell: str
    pardot: str | None
    odoo: str | None
    remark: Remark
    findings: tuple[str, ...] = ()
    held: str | None = None
    differs: bool = False
    back: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PersonPreview:
    """One person.

    Attributes:
        prospect_id: Whose.
        set_aside: Why the person is not synced at all; None for those who are.
        fields: One for each mapped Odoo field.
    """

    prospect_id: str
    set_aside: str | None = None
    fields: tuple[FieldPreview, ...] = ()


def preview(
    raw: pd.DataFrame, mapping: OdooMapping, linked: Mapping[str, Linked]
) -> list[PersonPreview]:
    """Map people as a sync would, without a sync.

    Args:
        raw: Canonical raw prospects.
        mapping: The rules on this Odoo.
        linked: Prospect id to what the person's records in Odoo hold.
    """
    valid, quarantined = split_prospects(raw)
    frame, findings = normalize_prospects(valid, mapping.options)
    codes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for found in rows(findings):
        codes[found["prospect_id"], found["field"]].append(found["code"])
    told = {row["id"]: row for row in rows(raw)}
    people = [PersonPreview(row["prospect_id"], row["reason"]) for row in rows(quarantined)]
    for row in rows(frame):
        key = row["prospect_id"]
        record: Linked = {**linked.get(key, {}), PROSPECT: told[key]}
        shown = tuple(_fields(row, record, mapping, codes))
        people.append(PersonPreview(key, "archived" if row["is_deleted"] else None, shown))
    order = {key: at for at, key in enumerate(told)}
    return sorted(people, key=lambda person: order.get(person.prospect_id, len(order)))


def _fields(
    row: Mapping[str, Any],
    record: Linked,
    mapping: OdooMapping,
    codes: Mapping[tuple[str, str], list[str]],
) -> Iterator[FieldPreview]:
    desired = mapping.desired(row)
    unread = (row.get(UNREAD_COLUMN) or "").split()
    for source, cells in mapping.sources().items():
        column = column_of(source)
        raw = _raw(source, record[PROSPECT])
        found = tuple(codes.get((row["prospect_id"], column), ()))
        for cell in cells:
            model, _, name = cell.partition("/")
            is_told = name in desired[model]
            value = desired[model].get(name)
            holds = name in record.get(model, {})
            held = record.get(model, {}).get(name)
            yield FieldPreview(
                source,
                cell,
                raw,
                mapping.in_words(cell, value) if is_told else None,
                _remark(mapping, cell, raw, value, is_told, source in unread, found),
                found,
                mapping.in_words(cell, held) if holds else None,
                holds and is_told and not mapping.same(cell, value, held),
                mapping.to_pardot(cell, held, record) if holds else {},
            )


def _raw(source: str, prospect: Mapping[str, Any]) -> str | None:
    if source == "full_name":
        names = (prospect.get("firstName"), prospect.get("lastName"))
        return " ".join(name for name in names if name) or None
    value = prospect.get(source)
    return None if value is None else str(value)


def _remark(
    mapping: OdooMapping,
    cell: str,
    raw: str | None,
    value: Any,
    is_told: bool,
    is_unread: bool,
    findings: tuple[str, ...],
) -> Remark:
    if not is_told:
        return Remark.NOT_READ if is_unread else Remark.HELD
    if raw is not None and raw.strip() and mapping.is_blank(cell, value):
        return Remark.REFUSED
    if FindingCode.TEXT_CUT in findings:
        return Remark.CUT
    shown = mapping.in_words(cell, value)
    return Remark.AS_IT_IS if raw is None or raw == shown else Remark.CHANGED
