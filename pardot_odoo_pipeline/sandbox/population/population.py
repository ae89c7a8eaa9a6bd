"""The population as a whole: one object, everything streamed from a seed and a size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.sandbox.population import assets, catalogue, sales, web
from pardot_odoo_pipeline.sandbox.population.activities import Activities
from pardot_odoo_pipeline.sandbox.population.groups import find_groups
from pardot_odoo_pipeline.sandbox.population.memberships import Memberships
from pardot_odoo_pipeline.sandbox.population.odoo_seed import OdooSeed
from pardot_odoo_pipeline.sandbox.population.person import PersonMaker
from pardot_odoo_pipeline.sandbox.population.planted import PlantedProspect
from pardot_odoo_pipeline.sandbox.population.truth import GroundTruth


class Population:
    """A realistic, messy prospect base.

    Pure: the same seed and size give the same rows on every machine, day and Python version.
    Nothing is kept between rows, so a million people cost no more memory than one.
    """

    def __init__(self, seed: int, size: int) -> None:
        if size < 0:
            raise ValueError(f"A population cannot have {size} people")
        self.seed = seed
        self.size = size
        self._maker = PersonMaker(seed, size)
        self._activities = Activities(seed)
        self._memberships = Memberships(seed)
        self._strangers = web.Strangers(seed, size)
        self._odoo = OdooSeed(seed, self._maker)

    def __repr__(self) -> str:
        return f"Population(seed={self.seed}, size={self.size})"

    def person(self, number: int) -> PlantedProspect:
        """Return person `number` (from 0) without making any other."""
        if not 0 <= number < self.size:
            raise IndexError(f"No person {number} in a population of {self.size}")
        return self._maker.make(number)

    def number_of(self, prospect_id: int | str) -> int:
        """Return the number of the person with a Pardot id.

        Raises:
            KeyError: Nobody has that id.
        """
        number = self._maker.number_of(int(prospect_id))
        if not 0 <= number < self.size or self._maker.prospect_id(number) != int(prospect_id):
            raise KeyError(prospect_id)
        return number

    def prospects(self) -> Iterator[PlantedProspect]:
        """Yield every prospect in order of id."""
        make = self._maker.make
        for number in range(self.size):
            yield make(number)

    def campaigns(self) -> list[dict[str, Any]]:
        """Return the account's campaigns."""
        return catalogue.campaigns()

    def users(self) -> list[dict[str, Any]]:
        """Return the account's users."""
        return catalogue.users()

    def lists(self) -> list[dict[str, Any]]:
        """Return the account's lists."""
        return catalogue.lists()

    def custom_fields(self) -> list[dict[str, Any]]:
        """Return the definitions of the prospects' own fields."""
        return catalogue.custom_fields()

    def small_tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return what an account has a handful of, by collection: assets, stages, tags."""
        return {
            "folders": assets.folders(),
            "tracker-domains": assets.tracker_domains(),
            "layout-templates": assets.layout_templates(),
            "email-templates": assets.email_templates(),
            "list-emails": assets.list_emails(),
            "emails": assets.emails(),
            "forms": assets.forms(),
            "form-fields": assets.form_fields(),
            "form-handlers": assets.form_handlers(),
            "form-handler-fields": assets.form_handler_fields(),
            "landing-pages": assets.landing_pages(),
            "files": assets.files(),
            "custom-redirects": assets.custom_redirects(),
            "dynamic-contents": assets.dynamic_contents(),
            "engagement-studio-programs": assets.engagement_studio_programs(),
            "lifecycle-stages": sales.lifecycle_stages(),
            "prospect-accounts": sales.prospect_accounts(),
            "tags": sales.tags(self.size),
        }

    def opportunities(self) -> Iterator[dict[str, Any]]:
        """Yield every opportunity in order of id."""
        for number in range(0, self.size, sales.OPPORTUNITY_SHARE):
            row = self._maker.make(number).row
            created = int(row["createdAt"].timestamp())
            deal = sales.opportunity_of(number, row["campaignId"], created)
            if deal is not None:
                yield deal

    def taggings(self) -> Iterator[dict[str, Any]]:
        """Yield which people carry a tag."""
        for number in range(0, self.size, sales.TAGGED_SHARE):
            row = self._maker.make(number).row
            yield sales.tagging_of(number, row["id"], row["email"], row["createdAt"])

    def lifecycle_histories(self) -> Iterator[dict[str, Any]]:
        """Yield how people came to their stages, person by person."""
        for number in range(self.size):
            yield from sales.histories_of(number, self._maker.make(number).row)

    def memberships(self) -> Iterator[dict[str, Any]]:
        """Yield every list membership in order of id."""
        for number in range(self.size):
            yield from self.memberships_of(number)

    def memberships_of(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield the list memberships of one person."""
        maker = self._maker
        return self._memberships.of(
            number,
            maker.prospect_id(number),
            maker.moments_of(number).created,
            imported=maker.timeline.import_of(number) is not None,
        )

    def activities(self) -> Iterator[dict[str, Any]]:
        """Yield every visitor activity, person by person and oldest first."""
        for number in range(self.size):
            yield from self.activities_of(number)

    def activities_of(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield the visitor activities of one person, oldest first."""
        moments = self._maker.moments_of(number)
        return self._activities.of(
            number,
            self._maker.make(number).row,
            moments.activities,
            moments.first_activity,
            moments.last_activity,
        )

    def browsing(self) -> Iterator[web.Browsing]:
        """Yield visitor by visitor, strangers first: the visitor, visits and page views."""
        for acts in self._strangers.acts():
            yield web.browsing_of(acts)
        for number in range(self.size):
            yield web.browsing_of(list(self.activities_of(number)))

    def odoo_seed(self) -> Iterator[dict[str, Any]]:
        """Yield what Odoo holds before the first sync.

        Each is `{"model", "ref", "values"}`. `country_code` and `state_code` in the values stand
        for the links; `{"ref": name}` stands for a record that came before under that name.
        """
        return self._odoo.records(self.size, self._groups)

    def truth(self) -> GroundTruth:
        """Return what a first initial sync must do with this population."""
        return GroundTruth(self._maker, self._odoo, self.size, self._groups)

    @cached_property
    def _groups(self) -> Mapping[int, tuple[int, ...]]:
        return find_groups(self._maker, self.size)


__all__ = ["Population"]
