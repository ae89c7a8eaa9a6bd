"""The rules file's section on what becomes of visitor activities in Odoo.

What lives here: the model of the section. What does not: acting on it.
"""

from __future__ import annotations

from pydantic import Field

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ActivityRules"]


class ActivityRules(Section):
    """The section as a whole."""

    active: bool = Field(False, description="Whether this lineage runs")
    history_days: int = Field(30, ge=0, le=3_650, description="How far the first reading goes")
