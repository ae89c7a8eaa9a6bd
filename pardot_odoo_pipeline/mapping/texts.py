"""Plain text: tags out, white space tidy, no formulas, no longer than it may be.

What lives here: the steps that all text values share, in their fixed order html, white space,
formula, cut. What does not: company names, which are shortened with more sense (``companies.py``).
"""

from __future__ import annotations

import unicodedata

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.html import strip_tags
from pardot_odoo_pipeline.mapping.reasons import FindingCode

__all__ = ["clean_lines", "clean_text", "cut_text", "starts_formula", "tidy_text"]

_FORMULA_START = frozenset("=+-@")
_ELLIPSIS = "…"
_JOINER = "\u200d"
_CUT = (FindingCode.TEXT_CUT,)


def clean_text(value: str | None, limit: int = 128) -> Converted[str]:
    """Normalise a one-line text.

    Args:
        value: The text as the source has it.
        limit: The longest result, in characters.
    """
    if value is None:
        return BLANK
    text, findings = tidy_text(value)
    if not text:
        return BLANK if not findings else Converted(None, findings)
    if len(text) <= limit:
        return Converted(text, findings)
    return Converted(cut_text(text, limit), findings + _CUT)


def clean_lines(value: str | None, limit: int = 5000) -> Converted[str]:
    """Normalise a text of several lines; its new lines are kept.

    Args:
        value: The text as the source has it.
        limit: The longest result, in characters.
    """
    if value is None:
        return BLANK
    text, tagged = strip_tags(value)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
    text, findings = _neutralise(text, tagged)
    if not text:
        return BLANK if not findings else Converted(None, findings)
    if len(text) <= limit:
        return Converted(text, findings)
    return Converted(cut_text(text, limit), findings + _CUT)


def tidy_text(value: str) -> tuple[str, tuple[FindingCode, ...]]:
    """The steps before the cut: tags, white space, formula start."""
    text, tagged = strip_tags(value)
    return _neutralise(" ".join(text.split()), tagged)


def cut_text(text: str, limit: int) -> str:
    """Cut to the limit with an ellipsis as the last character.

    The cut never parts a letter from its accents or an emoji from its other half: such a half looks
    like damage, and in Indic scripts it reads as another word.
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 0 and _continues(text, end):
        end -= 1
    return text[: end or limit - 1] + _ELLIPSIS


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula."""
    return len(text) > 1 and text[0] in _FORMULA_START


def _continues(text: str, at: int) -> bool:
    mark = text[at]
    return unicodedata.category(mark)[0] == "M" or mark == _JOINER or text[at - 1] == _JOINER


def _neutralise(text: str, tagged: bool) -> tuple[str, tuple[FindingCode, ...]]:
    findings = (FindingCode.HTML_REMOVED,) if tagged else ()
    if starts_formula(text):
        return "'" + text, (*findings, FindingCode.FORMULA_NEUTRALISED)
    return text, findings
