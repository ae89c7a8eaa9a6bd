"""How one record spells a person's facts: names, country, state, telephone, website, picklists.

Each function returns what is typed and what it must become, and adds the finding that it must
raise, if any, to the record's list.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.population import phones, rates, texts
from pardot_odoo_pipeline.sandbox.population.countries import UNKNOWN_COUNTRIES, Country
from pardot_odoo_pipeline.sandbox.population.emails import EmailKind, PlantedEmail
from pardot_odoo_pipeline.sandbox.population.places import (
    STATE_CODES_IN_USE,
    UNKNOWN_STATES,
    City,
)
from pardot_odoo_pipeline.sandbox.population.planted import Finding
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Draw

_SITES = ("amberdata", "birchwood", "copperkettle", "fernhill", "old-harbour", "thistle-foods")


def plant_names(
    first: str, last: str, email: PlantedEmail, draw: Draw
) -> tuple[str | None, str | None, str | None, str | None]:
    """Plant first and last name: typed first, clean first, typed last, clean last."""
    choice = draw()
    given: str | None = first
    family: str | None = last
    if choice % ONE_HUNDRED_PERCENT < rates.FIRST_NAME_MISSING:
        given = None
    if choice // ONE_HUNDRED_PERCENT % ONE_HUNDRED_PERCENT < rates.LAST_NAME_MISSING and (
        given is not None or email.kind is EmailKind.PLAIN
    ):
        family = None
    typed_given, clean_given = texts.personal_name(given, draw)
    typed_family, clean_family = texts.personal_name(family, draw)
    return typed_given, clean_given, typed_family, clean_family


def plant_country(
    country: Country, draw: Draw, found: list[Finding]
) -> tuple[str | None, str | None]:
    """Plant a country; the clean value is its ISO 3166-1 alpha-2 code."""
    choice = draw()
    kind, choice = choice % ONE_HUNDRED_PERCENT, choice // ONE_HUNDRED_PERCENT
    if kind < rates.COUNTRY_MISSING:
        return None, None
    kind -= rates.COUNTRY_MISSING
    if kind < rates.COUNTRY_UNKNOWN:
        found.append(("country", "country_unknown"))
        return UNKNOWN_COUNTRIES[choice % len(UNKNOWN_COUNTRIES)], None
    style = choice % ONE_HUNDRED_PERCENT
    if style < rates.COUNTRY_ENGLISH:
        return country.english, country.code
    if style < rates.COUNTRY_ENGLISH + rates.COUNTRY_UPPER:
        return country.english.upper(), country.code
    return country.spellings[choice // 7 % len(country.spellings)], country.code


def plant_state(
    country: Country, city: City, country_code: str | None, draw: Draw, found: list[Finding]
) -> tuple[str | None, str | None]:
    """Plant a state; the clean value is Odoo's code, and needs a resolved country."""
    if not city.state_code:
        return None, None
    choice = draw()
    kind, choice = choice % ONE_HUNDRED_PERCENT, choice // ONE_HUNDRED_PERCENT
    if kind < rates.STATE_MISSING:
        return None, None
    if kind < rates.STATE_MISSING + rates.STATE_UNKNOWN:
        found.append(("state", "state_unknown"))
        return UNKNOWN_STATES[choice % len(UNKNOWN_STATES)], None
    as_code = country.code in STATE_CODES_IN_USE and (
        choice % ONE_HUNDRED_PERCENT < rates.STATE_AS_CODE
    )
    typed = city.state_code if as_code else city.state_name
    if country_code is None:
        found.append(("state", "state_unknown"))
        return typed, None
    return typed, city.state_code


def plant_phone(
    country: Country, identity: Draw, has_country: bool, draw: Draw, found: list[Finding]
) -> tuple[str | None, str | None]:
    """Plant a telephone number; the clean value is E.164, or the typed text when broken."""
    choice = draw()
    style = draw()
    kind = choice % ONE_HUNDRED_PERCENT
    if kind < rates.PHONE_MISSING:
        return None, None
    kind -= rates.PHONE_MISSING
    if kind < rates.PHONE_BROKEN:
        broken = phones.BROKEN_PHONES[style % len(phones.BROKEN_PHONES)]
        found.append(("phone", "phone_unparsable"))
        return broken, broken
    number = phones.pick_number(country.code, identity)
    typed, e164, international = phones.spell(country.code, number, style)
    if not international and not has_country:
        found.append(("phone", "phone_unparsable"))
        return typed, typed
    if kind < rates.PHONE_BROKEN + rates.PHONE_PADDED:
        typed = f" {typed} "
    return typed, e164


def plant_website(draw: Draw) -> tuple[str | None, str | None]:
    """Plant a website; the clean value has a scheme."""
    choice = draw()
    if choice % ONE_HUNDRED_PERCENT >= rates.WEBSITE:
        return None, None
    choice //= ONE_HUNDRED_PERCENT
    host = f"{_SITES[choice % len(_SITES)]}{choice // 6 % 900}.example"
    kind = choice // 5400 % 8
    if kind < 3:
        return f"https://www.{host}", f"https://www.{host}"
    if kind == 3:
        return f"http://{host}/about?lang=en", f"http://{host}/about?lang=en"
    if kind < 6:
        return f"www.{host}", f"http://www.{host}"
    if kind == 6:
        return f" {host} ", f"http://{host}"
    return host, f"http://{host}"


def plant_picked(
    draw: Draw,
    missing_and_unknown: tuple[int, int],
    known: tuple[str, ...],
    unknown: tuple[str, ...],
    found: list[Finding],
    column: str,
) -> tuple[str | None, str | None]:
    """Plant a picklist value, now and then one that the list does not have."""
    choice = draw()
    kind, choice = choice % ONE_HUNDRED_PERCENT, choice // ONE_HUNDRED_PERCENT
    if kind < missing_and_unknown[0]:
        return None, None
    if kind < sum(missing_and_unknown):
        found.append((column, "picklist_unknown"))
        return unknown[choice % len(unknown)], None
    value = known[choice % len(known)]
    return value, value


__all__ = [
    "plant_country",
    "plant_names",
    "plant_phone",
    "plant_picked",
    "plant_state",
    "plant_website",
]
