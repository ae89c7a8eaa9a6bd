"""Numbers out of text: Pardot keeps revenues and head counts as people typed them.

What lives here: the reading of separators and currency signs, and rounding to the decimals that a
field keeps. What does not: which field keeps how many (the rules file).
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.reasons import FindingCode

__all__ = ["LARGEST_INTEGER", "clean_number"]

LARGEST_INTEGER = 2**31 - 1
"""Of an Odoo integer; beyond it the whole call fails."""

_LARGEST_DECIMAL = Decimal(10) ** 15  # beyond it a float no longer tells neighbours apart
_UNREADABLE = (FindingCode.NUMBER_UNREADABLE,)
_ROUNDED = (FindingCode.NUMBER_ROUNDED,)
# A currency before or after, as a sign or as a word: "$ 5", "5 EUR".
_CURRENCY = re.compile(r"^(?:[^\W\d_]{1,3}|[$€£¥])?\s*(.*?)\s*(?:[^\W\d_]{1,3}|[$€£¥])?$")
_GAPS = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_ENGLISH = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_CONTINENTAL = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}|\d+,\d+)")


def clean_number(value: str | None, decimals: int = 0) -> Converted[int | float]:
    """Read one number.

    A point with no other separator is the decimal point; a comma is one unless exactly three
    digits follow it; where both stand, the last one is.

    Args:
        value: The number as typed.
        decimals: How many decimals to keep; none makes a whole number.
    """
    if value is None or not value.strip():
        return BLANK
    text = _without_grouping(value.strip())
    if text is None:
        return Converted(None, _UNREADABLE)
    number = Decimal(text)
    if abs(number) > (_LARGEST_DECIMAL if decimals else LARGEST_INTEGER):
        return Converted(None, _UNREADABLE)
    kept = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    findings = () if kept == number else _ROUNDED
    return Converted(float(kept) if decimals else int(kept), findings)


def _without_grouping(text: str) -> str | None:
    """The number as Python writes it; None when it is none."""
    found = _CURRENCY.fullmatch(text.replace("−", "-"))
    bare = _GAPS.sub("", found.group(1)) if found else text
    if _PLAIN.fullmatch(bare):
        return bare
    if _ENGLISH.fullmatch(bare):
        return bare.replace(",", "")
    if _CONTINENTAL.fullmatch(bare):
        return bare.replace(".", "").replace(",", ".")
    return None
