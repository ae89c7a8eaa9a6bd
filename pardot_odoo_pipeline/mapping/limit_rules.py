"""The rules file's sections on lengths of values, on what is recorded and kept, and on bulk hours.

What lives here: the models of these sections. What does not: acting on them.
"""

from __future__ import annotations

from pydantic import Field

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["AuditRules", "Limits", "OffPeak", "Retention"]


class Limits(Section):
    """Longest values, in characters, for fields without a limit of their own."""

    text: int = Field(128, ge=8, le=10_000)
    company: int = Field(100, ge=16, le=1_000)
    website: int = Field(255, ge=16, le=2_000)
    comments: int = Field(5_000, ge=16, le=100_000)


class AuditRules(Section):
    """What is recorded of what this pipeline does."""

    calls: bool = Field(True, description="Every request to either system")
    values: bool = Field(True, description="Every value that was changed or written")
    transfers: bool = Field(True, description="Whose data went from where to where")


class Retention(Section):
    """How long keys, frames and runs of past batches are kept, and how long audit and incidents."""

    batch_days: int = Field(7, ge=1, le=366)
    empty_interval_days: int = Field(2, ge=1, le=366)
    pushed_days: int = Field(2, ge=1, le=366)
    frame_hours: int = Field(72, ge=1, le=24 * 31)
    call_days: int = Field(30, ge=1, le=3_660)
    value_days: int = Field(90, ge=1, le=3_660)
    transfer_days: int = Field(400, ge=1, le=3_660)
    incident_days: int = Field(90, ge=1, le=3_660)
    most_batches: int = Field(10_000, ge=100, le=25_000)


class OffPeak(Section):
    """The hours in which bulk work may run, in the account's time zone."""

    start: str = Field("22:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = Field("06:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
