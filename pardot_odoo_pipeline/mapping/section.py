"""The base of every section of the rules file.

What lives here: the strictness that all sections share. What does not: any section.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Section"]


class Section(BaseModel):
    """A part of the rules file: values never change, keys that are not known are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
