"""The rules file's section on what becomes of visitor activities in Odoo.

What lives here: the model of the section. What does not: the table of kinds with their defaults
(``activity_table.py``), and acting on either.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from pydantic import Field, field_validator

from pardot_odoo_pipeline.mapping.activity_table import KINDS, ActivityKind, Show
from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ActivityRules", "KindRule"]


class KindRule(Section):
    """What differs from the default of one kind."""

    show: Show | None = Field(None, description="each, daily (one entry with a count) or none")
    activity: bool | None = Field(None, description="Whether it is a done activity as well")


class ActivityRules(Section):
    """The section as a whole."""

    active: bool = Field(True, description="Whether this lineage runs")
    history_days: int = Field(90, ge=0, le=3_650, description="How far the first reading goes")
    visitor_lookups: int = Field(
        100, ge=0, le=5_000, description="Most newly identified visitors looked up in one batch"
    )
    kinds: Mapping[str, KindRule] = Field(
        default_factory=dict, description="Per kind, what differs from the table of defaults"
    )

    @field_validator("kinds")
    @classmethod
    def _kinds_exist(cls, value: Mapping[str, KindRule]) -> Mapping[str, KindRule]:
        known = [kind.key for kind in KINDS]
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"the kinds are {', '.join(known)}"
                raise ValueError(f"no kind of activity is called {key}; {hint}")
        return value

    def show(self, kind: ActivityKind) -> Show:
        """How activities of a kind appear in Odoo."""
        rule = self.kinds.get(kind.key)
        return kind.show if rule is None or rule.show is None else rule.show

    def as_activity(self, kind: ActivityKind) -> bool:
        """Whether each entry of a kind is a done activity beside the message."""
        rule = self.kinds.get(kind.key)
        chosen = kind.activity if rule is None or rule.activity is None else rule.activity
        return chosen and self.show(kind) is not Show.NONE
