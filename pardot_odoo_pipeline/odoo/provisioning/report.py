"""What provisioning did, or would do.

What lives here: the report and its words. What does not: doing it (`provision`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Outcome", "ProvisionReport", "ProvisionStep"]


class Outcome(StrEnum):
    """What became of one thing; in a dry run, what would."""

    CREATED = "created"
    EXISTS = "exists"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True)
class ProvisionStep:
    """One thing that must be in Odoo.

    Attributes:
        kind: "field", "default", "values", "action", "view", "type" or "setting"; of webhooks
            "secret", "file", "user", "rule" or "webhook".
        name: Which one, as a person finds it: "crm.lead.x_pardot_score".
        outcome: What became of it.
        reason: Why it was refused or changed, or is needed; may be empty.
    """

    kind: str
    name: str
    outcome: Outcome
    reason: str = ""

    def __str__(self) -> str:
        told = f"{self.outcome:8} {self.kind} {self.name}"
        return f"{told}: {self.reason}" if self.reason else told


@dataclass(frozen=True)
class ProvisionReport:
    """Everything that provisioning looked at, in its order."""

    steps: tuple[ProvisionStep, ...]
    dry_run: bool

    @property
    def changed(self) -> bool:
        """Whether anything was, or would be, put into Odoo."""
        return any(step.outcome in (Outcome.CREATED, Outcome.CHANGED) for step in self.steps)

    @property
    def refused(self) -> tuple[ProvisionStep, ...]:
        """What somebody else's work in Odoo stood in the way of."""
        return tuple(step for step in self.steps if step.outcome is Outcome.REFUSED)
