"""Countries and states to their codes.

What lives here: the reading of what people typed into a country or state box. What does not: the
ids that Odoo gave countries and states (``odoo_values.py``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import pycountry

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.country_names import COUNTRY_ALIASES
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.texts import tidy_text

__all__ = [
    "KnownStates",
    "clean_country",
    "clean_state",
    "country_name",
    "fold_name",
    "known_states_from",
]

KnownStates = Mapping[str, Mapping[str, str]]
"""ISO2 -> (lower-case name or code -> code): the states that Odoo has."""

_UNKNOWN_COUNTRY = (FindingCode.COUNTRY_UNKNOWN,)
_UNKNOWN_STATE = (FindingCode.STATE_UNKNOWN,)
_NO_LETTER = re.compile(r"[^\w]+")
_KIND_OF_STATE = re.compile(
    r"^(?:state|province|region|prefecture|county|land|kanton|canton|provincia|estado|région) (?:of"
    r" |de |di |du )?|(?: state| province| region| prefecture| county| oblast)$"
)


def fold_name(text: str) -> str:
    """A name without case, accents, punctuation and article, for comparing."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in decomposed if unicodedata.category(c) not in {"Mn", "Cf"}).casefold()
    bare = bare.replace("&", " and ").replace(".", "").replace("'", "").replace("’", "")
    return _NO_LETTER.sub(" ", bare).strip().removeprefix("the ")


def clean_country(value: str | None) -> Converted[str]:
    """Normalise a country to its ISO 3166-1 alpha-2 code; an unknown one is blank, a finding."""
    if value is None or not value.strip():
        return BLANK
    return _country(value)


@lru_cache(maxsize=4_096)
def _country(value: str) -> Converted[str]:
    code = _country_codes().get(fold_name(tidy_text(value)[0]))
    return Converted(None, _UNKNOWN_COUNTRY) if code is None else Converted(code)


@lru_cache(maxsize=1)
def _country_codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for country in pycountry.countries:
        for name in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            label = getattr(country, name, None)
            if label:
                codes[fold_name(label)] = country.alpha_2
    for code, names in COUNTRY_ALIASES.items():
        for label in names:
            codes.setdefault(fold_name(label), code)
    return codes


def clean_state(
    value: str | None, country: str | None, known: KnownStates | None = None
) -> Converted[str]:
    """Normalise a state to the code under which Odoo has it.

    Args:
        value: Name or code as the source has it.
        country: The record's country, ISO2; without one no state can be told.
        known: The states that Odoo has; None accepts every state of ISO 3166-2.
    """
    if value is None or not value.strip():
        return BLANK
    if country is None:
        return Converted(None, _UNKNOWN_STATE)
    code = _iso_state(value, country) if known is None else _state(value, country, known)
    return Converted(None, _UNKNOWN_STATE) if code is None else Converted(code)


def _state(value: str, country: str, known: KnownStates) -> str | None:
    states = known.get(country)
    if not states:
        return None
    text = tidy_text(value)[0].lower()
    code = states.get(text) or states.get(f"{country.lower()}-{text}")
    if code is None:
        # The same state under a name that only ISO has: by its code, as Odoo writes codes.
        suffix = _iso_state(value, country)
        if suffix is not None:
            suffix = suffix.lower()
            code = states.get(suffix) or states.get(f"{country.lower()}-{suffix}")
    if code is None:
        code = _folded(country, tuple(sorted(states.items()))).get(fold_name(text))
    return code


@lru_cache(maxsize=256)
def _folded(country: str, states: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {fold_name(name): code for name, code in reversed(states)}


@lru_cache(maxsize=8_192)
def _iso_state(value: str, country: str) -> str | None:
    states = _iso_states(country)
    name = fold_name(tidy_text(value)[0])
    return states.get(name) or states.get(_KIND_OF_STATE.sub("", name).strip())


@lru_cache(maxsize=256)
def _iso_states(country: str) -> dict[str, str]:
    states: dict[str, str] = {}
    for part in pycountry.subdivisions.get(country_code=country) or ():
        suffix = part.code.partition("-")[2]
        for label in (part.code, suffix, part.name, *part.name.split(" [")[:1]):
            states.setdefault(fold_name(label), suffix)
    return states


def known_states_from(
    codes_and_names: Mapping[str, Mapping[str, str]],
) -> dict[str, dict[str, str]]:
    """Build the table of known states from ISO2 -> (code -> name)."""
    return {
        country: {
            **{name.lower(): code for code, name in states.items()},
            **{code.lower(): code for code in states},
            # Odoo writes some codes with the country in front ("DE-BY"); people do not.
            **{
                code.lower().removeprefix(f"{country.lower()}-"): code
                for code in states
                if code.lower().startswith(f"{country.lower()}-")
            },
        }
        for country, states in codes_and_names.items()
    }


def country_name(code: str) -> str | None:
    """The English name of a country, the short one where it has two."""
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return None
    return str(getattr(country, "common_name", None) or country.name)
