"""The rules file's section on what becomes of visitor activities in Odoo.

What lives here: the model of the section. What does not: acting on it.
"""

from __future__ import annotations

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ActivityRules"]


class ActivityRules(Section):
    """The section as a whole."""
