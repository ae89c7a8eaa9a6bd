"""Phone numbers to E.164.

What lives here: the reading of national and international forms. What does not: which country a
person belongs to (``places.py``).
"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.html import drop_control
from pardot_odoo_pipeline.mapping.reasons import FindingCode

__all__ = ["clean_phone", "to_e164"]

_UNPARSABLE = (FindingCode.PHONE_UNPARSABLE,)
_MOST_DIGITS = 15  # of E.164, country code included


def clean_phone(value: str | None, region: str | None = None) -> Converted[str]:
    """Normalise a phone number.

    Args:
        value: The number as typed.
        region: ISO2 code of the record's country; international forms need none.

    Returns:
        E.164, or the trimmed text with a finding when it is no possible number.
    """
    if value is None:
        return BLANK
    text = drop_control(value).strip()
    if not text:
        return BLANK
    number = to_e164(text, region)
    return Converted(text, _UNPARSABLE) if number is None else Converted(number)


@lru_cache(maxsize=20_000)
def to_e164(text: str, region: str | None) -> str | None:
    """The number in E.164, or None when it is not possible in that region."""
    if text.startswith("00"):
        number = _read("+" + text[2:], None)
        if number is not None:
            return number
    return _read(text, region)


def _read(text: str, region: str | None) -> str | None:
    try:
        number: PhoneNumber = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    # A number that is possible only inside its town cannot be written in E.164.
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    result = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return result if len(result) <= _MOST_DIGITS + 1 else None
