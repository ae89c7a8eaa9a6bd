"""What Odoo does to text on its way in: e-mail, phone and website.

What lives here: pure functions over strings. What does not: html
(`html_text.py`), the fields that use them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers

__all__ = [
    "clean_website",
    "domain_criterion",
    "normalize_email",
    "sanitize_phone",
]

_QUOTED = re.compile(r'"[^"]*"')
_ADDRESS = re.compile(r"[^\s<>(),;:\"@]*@[^\s<>(),;:\"@]+")
# Providers whose domain says nothing about the company behind an address.
_COMMON_PROVIDERS = frozenset(
    [
        *("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com", "icloud.com"),
        *("aol.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "orange.fr", "free.fr", "mail.ru"),
        *("yandex.ru", "qq.com", "163.com", "msn.com", "me.com", "proton.me", "protonmail.com"),
    ]
)


def normalize_email(value: str | None) -> str | None:
    """The first address inside the text, lower-case unless its local part is not ASCII."""
    if not value or "@" not in value:
        return None
    if "<" in value:
        value = _QUOTED.sub("", value)
    found = _ADDRESS.search(value)
    if found is None:
        return None
    local, _, domain = found.group().rpartition("@")
    if local.isascii():
        local = local.lower()
    return f"{local}@{domain.lower()}"


def domain_criterion(normalized: str | None) -> str | None:
    """What Odoo compares to find leads of one company: the domain, or a private address whole."""
    if not normalized:
        return None
    domain = normalized.rpartition("@")[2]
    return normalized if domain in _COMMON_PROVIDERS else f"@{domain}"


@lru_cache(maxsize=65536)
def sanitize_phone(value: str | None, country: str | None) -> tuple[str | None, str | None]:
    """E.164 form and quality ('correct', 'incorrect' or None) of a number read in a country."""
    if not value:
        return None, None
    try:
        number = phonenumbers.parse(value, country or None, keep_raw_input=False)
    except phonenumbers.NumberParseException:
        return None, "incorrect"
    if not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
        return None, "incorrect"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), "correct"


def clean_website(value: str | None) -> str | None:
    """The address with a scheme."""
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme:
        return value
    if not parts.netloc:
        host, _, path = parts.path.partition("/")
        parts = parts._replace(netloc=host, path=f"/{path}" if path else "")
    return parts._replace(scheme="http").geturl()
