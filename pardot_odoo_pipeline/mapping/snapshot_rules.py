"""The rules file's section on snapshots.

What lives here: the model of the section. What does not: taking snapshots
(``operations/snapshot.py``).
"""

from __future__ import annotations

from pydantic import Field

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["SnapshotRules"]


class SnapshotRules(Section):
    """When snapshots are taken by themselves, where they go, and how many stay."""

    active: bool = Field(True, description="Whether the schedule takes snapshots")
    at: str = Field(
        "02:30",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When, every day, in the account's time zone",
    )
    keep: int = Field(7, ge=1, le=1_000, description="How many snapshots stay; older ones go")
    location: str | None = Field(
        None, description="A folder or URL; null: PIPELINE_HOME/snapshots, on the same disk"
    )
