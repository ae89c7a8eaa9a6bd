"""What one planted prospect must become, by itself: before anybody else or Odoo is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Finding = tuple[str, str]  # (normalised column, code)

EMAIL_MISSING = "email_missing"
EMAIL_INVALID = "email_invalid"


@dataclass(frozen=True, slots=True)
class Truth:
    """The planted truth about one prospect.

    Attributes:
        email_problem: `email_missing`, `email_invalid` or None.
        values: Normalised column -> expected value (None: blank).
        findings: Field findings that it raises if it is synced.
    """

    is_deleted: bool
    email_problem: str | None
    values: Mapping[str, Any]
    findings: frozenset[Finding]


@dataclass(frozen=True, slots=True)
class PlantedProspect:
    """One prospect as Pardot has it, with its truth."""

    row: dict[str, Any]
    truth: Truth


__all__ = ["EMAIL_INVALID", "EMAIL_MISSING", "Finding", "PlantedProspect", "Truth"]
