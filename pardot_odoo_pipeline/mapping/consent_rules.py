"""The rules file's section on how opt-outs of both sides meet.

What lives here: the model of the section. What does not: acting on it.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, field_validator

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ConsentRules", "MailFlag"]


class MailFlag(StrEnum):
    """What Pardot can say against e-mail, by the names of its API."""

    OPTED_OUT = "optedOut"
    DO_NOT_EMAIL = "isDoNotEmail"
    HARD_BOUNCED = "isEmailHardBounced"


class ConsentRules(Section):
    """The section as a whole."""

    blocks: tuple[MailFlag, ...] = Field(
        tuple(MailFlag), description="Flags in Pardot that put the address on Odoo's blacklist"
    )
    block_sets: MailFlag | None = Field(
        MailFlag.OPTED_OUT,
        description="The flag that Pardot gets for an address blocked in Odoo: optedOut, "
        "isDoNotEmail or null",
    )
    lift: bool = Field(
        True, description="Whether what one side takes back is lifted on the other as well"
    )
    calls: bool = Field(True, description="Whether Do Not Call flows between both sides")

    @field_validator("block_sets")
    @classmethod
    def _can_be_written(cls, value: MailFlag | None) -> MailFlag | None:
        if value is MailFlag.HARD_BOUNCED:
            raise ValueError("must be optedOut, isDoNotEmail or null: a bounce is Pardot's to tell")
        return value
