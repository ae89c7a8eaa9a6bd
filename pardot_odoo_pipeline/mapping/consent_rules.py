"""The rules file's section on how opt-outs of both sides meet.

What lives here: the model of the section. What does not: acting on it.
"""

from __future__ import annotations

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ConsentRules"]


class ConsentRules(Section):
    """The section as a whole."""
