"""The rules file's section on which Pardot lists become tags, and which way they flow.

What lives here: the model of the section. What does not: acting on it.
"""

from __future__ import annotations

from pydantic import Field

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ListRules"]


class ListRules(Section):
    """The section as a whole."""

    active: bool = Field(False, description="Whether this lineage runs")
