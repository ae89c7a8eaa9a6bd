"""The rules file's sections on the account's calls, and on the age of credentials.

What lives here: the models of the sections. What does not: spending calls (``operations/quota.py``)
and watching credentials (``operations/credentials.py``).
"""

from __future__ import annotations

from pydantic import Field

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["CallBreaker", "CredentialRules", "LaneShares", "QuotaRules"]


class LaneShares(Section):
    """Up to which share of our calls of a day each kind of work may go."""

    webhook: float = Field(1.0, gt=0, le=1, description="Pushed events")
    interval: float = Field(0.9, gt=0, le=1, description="Changes, retries, named people")
    bulk: float = Field(0.75, gt=0, le=1, description="Lists and activities")
    initial: float = Field(0.6, gt=0, le=1, description="The initial sync")


class CallBreaker(Section):
    """How many calls one batch may make before it is taken for broken."""

    least: int = Field(400, ge=10, le=100_000, description="Calls that any batch may make")
    per_person: float = Field(5.0, gt=0, le=1_000, description="Calls for each person more")


class QuotaRules(Section):
    """The account's calls of a day, and what of them is ours."""

    daily_calls: int | None = Field(
        None, ge=0, description="The account's calls of a day; null: as Pardot reports them"
    )
    our_share: float = Field(0.8, gt=0, le=1, description="Of these, what this pipeline may use")
    reserve: float = Field(
        0.05, ge=0, le=0.5, description="Of our share, what is kept for opt-outs and erasures"
    )
    lanes: LaneShares = Field(default_factory=lambda: LaneShares.model_validate({}))
    max_in_flight: int = Field(5, ge=1, le=5, description="Calls at once, all processes together")
    breaker: CallBreaker = Field(default_factory=lambda: CallBreaker.model_validate({}))


class CredentialRules(Section):
    """When a credential is old, and how long before that people are told."""

    rotate_days: int = Field(90, ge=1, le=3_650, description="Age at which one should be replaced")
    warn_days: int = Field(14, ge=0, le=365, description="Days before that, or before its end")
