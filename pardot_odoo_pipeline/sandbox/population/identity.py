"""Who somebody is: country, language, names, e-mail address; and who is a second record of whom.

A duplicate is another record of an earlier person: it takes that one's identity and retypes the
address. Whose record it is follows from two draws, so no earlier person has to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from pardot_odoo_pipeline.sandbox.population import rates
from pardot_odoo_pipeline.sandbox.population.countries import COUNTRY_WHEEL, Country
from pardot_odoo_pipeline.sandbox.population.emails import PlantedEmail, pick_email
from pardot_odoo_pipeline.sandbox.population.name_books import Name, name_book
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Draw, Stream


@dataclass(frozen=True, slots=True)
class Identity:
    """What every record of one person shares; `draw` goes on with company, place and telephone."""

    number: int
    country: Country
    language: str
    woman: bool
    first: Name
    last: Name
    email: PlantedEmail
    draw: Draw


class Identities:
    """The identities of a population."""

    def __init__(self, seed: int) -> None:
        self._people = Stream(seed, "identity", 20)
        self._links = Stream(seed, "link", 2)

    def of(self, number: int) -> Identity:
        """Return the identity that person `number` has when it is not a duplicate."""
        draw = self._people.at(number)
        country = COUNTRY_WHEEL[draw() % len(COUNTRY_WHEEL)]
        choice = draw()
        language = country.languages[choice % len(country.languages)]
        woman = choice // 16 % 2 == 0
        book = name_book(language)
        firsts = book.first_women if woman else book.first_men
        lasts = book.last_women if woman else book.last_men
        first = firsts[draw() % len(firsts)]
        last = lasts[draw() % len(lasts)]
        email = pick_email(first[1], last[1], number, draw)
        return Identity(number, country, language, woman, first, last, email, draw)

    def original_of(self, number: int) -> int:
        """Return the person whose further record this is; itself when it is nobody's."""
        original = self._back(number)
        if original == number or self.of(original).email.key is None:
            return number
        return original

    def _back(self, number: int) -> int:
        while number:
            draw = self._links.at(number)
            if draw() % ONE_HUNDRED_PERCENT >= rates.DUPLICATE:
                break
            number -= 1 + draw() % min(number, rates.DUPLICATE_REACH)
        return number


__all__ = ["Identities", "Identity"]
