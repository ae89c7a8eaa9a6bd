"""The rules file's section on who becomes a lead, who qualifies, who gets it.

What lives here: the model of the section. What does not: acting on it.
"""

from __future__ import annotations

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["AutomationRules"]


class AutomationRules(Section):
    """The section as a whole."""
