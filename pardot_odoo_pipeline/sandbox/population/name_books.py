"""The names of one language, ready to be drawn from, each with its spelling in e-mail addresses."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from pardot_odoo_pipeline.sandbox.population.names import NAMES

Name = tuple[str, str]  # (as written, lower-case ASCII for e-mail addresses)

_FOLDED = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "å": "a", "œ": "oe"}
)


@dataclass(frozen=True, slots=True)
class NameBook:
    """The names of one language; women and men apart where last names differ."""

    first_women: tuple[Name, ...]
    first_men: tuple[Name, ...]
    last_women: tuple[Name, ...]
    last_men: tuple[Name, ...]


def ascii_slug(text: str) -> str:
    """Return the lower-case ASCII letters and digits of a Latin text."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_FOLDED))
    return "".join(c for c in decomposed if c.isascii() and c.isalnum())


def _parse(words: str) -> tuple[Name, ...]:
    names: list[Name] = []
    for word in words.split():
        written, _, latin = word.replace("~", " ").partition("=")
        names.append((written, latin or ascii_slug(written)))
    return tuple(names)


@cache
def name_book(language: str) -> NameBook:
    """Return the names of a language, parsed once."""
    first_women, first_men, *last = NAMES[language]
    return NameBook(_parse(first_women), _parse(first_men), _parse(last[0]), _parse(last[-1]))


__all__ = ["Name", "NameBook", "ascii_slug", "name_book"]
