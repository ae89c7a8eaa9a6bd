"""The rules file's section on what is unusual: from when on a figure is told.

What lives here: the model of the section. What does not: comparing anything
(`operations.thresholds`).
"""

from __future__ import annotations

from pydantic import Field

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ThresholdRules", "Tolerated"]


class Tolerated(Section):
    """How far a figure may be from what is usual; it is told where it is beyond both."""

    factor: float = Field(ge=1, le=1_000, description="That many times what is usual")
    floor: float = Field(ge=0, le=1_000_000, description="And at least this far from it")


def _tolerated(factor: float, floor: float) -> Tolerated:
    return Tolerated(factor=factor, floor=floor)


class ThresholdRules(Section):
    """The section as a whole."""

    batches: int = Field(50, ge=5, le=500, description="Batches before, which say what is usual")
    least: int = Field(10, ge=3, le=500, description="With fewer of them nothing is told")
    recent: int = Field(3, ge=1, le=50, description="Latest batches that are compared with them")
    people: int = Field(100, ge=1, le=100_000, description="Shares are of at least so many people")
    error_rate: Tolerated | None = Field(default_factory=lambda: _tolerated(3, 0.05))
    quarantine_share: Tolerated | None = Field(default_factory=lambda: _tolerated(2, 0.1))
    batch_seconds: Tolerated | None = Field(default_factory=lambda: _tolerated(3, 60))
    records_per_second: Tolerated | None = Field(default_factory=lambda: _tolerated(3, 0))
    answer_p50: Tolerated | None = Field(default_factory=lambda: _tolerated(3, 1))
    answer_p95: Tolerated | None = Field(default_factory=lambda: _tolerated(3, 3))
    queue_minutes: Tolerated | None = Field(default_factory=lambda: _tolerated(3, 30))
    quota_left: float | None = Field(0.1, ge=0, le=1, description="Share of the day's calls")
