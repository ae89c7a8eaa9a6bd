"""E-mail addresses: the syntax check and the match key.

What lives here: what decides whether a person can be matched at all. What does not: deliverability;
no name is looked up.
"""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

__all__ = ["email_key", "is_valid_email", "local_part", "trim_email"]

# Reserved names that the validator refuses although their syntax is right; rehearsals use them.
_SPECIAL_USE = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})


def trim_email(value: str | None) -> str | None:
    """The address without the white space around it, in NFC; None when nothing is left.

    Odoo only lower-cases an address to compare it: a decomposed accent would make it another one.
    """
    if value is None:
        return None
    return unicodedata.normalize("NFC", value.strip()) or None


def is_valid_email(address: str) -> bool:
    """Whether the address has the syntax of one, internationalised addresses included."""
    domain = address.rpartition("@")[2]
    name, dot, last = domain.rpartition(".")
    if dot and name and last.lower() in _SPECIAL_USE:
        address += ".example"
    try:
        validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return False
    return True


def email_key(value: str | None) -> str | None:
    """The match key: trimmed, lower case, NFC, with plus tags kept."""
    address = trim_email(value)
    if address is None:
        return None
    if address.isascii():
        return address.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", address).lower())


def local_part(address: str) -> str:
    """What stands before the at sign."""
    return address.rpartition("@")[0] or address
