"""Steps that follow the cleaning of a text: upper, lower, title, digits.

What lives here: the steps by name, and their order. What does not: the cleaning itself
(``texts.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.rules import Transform
from pardot_odoo_pipeline.mapping.texts import cut_text

__all__ = ["TEXT_STEP_FUNCTIONS", "apply_steps"]


def _title(text: str) -> str:
    # Not str.title(), which makes "Ada'S" of "ada's".
    return re.sub(r"(?:^|(?<=\s))\S", lambda first: first.group().upper(), text.lower())


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())


TEXT_STEP_FUNCTIONS: Mapping[Transform, Callable[[str], str]] = MappingProxyType(
    {
        Transform.UPPER: str.upper,
        Transform.LOWER: str.lower,
        Transform.TITLE: _title,
        Transform.DIGITS: _digits,
    }
)
"""The closed registry of steps."""


def apply_steps(
    text: str, steps: Iterable[Transform], limit: int
) -> tuple[str | None, tuple[FindingCode, ...]]:
    """Take a text through the steps, in their order.

    Letters may grow on the way ("ß" is "SS" in upper case), so the limit is held once more.
    """
    for step in steps:
        text = TEXT_STEP_FUNCTIONS[step](text)
    if len(text) > limit:
        return cut_text(text, limit), (FindingCode.TEXT_CUT,)
    return text or None, ()
