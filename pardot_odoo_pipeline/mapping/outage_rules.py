"""The rules file's section on systems that do not work.

What lives here: the model of this section. What does not: asking the systems.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["Outages"]


class Outages(Section):
    """Minutes until a system that does not work is asked again; each pause is twice the last."""

    first_pause: int = Field(1, ge=1, le=60)
    longest_pause: int = Field(15, ge=1, le=240)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first_pause > self.longest_pause:
            raise ValueError("first_pause is longer than longest_pause")
        return self
