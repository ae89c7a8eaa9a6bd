"""Countries and states as Odoo has them.

What lives here: names and codes, built from pycountry where Odoo agrees with it. What does not:
putting them into a database (`seeding.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

import phonenumbers
import pycountry

__all__ = ["countries", "states"]

# Where Odoo's English name is neither ISO's common name nor its short name.
_NAMES = {
    "BL": "Saint Barthélémy",
    "CD": "Congo (DRC)",
    "CG": "Congo (Republic)",
    "CV": "Cape Verde",
    "CZ": "Czech Republic",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "MO": "Macau",
    "PN": "Pitcairn Islands",
    "PS": "State of Palestine",
    "ST": "São Tomé and Príncipe",
    "UM": "USA Minor Outlying Islands",
    "VG": "Virgin Islands (British)",
    "VI": "Virgin Islands (USA)",
    "XI": "Northern Ireland",
    "XK": "Kosovo",
}


def countries() -> Iterator[tuple[str, str, int]]:
    """Code, name and calling code of every country, by name."""
    found = {c.alpha_2: getattr(c, "common_name", c.name) for c in pycountry.countries}
    found.update(_NAMES)
    for code, name in sorted(found.items(), key=lambda pair: pair[1]):
        yield code, name, phonenumbers.country_code_for_region(code) or 0


def states() -> Iterator[tuple[str, str, str]]:
    """Country code, state code and state name.

    In the table a country marked `-` prefixes its states' codes; a bare code has ISO's name.
    """
    text = (resources.files(__package__) / "states.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        head, _, rest = line.partition(": ")
        country, prefixed = head.rstrip("-"), head.endswith("-")
        iso = {s.code.partition("-")[2]: s.name for s in _subdivisions(country)}
        for item in rest.split("; "):
            code, _, name = item.partition("=")
            yield country, f"{country}-{code}" if prefixed else code, name or iso.get(code, code)


def _subdivisions(country: str) -> list[Any]:
    return list(pycountry.subdivisions.get(country_code=country) or [])
