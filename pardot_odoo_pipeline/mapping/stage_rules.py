"""The rules file's section on what of a deal flows back to Pardot, and which list a stage means.

What lives here: the model of the section. What does not: acting on it (``merge/lifecycle.py``), and
whether the lists and fields that it names exist (``steps/lifecycle.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["DealDatum", "DealFields", "DealScope", "ExistingDeals", "PardotList", "StageRules"]

PardotField = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*__c$")]
PardotList = Annotated[int, Field(gt=0)] | Annotated[str, Field(min_length=1)]
"""A list by its id, or by its name as Pardot spells it."""


class DealDatum(StrEnum):
    """What Pardot can be told of a deal."""

    STAGE = "stage"
    OWNER = "owner"
    EXPECTED_REVENUE = "expected_revenue"
    CLOSE_DATE = "close_date"
    STATUS = "status"
    LOST_REASON = "lost_reason"
    USER = "user"


class DealScope(StrEnum):
    """Whose deal data are told."""

    OPPORTUNITIES = "opportunities"
    EVERYONE = "everyone"


class ExistingDeals(StrEnum):
    """What a deal means that stood in its stage before the pipeline first saw it."""

    REMEMBER = "remember"
    JOIN = "join"


class DealFields(Section):
    """Pardot's custom field for each fact of a deal; null where it is not told."""

    stage: PardotField | None = Field(None, description="Name of the stage, in English")
    owner: PardotField | None = Field(None, description="E-mail address of the salesperson")
    expected_revenue: PardotField | None = Field(None, description="Number, company currency")
    close_date: PardotField | None = Field(
        None, description="Day it was won or lost; while it is open, the expected one"
    )
    status: PardotField | None = Field(None, description="One of the three words below")
    lost_reason: PardotField | None = Field(None, description="Why it was lost, in English")

    @property
    def targets(self) -> dict[DealDatum, str]:
        """What is told, and into which field."""
        return {DealDatum(name): field for name, field in self if field is not None}


class StatusWords(Section):
    """How Pardot spells what became of a deal."""

    open: str = Field("Open", min_length=1)
    won: str = Field("Won", min_length=1)
    lost: str = Field("Lost", min_length=1)


class StageRules(Section):
    """The section as a whole."""

    of: DealScope = Field(DealScope.OPPORTUNITIES, description="Whose deal data are told")
    fields: DealFields = Field(default_factory=lambda: DealFields.model_validate({}))
    words: StatusWords = Field(default_factory=lambda: StatusWords.model_validate({}))
    decimals: int = Field(2, ge=0, le=4, description="Digits of the revenue behind the point")
    assign_user: bool = Field(
        False, description="Whether the prospect's assigned user follows the salesperson"
    )
    lists: Mapping[str, PardotList] = Field(
        default_factory=dict, description="Stage name in English to the list it means"
    )
    won_list: PardotList | None = Field(None, description="List of won deals, whatever the stage")
    lost_list: PardotList | None = Field(None, description="List of lost deals")
    existing_deals: ExistingDeals = Field(
        ExistingDeals.REMEMBER, description="What a deal does that is seen for the first time"
    )

    @model_validator(mode="after")
    def _one_fact_a_field(self) -> StageRules:
        for field, times in Counter(self.fields.targets.values()).items():
            if times > 1:
                raise ValueError(f"two facts of a deal go to '{field}': name another field")
        return self

    @property
    def tells(self) -> bool:
        """Whether any fact of a deal goes to Pardot."""
        return bool(self.fields.targets) or self.assign_user

    @property
    def has_lists(self) -> bool:
        """Whether any stage or outcome means a list."""
        return bool(self.lists) or self.won_list is not None or self.lost_list is not None

    @property
    def named_lists(self) -> dict[str, PardotList]:
        """Every list that is named, by the place in the file that names it."""
        named = {f"stages.lists.{stage}": wanted for stage, wanted in self.lists.items()}
        for place in ("won_list", "lost_list"):
            if (wanted := getattr(self, place)) is not None:
                named[f"stages.{place}"] = wanted
        return named

    @property
    def prospect_fields(self) -> tuple[str, ...]:
        """The fields of a prospect that must be read to compare."""
        more = ("userId",) if self.assign_user else ()
        return (*self.fields.targets.values(), *more)
