"""The rules file's section on the brakes, and how much may change in a day.

What lives here: the model of the section. What does not: acting on it.
"""

from __future__ import annotations

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["SafetyRules"]


class SafetyRules(Section):
    """The section as a whole."""
