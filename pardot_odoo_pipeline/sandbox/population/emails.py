"""E-mail addresses as people type them, with the match key that each of them stands for.

Every good local part ends in the number of its person, so that two people share an address only
where a duplicate was planted. Domains are reserved ones only (`example.com`, `*.example`): no
mail can ever reach anybody.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from pardot_odoo_pipeline.sandbox.population import rates
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Draw


class EmailKind(StrEnum):
    """What was done to the address."""

    PLAIN = "plain"
    UPPER = "upper"
    PADDED = "padded"
    PLUS_TAG = "plus_tag"
    IDN_DOMAIN = "idn_domain"
    UNICODE_LOCAL = "unicode_local"
    DECOMPOSED = "decomposed"
    BROKEN = "broken"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class PlantedEmail:
    """An address as typed, and what it must be understood as."""

    kind: EmailKind
    typed: str | None
    address: str | None  # typed, without the blanks around it; None when missing or broken
    key: str | None  # what two spellings of one address have in common


_DOMAINS = (
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "acme-works.example",
    "birchwood.example",
    "old-harbour.example",
    "northlight.example",
    "riverside-foods.example",
    "thistle.example",
)
_IDN_DOMAINS = (
    "müller-söhne.example",
    "über-land.example",
    "crème-brûlée.example",
    "пример.example",
    "παράδειγμα.example",
    "例え.example",
    "한빛.example",
    "señal.example",
    "smørrebrød.example",
)
_UNICODE_LOCALS = ("jürgen", "josé", "zoë", "søren", "łukasz", "иван", "νίκος", "太郎", "çağla")
_DECOMPOSED_LOCALS = ("jürgen", "josé", "zoë", "renée")
_TAGS = ("news", "demo", "webinar", "trial2025", "shop")

# Filled with a local part `{0}` or not; none is an address by RFC 5321/5322 without quoting.
BROKEN_EMAILS = (
    "{0}",
    "{0}@",
    "@example.com",
    "{0}@@example.com",
    "{0} @example.com",
    "{0}@exam ple.com",
    "{0}@example..com",
    "{0}.@example.com",
    ".{0}@example.com",
    "{0}(at)example.com",
    "{0}@example.com, info@example.com",
    "{0};info@example.com",
    "mailto:{0}@example.com",
    "<{0}@example.com>",
    "{0}@-example.com",
    "{0}@example.com.",
    "none",
    "http://{0}.example.com",
)
_MISSING = (None, None, "", "   ")

_KINDS: tuple[tuple[int, EmailKind], ...] = (
    (rates.EMAIL_MISSING, EmailKind.MISSING),
    (rates.EMAIL_BROKEN, EmailKind.BROKEN),
    (rates.EMAIL_UPPER, EmailKind.UPPER),
    (rates.EMAIL_PADDED, EmailKind.PADDED),
    (rates.EMAIL_PLUS_TAG, EmailKind.PLUS_TAG),
    (rates.EMAIL_IDN_DOMAIN, EmailKind.IDN_DOMAIN),
    (rates.EMAIL_UNICODE_LOCAL, EmailKind.UNICODE_LOCAL),
    (rates.EMAIL_DECOMPOSED, EmailKind.DECOMPOSED),
)
_WHEEL: tuple[EmailKind, ...] = tuple(kind for rate, kind in _KINDS for _ in range(rate))


def pick_email(first: str, last: str, number: int, draw: Draw) -> PlantedEmail:
    """Return the address of person `number`, whose names in ASCII are given."""
    chosen = draw() % ONE_HUNDRED_PERCENT
    kind = _WHEEL[chosen] if chosen < len(_WHEEL) else EmailKind.PLAIN
    choice = draw()
    name = ".".join(part for part in (first[:20], last[:20]) if part) or "office"
    local = f"{name}{number}"
    domain = _DOMAINS[choice % len(_DOMAINS)]
    choice //= len(_DOMAINS)
    if kind is EmailKind.PLAIN:
        address = f"{local}@{domain}"
        return PlantedEmail(kind, address, address, address)
    if kind is EmailKind.MISSING:
        return PlantedEmail(kind, _MISSING[choice % len(_MISSING)], None, None)
    if kind is EmailKind.BROKEN:
        broken = BROKEN_EMAILS[choice % len(BROKEN_EMAILS)].format(local)
        return PlantedEmail(kind, broken, None, None)
    if kind is EmailKind.UPPER:
        key = f"{local}@{domain}"
        typed = key.upper() if choice % 2 else f"{local.title()}@{domain.capitalize()}"
        return PlantedEmail(kind, typed, typed, key)
    if kind is EmailKind.PADDED:
        key = f"{local}@{domain}"
        typed = (f" {key}", f"{key} ", f"  {key}  ", f"\t{key}")[choice % 4]
        return PlantedEmail(kind, typed, key, key)
    if kind is EmailKind.PLUS_TAG:
        key = f"{local}+{_TAGS[choice % len(_TAGS)]}@{domain}"
    elif kind is EmailKind.IDN_DOMAIN:
        key = f"{local}@{_IDN_DOMAINS[choice % len(_IDN_DOMAINS)]}"
    elif kind is EmailKind.UNICODE_LOCAL:
        key = f"{_UNICODE_LOCALS[choice % len(_UNICODE_LOCALS)]}.{number}@{domain}"
    else:
        key = f"{_DECOMPOSED_LOCALS[choice % len(_DECOMPOSED_LOCALS)]}.nfd{number}@{domain}"
        typed = unicodedata.normalize("NFD", key)
        return PlantedEmail(kind, typed, typed, key)
    return PlantedEmail(kind, key, key, key)


def retype(original: PlantedEmail, choice: int) -> PlantedEmail:
    """Return the same address as somebody else typed it: the e-mail of a duplicate."""
    key = original.key or ""
    spellings = (key, key, key.title(), key.upper(), f" {key}")
    typed = spellings[choice % len(spellings)]
    if not key.isascii() and typed.strip() != key:
        typed = key  # outside ASCII upper-casing is not always undone by lower-casing
    kind = EmailKind.PLAIN if typed == key else EmailKind.UPPER
    return PlantedEmail(kind, typed, typed.strip(), key)


__all__ = ["BROKEN_EMAILS", "EmailKind", "PlantedEmail", "pick_email", "retype"]
