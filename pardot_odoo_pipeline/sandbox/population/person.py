"""One prospect: the row as Pardot shows it, beside what it must become.

Clean facts are drawn first and spoilt on the way into the row; the expected values never pass
through any of the pipeline's own rules.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from pardot_odoo_pipeline.sandbox.population import catalogue, rates, texts
from pardot_odoo_pipeline.sandbox.population.emails import EmailKind, retype
from pardot_odoo_pipeline.sandbox.population.extras import extra_fields
from pardot_odoo_pipeline.sandbox.population.identity import Identities
from pardot_odoo_pipeline.sandbox.population.places import pick_place
from pardot_odoo_pipeline.sandbox.population.planted import (
    EMAIL_INVALID,
    EMAIL_MISSING,
    Finding,
    PlantedProspect,
    Truth,
)
from pardot_odoo_pipeline.sandbox.population.spellings import (
    plant_country,
    plant_names,
    plant_phone,
    plant_picked,
    plant_state,
    plant_website,
)
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Stream
from pardot_odoo_pipeline.sandbox.population.timeline import Moments, Timeline
from pardot_odoo_pipeline.sandbox.population.times import at

FIRST_PROSPECT = 11_000_003
_GAP = 3  # ids grow with gaps, as they do in a real account

_EMAIL_PROBLEMS = {EmailKind.MISSING: EMAIL_MISSING, EmailKind.BROKEN: EMAIL_INVALID}
_CAMPAIGNS = tuple(catalogue.CAMPAIGN_NAMES.items())


class PersonMaker:
    """Makes person `number` of a population, without making any other."""

    def __init__(self, seed: int, size: int) -> None:
        self.identities = Identities(seed)
        self.timeline = Timeline(seed, size)
        self._records = Stream(seed, "record", 128)

    @staticmethod
    def prospect_id(number: int) -> int:
        """Return the Pardot id of person `number`."""
        return FIRST_PROSPECT + number * _GAP + (number * 7 % 11) % _GAP

    @staticmethod
    def number_of(prospect_id: int) -> int:
        """Return the person that has a Pardot id."""
        return (prospect_id - FIRST_PROSPECT) // _GAP

    def moments_of(self, number: int) -> Moments:
        """Return the times of a person without making the rest."""
        return self.timeline.moments(number, self._records.at(number))

    def make(self, number: int) -> PlantedProspect:
        """Make one prospect."""
        draw = self._records.at(number)
        moments = self.timeline.moments(number, draw)
        original = self.identities.original_of(number)
        identity = self.identities.of(original)
        email = identity.email if original == number else retype(identity.email, draw())
        found: list[Finding] = []

        first, first_clean, last, last_clean = plant_names(
            identity.first[0], identity.last[0], email, draw
        )
        company, company_clean, codes = texts.company(
            identity.country.code, identity.language, identity.draw, draw
        )
        for code in codes:
            found.append(("company", code))
        title, title_clean, codes = texts.job_title(identity.language, draw)
        for code in codes:
            found.append(("job_title", code))
        notes, notes_clean, codes = texts.comments(draw)
        for code in codes:
            found.append(("comments", code))

        street, city, postcode = pick_place(identity.country.code, identity.draw)
        address: tuple[str | None, str | None, str | None] = (None, None, None)
        choice = draw()
        if choice % ONE_HUNDRED_PERCENT >= rates.ADDRESS_MISSING:
            second = draw()
            unit = f"Unit {second // ONE_HUNDRED_PERCENT % 90 + 1}"
            address = (
                street,
                unit if second % ONE_HUNDRED_PERCENT < rates.ADDRESS_TWO else None,
                postcode,
            )
        country, country_code = plant_country(identity.country, draw, found)
        state, state_code = plant_state(identity.country, city, country_code, draw, found)
        phone, phone_clean = plant_phone(
            identity.country, identity.draw, country_code is not None, draw, found
        )
        website, website_clean = plant_website(draw)
        industry, industry_clean = plant_picked(
            draw,
            (rates.INDUSTRY_MISSING, rates.INDUSTRY_UNKNOWN),
            texts.INDUSTRIES,
            texts.UNKNOWN_INDUSTRIES,
            found,
            "industry",
        )
        grade, grade_clean = plant_picked(
            draw,
            (rates.GRADE_MISSING, rates.GRADE_UNKNOWN),
            texts.GRADES,
            texts.UNKNOWN_GRADES,
            found,
            "grade",
        )
        choice = draw()
        source = None
        if choice % ONE_HUNDRED_PERCENT >= rates.SOURCE_MISSING:
            source = texts.SOURCES[choice // ONE_HUNDRED_PERCENT % len(texts.SOURCES)]
        campaign_id, campaign = _CAMPAIGNS[draw() % len(_CAMPAIGNS)]
        score = moments.activities * 3 + draw() % 25 if moments.activities else draw() % 12 - 2
        deleted = draw() % ONE_HUNDRED_PERCENT < rates.RECYCLE_BIN
        prospect_id = self.prospect_id(number)
        created, updated = at(moments.created), at(moments.updated)
        last_activity = None if moments.last_activity is None else at(moments.last_activity)
        first_activity = None if moments.first_activity is None else at(moments.first_activity)

        row: dict[str, Any] = {
            "id": prospect_id,
            "email": email.typed,
            "firstName": first,
            "lastName": last,
            "jobTitle": title,
            "company": company,
            "phone": phone,
            "addressOne": address[0],
            "addressTwo": address[1],
            "city": city.name,
            "zip": address[2],
            "state": state,
            "country": country,
            "website": website,
            "industry": industry,
            "score": score,
            "grade": grade,
            "source": source,
            "campaignId": campaign_id,
            "comments": notes,
            "isDeleted": deleted,
            "firstActivityAt": first_activity,
            "lastActivityAt": last_activity,
            "createdAt": created,
            "updatedAt": updated,
        }
        row.update(extra_fields(identity, moments, draw))
        full_name = " ".join(part for part in (first_clean, last_clean) if part)
        if not full_name and email.address:
            full_name = email.address.partition("@")[0]
        values = {
            "prospect_id": str(prospect_id),
            "email": email.address and unicodedata.normalize("NFC", email.address),
            "email_key": email.key,
            "first_name": first_clean,
            "last_name": last_clean,
            "full_name": full_name,
            "lead_title": f"{full_name} – {company_clean}" if company_clean else full_name,
            "job_title": title_clean,
            "company": company_clean,
            "phone": phone_clean,
            "street": address[0],
            "street2": address[1],
            "city": city.name,
            "zip": address[2],
            "country": country_code,
            "state": state_code,
            "website": website_clean,
            "industry": industry_clean,
            "industry_raw": industry,
            "score": score,
            "grade": grade_clean,
            "grade_rank": 13 - texts.GRADES.index(grade_clean) if grade_clean else 0,
            "source": source,
            "campaign": campaign,
            "comments": notes_clean,
            "last_activity_at": last_activity,
            "is_deleted": deleted,
            "created_at": created,
            "updated_at": updated,
        }
        problem = _EMAIL_PROBLEMS.get(email.kind)
        return PlantedProspect(row, Truth(deleted, problem, values, frozenset(found)))


__all__ = ["FIRST_PROSPECT", "PersonMaker"]
