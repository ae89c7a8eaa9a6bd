"""A plan as lines: one for each operation, and samples of values for people.

What lives here: their form. What does not: planning and counting (`planning`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.load import goes_to_odoo
from pardot_odoo_pipeline.steps.load_pardot import goes_to_pardot, prospect_write

__all__ = ["add_samples", "operations"]

_KINDS = (("lead", LEAD), ("partner", PARTNER))

Row = dict[str, Any]


def operations(batch: RunningBatch, plan: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """One line for each write of a person in a system: names and keyed hashes, no values."""
    fingerprint = batch.ports.fingerprint
    for row in plan:
        who = {"prospect_id": row["prospect_id"]}
        if goes_to_odoo(row):
            hashes = {
                f"{model}/{field}": fingerprint(value)
                for name, model in _KINDS
                for field, value in orjson.loads(row[f"{name}_values"] or "{}").items()
            }
            kind = "create" if row["lead_id"] is None else "update"
            yield {"system": "odoo", **who, "kind": kind, "fields": hashes}
        if row["converts"]:
            yield {"system": "odoo", **who, "kind": "convert", "fields": {}}
        if row["block"] is not None:
            kind = "block" if row["block"] else "unblock"
            yield {"system": "odoo", **who, "kind": kind, "fields": {}}
        if goes_to_pardot(row):
            write = prospect_write(row)
            yield {
                "system": "pardot",
                **who,
                "kind": "update",
                "fields": {name: fingerprint(value) for name, value in write.values.items()},
                "add_to_lists": list(write.add_to_lists),
                "remove_from_lists": list(write.remove_from_lists),
            }


def add_samples(
    samples: list[dict[str, Any]],
    batch: RunningBatch,
    to_odoo: Sequence[Row],
    to_pardot: Sequence[Row],
    raw: pd.DataFrame,
    wanted: int,
) -> None:
    """Keep a few people's values; those that exist already come before new ones."""
    have = Counter(sample["system"] for sample in samples)
    source_of = {
        key: source for source, keys in batch.ports.mapping.sources().items() for key in keys
    }
    known_first = sorted(to_odoo, key=lambda row: row["lead_id"] is None)
    for row in known_first[: max(0, wanted - have["odoo"])]:
        rules = orjson.loads(row["rules"] or "{}")
        samples.append(
            {
                "system": "odoo",
                "prospect_id": row["prospect_id"],
                "kind": "create" if row["lead_id"] is None else "update",
                "values": [
                    {
                        "field": f"{model}/{name}",
                        "before": orjson.loads(row[f"{kind}_expected"] or "{}").get(name),
                        "after": value,
                        "rule": (rules.get(source_of.get(f"{model}/{name}", "")) or {}).get("rule"),
                    }
                    for kind, model in _KINDS
                    for name, value in orjson.loads(row[f"{kind}_values"] or "{}").items()
                ],
            }
        )
    some = to_pardot[: max(0, wanted - have["pardot"])]
    shown = {row["id"]: row for row in rows(raw[raw["id"].isin([r["prospect_id"] for r in some])])}
    for row in some:
        before = shown.get(row["prospect_id"], {})
        write = prospect_write(row)
        values = [
            {"field": name, "before": before.get(name), "after": value, "rule": None}
            for name, value in write.values.items()
        ]
        samples.append(
            {
                "system": "pardot",
                "prospect_id": row["prospect_id"],
                "kind": "update",
                "values": values,
                "add_to_lists": list(write.add_to_lists),
                "remove_from_lists": list(write.remove_from_lists),
            }
        )
