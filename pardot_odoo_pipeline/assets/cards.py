"""What a card of an asset is: key, group, upstream, columns and checks, as data.

What lives here: the form of a card, and its Dagster side. What does not: any card (`catalog`,
`activity_cards`, `membership_cards`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dagster as dg

from pardot_odoo_pipeline.partitions import sync_batches
from pardot_odoo_pipeline.schemas import table_schema

__all__ = ["AssetCard", "Check"]

OWNERS = ["team:revops"]


@dataclass(frozen=True)
class Check:
    """An assertion about one asset of one batch.

    Attributes:
        name: As the UI shows it.
        description: What holds when it passes.
        blocking: Whether nothing downstream may be built when it fails.
    """

    name: str
    description: str
    blocking: bool = True


@dataclass(frozen=True)
class AssetCard:
    """One asset of a sync batch."""

    name: str
    group: str
    description: str
    upstream: tuple[str, ...]
    kinds: frozenset[str]
    model: Any
    checks: tuple[Check, ...] = ()
    code_version: str = "1"

    @property
    def key(self) -> dg.AssetKey:
        """Its Dagster key."""
        return dg.AssetKey(self.name)

    def out(self) -> dg.AssetOut:
        """Its place among the outputs of the batch."""
        columns = [
            dg.TableColumn(name, kind, description=text)
            for name, kind, text in table_schema.columns(self.model)
        ]
        return dg.AssetOut(
            key=self.key,
            group_name=self.group,
            description=self.description,
            kinds=set(self.kinds),
            owners=OWNERS,
            code_version=self.code_version,
            io_manager_key="frames",
            metadata={"dagster/column_schema": dg.TableSchema(columns=columns)},
        )

    def check_specs(self) -> list[dg.AssetCheckSpec]:
        """Its checks, partitioned like the asset: else only the last result would be kept."""
        return [
            dg.AssetCheckSpec(
                check.name,
                asset=self.key,
                description=check.description,
                blocking=check.blocking,
                partitions_def=sync_batches,
            )
            for check in self.checks
        ]
