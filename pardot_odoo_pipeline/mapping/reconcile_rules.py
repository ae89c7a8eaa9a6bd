"""The rules file's section on comparing both sides every night.

What lives here: the model of the section. What does not: the comparison (`operations.agreement`).
"""

from __future__ import annotations

from pydantic import Field

from pardot_odoo_pipeline.mapping.safety_rules import Limit
from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ReconcileRules"]


class ReconcileRules(Section):
    """The section as a whole."""

    active: bool = Field(True, description="Whether both sides are compared every night")
    at: str = Field(
        "02:40",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When, in the account's time zone",
    )
    repair: bool = Field(False, description="Whether batches that mend are opened by themselves")
    samples: int = Field(10, ge=0, le=1_000, description="People named for each cause")
    deletions: Limit = Field(
        default_factory=lambda: Limit(share=0.01, least=10),
        description="People whose records may be missing on a side without an incident",
    )

    @property
    def cron(self) -> str:
        """The line of the schedule."""
        hour, minute = self.at.split(":")
        return f"{int(minute)} {int(hour)} * * *"
