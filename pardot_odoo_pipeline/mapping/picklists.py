"""Values out of a closed list: grade, score, industry.

What lives here: the grades with their order and Odoo keys, and the look-up of a value in a list by
name. What does not: the ids that Odoo gave its choices (``odoo_values.py``).
"""

from __future__ import annotations

from collections.abc import Mapping

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.texts import clean_text

__all__ = [
    "GRADES",
    "GRADE_KEYS",
    "clean_choice",
    "clean_flag",
    "clean_grade",
    "clean_score",
    "grade_of_rank",
    "grade_rank",
]

GRADES: tuple[str, ...] = (
    "A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "D-", "F",
)  # fmt: skip
"""Pardot's grades, best first."""

GRADE_KEYS: Mapping[str, str] = {
    grade: grade.lower().replace("+", "_plus").replace("-", "_minus") for grade in GRADES
}
"""Grade to the key of Odoo's selection: a_plus, a, a_minus, ... f."""

_RANKS = {grade: len(GRADES) - at for at, grade in enumerate(GRADES)}
_GRADE_OF_RANK = {rank: grade for grade, rank in _RANKS.items()}
_LARGEST = 2**31 - 1  # of an Odoo integer; beyond it the whole call fails
_UNKNOWN = (FindingCode.PICKLIST_UNKNOWN,)


def grade_rank(grade: str | None) -> int:
    """A number that sorts grades: A+ is 13, F is 1, none is 0."""
    return _RANKS.get(grade, 0) if grade else 0


def grade_of_rank(rank: int) -> str | None:
    """The grade of a rank, None for 0 and for what is no rank."""
    return _GRADE_OF_RANK.get(rank)


def clean_grade(value: str | None) -> Converted[str]:
    """Normalise a grade; an unknown one is blank with a finding."""
    if value is None:
        return BLANK
    grade = value.strip().upper().replace("−", "-").replace("–", "-")
    if not grade:
        return BLANK
    return Converted(grade) if grade in _RANKS else Converted(None, _UNKNOWN)


def clean_score(value: str | None) -> Converted[int]:
    """Normalise a score; what is no whole number is blank with a finding."""
    if value is None:
        return BLANK
    text = value.strip()
    if not text:
        return BLANK
    try:
        score = int(text)
    except ValueError:
        return Converted(None, _UNKNOWN)
    return Converted(score) if abs(score) <= _LARGEST else Converted(None, _UNKNOWN)


def clean_flag(value: str | None) -> Converted[bool]:
    """Normalise a yes or no."""
    if value is None:
        return BLANK
    text = value.strip().lower()
    if not text:
        return BLANK
    if text in {"true", "1", "yes"}:
        return Converted(True)
    return Converted(False) if text in {"false", "0", "no"} else Converted(None, _UNKNOWN)


def clean_choice(
    value: str | None,
    known: Mapping[str, str] | None,
    renamed: Mapping[str, str],
    limit: int = 128,
) -> Converted[str]:
    """Normalise a value that should be one of a list.

    Args:
        value: The value as the source has it.
        known: Lower-case name to the name as the list spells it; None accepts everything.
        renamed: Lower-case source value to a name in the list: the rules' value map.
        limit: The longest result, in characters.

    Returns:
        The name as the list spells it, or the cleaned text with a finding when the list lacks it.
    """
    cleaned = clean_text(value, limit)
    if cleaned.value is None:
        return cleaned
    text = renamed.get(cleaned.value.lower(), cleaned.value)
    if known is None:
        return Converted(text, cleaned.findings)
    name = known.get(text.lower())
    if name is not None:
        return Converted(name, cleaned.findings)
    return Converted(text, cleaned.findings + _UNKNOWN)
