"""Telephone numbers: the number itself (E.164) and the many ways in which people type it.

The numbers are drawn from ranges written down here by hand, kept for fiction where a country has
such a range. What is right is known because the number comes first and its spelling after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pardot_odoo_pipeline.sandbox.population.places import fill_digits
from pardot_odoo_pipeline.sandbox.population.streams import Draw


@dataclass(frozen=True, slots=True)
class PhonePlan:
    """How a country's numbers look: calling code, trunk prefix, patterns with `#` for digits."""

    calling_code: str
    trunk: str
    patterns: tuple[str, ...]


_PLANS: dict[str, tuple[str, str, str]] = {
    "US": ("1", "", "212 555 01##,303 555 01##,512 555 01##,617 555 01##,971 555 01##"),
    "GB": ("44", "0", "20 7946 0###,113 496 0###,7700 900###,29 2018 0###"),
    "CA": ("1", "", "416 555 01##,613 555 01##,604 555 01##,403 555 01##"),
    "AU": ("61", "0", "2 5550 ####,3 5550 ####,491 570 15#"),
    "IE": ("353", "0", "20 910 ####,1 4## ####,87 2## ####"),
    "NZ": ("64", "0", "9 3## ####,21 4## ###,4 4## ####"),
    "ZA": ("27", "0", "21 4## ####,31 3## ####,82 5## ####"),
    "DE": ("49", "0", "30 23125 ###,171 39200 ##,40 66969 ###,221 4710 ###,89 99998 ###"),
    "AT": ("43", "0", "1 5####2#,316 8####2,664 4######"),
    "CH": ("41", "0", "44 2## ## ##,22 7## ## ##,79 2## ## ##"),
    "FR": ("33", "0", "1 99 00 ## ##,2 61 91 ## ##,6 39 98 ## ##,4 65 71 ## ##"),
    "BE": ("32", "0", "2 5## ## ##,9 2## ## ##,470 ## ## ##"),
    "NL": ("31", "0", "20 5## ####,30 2## ####,6 1### ####"),
    "ES": ("34", "", "91 5## ## ##,93 4## ## ##,612 ### ###"),
    "PT": ("351", "", "21 3## ####,22 2## ####,912 ### ###"),
    "IT": ("39", "", "06 4### ####,02 7### ####,347 2## ####"),
    "PL": ("48", "", "22 6## ## ##,12 4## ## ##,601 ### ###"),
    "CZ": ("420", "", "224 ### ###,541 ### ###,602 ### ###"),
    "HU": ("36", "06", "1 2## ####,96 3## ###,30 2## ####"),
    "RO": ("40", "0", "21 2## ####,264 2## ###,722 ### ###"),
    "BG": ("359", "0", "2 9## ####,32 6## ###,88 8## ####"),
    "GR": ("30", "", "21 0### ####,231 0## ####,694 ### ####"),
    "SE": ("46", "0", "31 390 06##,8 465 004 ##,70 174 06##"),
    "NO": ("47", "", "22 ## ## ##,55 ## ## ##,412 ## ###"),
    "DK": ("45", "", "33 ## ## ##,86 ## ## ##,20 ## ## ##"),
    "FI": ("358", "0", "9 2### ###,3 3### ###,40 5## ####"),
    "UA": ("380", "0", "44 2## ## ##,32 2## ## ##,67 2## ## ##"),
    "RU": ("7", "8", "495 2## ## ##,843 2## ## ##,916 2## ## ##"),
    "TR": ("90", "0", "212 2## ## ##,232 4## ## ##,532 2## ## ##"),
    "IL": ("972", "0", "3 5## ####,4 8## ####,50 2## ####"),
    "AE": ("971", "0", "4 3## ####,2 6## ####,50 2## ####"),
    "SA": ("966", "0", "11 4## ####,12 6## ####,50 2## ####"),
    "EG": ("20", "0", "2 2### ####,3 4## ####,100 ### ####"),
    "IN": ("91", "0", "80 2### ####,22 2### ####,98450 #####"),
    "JP": ("81", "0", "3 3### ####,6 6### ####,90 1### ####"),
    "CN": ("86", "0", "10 6### ####,21 6### ####,20 8### ####"),
    "KR": ("82", "0", "2 7## ####,51 7## ####,10 2### ####"),
    "TH": ("66", "0", "2 2## ####,53 2## ###,81 2## ####"),
    "BR": ("55", "", "11 3### ####,21 2### ####,11 9#### ####"),
    "MX": ("52", "", "33 3### ####,81 8### ####,55 5### ####"),
    "AR": ("54", "0", "11 4### ####,341 4## ####,351 4## ####"),
}

# Nothing here is a number in any country.
BROKEN_PHONES = (
    "n/a",
    "unknown",
    "ask reception",
    "see notes",
    "tbc",
    "+",
    "--",
    "x",
    "+999 555 0100",
    "0",
    "00000000000000000000000",
    "+1 555",
    "call after 6 pm",
    "????",
    "1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8-9-0",
)

_FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@cache
def phone_plan(country: str) -> PhonePlan:
    """Return a country's plan."""
    calling_code, trunk, patterns = _PLANS[country]
    return PhonePlan(calling_code, trunk, tuple(patterns.split(",")))


def pick_number(country: str, draw: Draw) -> str:
    """Return a national significant number in groups: `30 23125 042`."""
    patterns = phone_plan(country).patterns
    return fill_digits(patterns[draw() % len(patterns)], draw())


def spell(country: str, number: str, style: int) -> tuple[str, str, bool]:
    """Type a number in one of many ways.

    Returns:
        What is typed, the number in E.164, and whether it tells its country by itself.
    """
    plan = phone_plan(country)
    code, trunk = plan.calling_code, plan.trunk
    digits = number.replace(" ", "")
    e164 = f"+{code}{digits}"
    kind = style % 20
    if kind < 5:
        return f"+{code} {number}", e164, True
    if kind < 7:
        return e164, e164, True
    if kind == 7:
        return f"00{code}{digits}", e164, True
    if kind == 8:
        return f"00{code} {number}", e164, True
    if kind == 9:
        if trunk == "0":
            return f"+{code} (0){number}", e164, True
        return f"+{code} {number.replace(' ', '.')}", e164, True
    if kind == 10:
        return f"+{code}-{number.replace(' ', '-')}", e164, True
    if kind == 11:
        return f"+{code} {number} ext. {10 + style // 20 % 90}", e164, True
    area, _, rest = number.partition(" ")
    if kind < 15:
        return f"({trunk}{area}) {rest.replace(' ', '-')}", e164, False
    if kind < 18:
        return f"{trunk}{number}" if trunk != "8" else f"8 {number}", e164, False
    if kind == 18:
        if country == "JP":
            return f"{trunk}{number.replace(' ', '-')}".translate(_FULL_WIDTH), e164, False
        return f"{trunk}{number.replace(' ', '/', 1)}", e164, False
    return f"{trunk}{digits}", e164, False


__all__ = ["BROKEN_PHONES", "PhonePlan", "phone_plan", "pick_number", "spell"]
