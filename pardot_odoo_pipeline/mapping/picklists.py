"""Values out of a closed list: grades, yes and no, choices.

What lives here: the grades with their order and Odoo keys, and the look-up of one or several values
in a list by name. What does not: the ids that Odoo gave its choices (``odoo_values.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.texts import clean_text

__all__ = [
    "GRADES",
    "GRADE_KEYS",
    "clean_choice",
    "clean_choices",
    "clean_flag",
    "clean_grade",
    "grade_of_rank",
    "grade_rank",
    "join_values",
    "split_values",
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
_YES = frozenset({"true", "1", "yes", "on"})
_NO = frozenset({"false", "0", "no", "off"})
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


def clean_flag(value: str | None, renamed: Mapping[str, str] | None = None) -> Converted[bool]:
    """Normalise a yes or no.

    Args:
        value: As the source has it; of a group of boxes, a JSON list of the ticked ones.
        renamed: Lower-case source value to ``true`` or ``false``: the rules' value map.
    """
    if value is None or not value.strip():
        return BLANK
    ticked = split_values(value) if value.lstrip().startswith("[") else [value.strip()]
    if not ticked:
        return Converted(False)
    text = ticked[0].lower()
    text = (renamed or {}).get(text, text).lower()
    if len(ticked) == 1 and text in _YES:
        return Converted(True)
    return Converted(False) if len(ticked) == 1 and text in _NO else Converted(None, _UNKNOWN)


def split_values(text: str) -> list[str]:
    """The single values of a field that holds several: a JSON list, or parted by semicolons."""
    if text.lstrip().startswith("["):
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if isinstance(values, list):
            return [str(value).strip() for value in values if str(value).strip()]
    return [part.strip() for part in text.split(";") if part.strip()]


def join_values(values: Iterable[str]) -> str | None:
    """Several values as the frame holds them: a JSON list, each once, in the alphabet's order.

    Pardot promises no order: in any other form the same boxes would look like an edit.
    """
    each = {value.casefold(): value for value in reversed(list(values))}
    ordered = [each[key] for key in sorted(each)]
    return json.dumps(ordered, ensure_ascii=False) if ordered else None


def clean_choice(
    value: str | None,
    known: Mapping[str, str] | None,
    renamed: Mapping[str, str],
    limit: int = 128,
) -> Converted[str]:
    """Normalise a value that should be one of a list.

    Args:
        value: The value as the source has it.
        known: Lower-case name to the name as the list spells it; None accepts every text.
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


def clean_choices(
    value: str | None,
    known: Mapping[str, str] | None,
    renamed: Mapping[str, str],
    limit: int = 128,
) -> Converted[str]:
    """Normalise several values of a list; the arguments are those of :func:`clean_choice`."""
    if value is None:
        return BLANK
    each = [clean_choice(part, known, renamed, limit) for part in split_values(value)]
    findings = tuple(dict.fromkeys(code for one in each for code in one.findings))
    return Converted(join_values(one.value for one in each if one.value), findings)
