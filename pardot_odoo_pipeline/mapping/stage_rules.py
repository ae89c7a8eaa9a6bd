"""The rules file's section on what of a deal flows back to Pardot, and which list a stage means.

What lives here: the model of the section. What does not: acting on it.
"""

from __future__ import annotations

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["StageRules"]


class StageRules(Section):
    """The section as a whole."""
