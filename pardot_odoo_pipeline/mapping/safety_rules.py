"""The rules file's section on the brakes, and how much may change in a day.

What lives here: the model of the section. What does not: counting and braking
(``merge/brakes.py``).
"""

from __future__ import annotations

from pydantic import Field

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["DayLimits", "Limit", "SafetyRules"]


class Limit(Section):
    """How many people: a share of all, but never fewer than an absolute number."""

    share: float = Field(ge=0, le=1, description="Of all linked people, 0.2 for a fifth")
    least: int = Field(ge=0, le=10_000_000, description="People who may always be changed")


class DayLimits(Section):
    """People of one side who may be changed in 24 hours, by what happens to them."""

    overwrites: Limit | None = Field(None, description="A set value is replaced by another one")
    blanks: Limit | None = Field(None, description="A set value is emptied")
    archives: Limit | None = Field(None, description="A record is archived")
    deletes: Limit | None = Field(None, description="A record is deleted")
    creates: Limit | None = Field(None, description="A record is made")


def _limit(share: float, least: int) -> Limit:
    return Limit(share=share, least=least)


def _odoo_limits() -> DayLimits:
    return DayLimits(
        overwrites=_limit(0.5, 1_000),
        blanks=_limit(0.05, 50),
        archives=_limit(0.05, 50),
        deletes=_limit(0.01, 10),
        creates=None,
    )


def _pardot_limits() -> DayLimits:
    return DayLimits(
        overwrites=_limit(0.2, 500),
        blanks=_limit(0.05, 50),
        archives=None,
        deletes=_limit(0.01, 10),
        creates=_limit(0.2, 200),
    )


class SafetyRules(Section):
    """The section as a whole."""

    odoo: DayLimits = Field(default_factory=_odoo_limits, description="Limits towards Odoo")
    pardot: DayLimits = Field(default_factory=_pardot_limits, description="Limits towards Pardot")
    vanished: Limit | None = Field(
        default_factory=lambda: _limit(0.05, 20),
        description="Linked people of one batch whose records may be missing; more stop it",
    )
    first_sync_overwrites: Limit | None = Field(
        default_factory=lambda: _limit(0.2, 200),
        description="People whose values the first sync may replace without being asked for a yes",
    )
