"""What every transform returns: a value and the findings made on the way.

What lives here: the two small shapes shared by all transforms. What does not: any transform.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from pardot_odoo_pipeline.mapping.reasons import FindingCode

__all__ = ["BLANK", "Converted"]

T = TypeVar("T")


class Converted(NamedTuple, Generic[T]):
    """The outcome of one transform.

    Attributes:
        value: The normalised value; None is blank.
        findings: Codes, each at most once, in the order in which they were made.
    """

    value: T | None
    findings: tuple[FindingCode, ...] = ()


BLANK: Converted = Converted(None)
"""The outcome for a blank value."""
