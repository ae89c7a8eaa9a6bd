"""Visitor activities: what each person did, most people little and some hundreds of things.

An activity is a right (type, typeName, asset) triple of the API. The newest one bears the
person's `lastActivityAt`; e-mails sent and bounced and the progress of a sale are not the person's
doing and do not count for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pardot_odoo_pipeline.sandbox.population import assets, catalogue, rates, sales
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Draw, Stream
from pardot_odoo_pipeline.sandbox.population.times import EPOCH_SECONDS, at
from pardot_odoo_pipeline.sandbox.population.web import page

FIRST_ACTIVITY = 500_000_000
FIRST_VISITOR = 300_000_000
ACTIVITIES_A_PERSON = 256  # id space of one person; the largest history is about 205
MOST_EMAILS_SENT = 3

_DRAWS = 2 * (200 + MOST_EMAILS_SENT) + 8


@dataclass(frozen=True, slots=True)
class ActivityKind:
    """One triple: what happened, to what kind of asset, and the id field that names it."""

    type: int
    type_name: str
    asset: str  # the field that carries the asset's id
    ids: tuple[int, int]  # first id and how many; (0, 0): an id of the visit itself
    weight: int


_PAGE_VIEW = ActivityKind(2, "Page View", "visitorPageViewId", (0, 0), 300)
_VISIT = ActivityKind(20, "Visit", "visitId", (0, 0), 140)
_SENT = ActivityKind(6, "Email", "emailId", catalogue.EMAILS, 0)
_BOUNCED = ActivityKind(13, "Email", "emailId", catalogue.EMAILS, 0)
_UNSUBSCRIBED = ActivityKind(12, "Email", "emailId", catalogue.EMAILS, 0)
_EMAIL_CLICK = ActivityKind(1, "Email Tracker", "emailId", catalogue.EMAILS, 90)
# An opportunity's own id comes from the person.
_NEW_OPPORTUNITY = ActivityKind(sales.NEW, "New Opportunity", "opportunityId", (0, 0), 0)
_CLOSED = {
    "won": ActivityKind(sales.WON, "Opportunity Won", "opportunityId", (0, 0), 0),
    "lost": ActivityKind(sales.LOST, "Opportunity Lost", "opportunityId", (0, 0), 0),
}

KINDS: tuple[ActivityKind, ...] = (
    _PAGE_VIEW,
    _VISIT,
    ActivityKind(11, "Email", "emailId", catalogue.EMAILS, 240),
    _EMAIL_CLICK,
    ActivityKind(2, "Form", "formId", catalogue.FORMS, 50),
    ActivityKind(3, "Form", "formId", catalogue.FORMS, 8),
    ActivityKind(4, "Form", "formId", catalogue.FORMS, 45),
    ActivityKind(4, "Form Handler", "formHandlerId", catalogue.FORM_HANDLERS, 20),
    ActivityKind(2, "Landing Page", "landingPageId", catalogue.LANDING_PAGES, 40),
    ActivityKind(4, "Landing Page", "landingPageId", catalogue.LANDING_PAGES, 12),
    ActivityKind(1, "Landing Page Tracker", "landingPageId", catalogue.LANDING_PAGES, 10),
    ActivityKind(2, "File", "fileId", catalogue.FILES, 25),
    ActivityKind(21, "Custom Redirect", "customRedirectId", catalogue.CUSTOM_REDIRECTS, 15),
    ActivityKind(35, "Email", "emailId", catalogue.EMAILS, 4),
    ActivityKind(14, "Email", "emailId", catalogue.EMAILS, 1),
)
_WHEEL: tuple[ActivityKind, ...] = tuple(kind for kind in KINDS for _ in range(kind.weight))

_EMPTY: dict[str, Any] = dict.fromkeys(
    (
        "id",
        "type",
        "typeName",
        "details",
        "prospectId",
        "visitorId",
        "visitId",
        "visitorPageViewId",
        "campaignId",
        "customRedirectId",
        "emailId",
        "emailTemplateId",
        "listEmailId",
        "fileId",
        "formId",
        "formHandlerId",
        "landingPageId",
        "opportunityId",
        "multivariateTestVariationId",
        "paidSearchAdId",
        "siteSearchQueryId",
        "createdAt",
        "updatedAt",
    )
)


class Activities:
    """The activities of a population, person by person."""

    def __init__(self, seed: int) -> None:
        self._short = Stream(seed, "activities", 40)
        self._long = Stream(seed, "activities", _DRAWS)

    def of(
        self, number: int, row: dict[str, Any], count: int, first: int | None, last: int | None
    ) -> Iterator[dict[str, Any]]:
        """Yield the activities of one person, oldest first.

        Args:
            number: The person.
            row: Their row as Pardot shows it.
            count: How many engagement activities.
            first: Time of the oldest of them.
            last: Time of the newest.
        """
        draw = (self._short if count <= 10 else self._long).at(number)
        happened: list[tuple[int, ActivityKind, int]] = []
        choice = draw()
        left = EPOCH_SECONDS - int(row["createdAt"].timestamp())
        if choice % ONE_HUNDRED_PERCENT < rates.SENT_EMAILS:
            for _ in range(1 + choice // ONE_HUNDRED_PERCENT % MOST_EMAILS_SENT):
                when = EPOCH_SECONDS - left + draw() % left
                happened.append((when, _SENT, draw()))
        if row["emailBouncedAt"] is not None:
            happened.append((int(row["emailBouncedAt"].timestamp()), _BOUNCED, draw()))
        if first is not None and last is not None:
            happened.extend(self._engagement(draw, count, first, last, row["optedOut"]))
        deal = sales.opportunity_of(number, row["campaignId"], EPOCH_SECONDS - left)
        if deal is not None:
            begun, ended = sales.opportunity_times(EPOCH_SECONDS - left)
            happened.append((begun, _NEW_OPPORTUNITY, deal["id"]))
            if deal["status"] in _CLOSED:
                happened.append((ended, _CLOSED[deal["status"]], deal["id"]))
        happened.sort(key=lambda entry: entry[0])
        for position, (when, kind, detail) in enumerate(happened):
            yield self._record(number, row, position, when, kind, detail)

    @staticmethod
    def _engagement(
        draw: Draw, count: int, first: int, last: int, opted_out: bool
    ) -> Iterator[tuple[int, ActivityKind, int]]:
        span = last - first + 1
        for position in range(count):
            choice = draw()
            kind = _WHEEL[choice % len(_WHEEL)]
            when = first + draw() % span
            if position == 0:
                when = first
            if position == count - 1:
                when = last
                kind = _UNSUBSCRIBED if opted_out else kind
            yield when, kind, choice // len(_WHEEL)

    @staticmethod
    def _record(
        number: int, row: dict[str, Any], position: int, when: int, kind: ActivityKind, detail: int
    ) -> dict[str, Any]:
        visitor = FIRST_VISITOR + number
        identity = FIRST_ACTIVITY + number * ACTIVITIES_A_PERSON + position
        record = dict(_EMPTY)
        record["id"] = identity
        record["type"] = kind.type
        record["typeName"] = kind.type_name
        record["prospectId"] = row["id"]
        record["campaignId"] = row["campaignId"]
        record["createdAt"] = record["updatedAt"] = at(when)
        if kind.asset == "opportunityId":
            record["opportunityId"] = detail
            return record
        first, many = kind.ids
        asset = detail % many if many else 0
        record[kind.asset] = first + asset if many else identity
        if kind.asset == "emailId":
            record["listEmailId"] = catalogue.LIST_EMAILS[0] + assets.list_email_of(asset)
        else:
            record["visitorId"] = visitor
        # A click shows the address that was clicked, a page view the page's.
        if kind is _PAGE_VIEW or kind is _EMAIL_CLICK:
            record["details"] = page(detail)
        elif kind.asset in assets.LABELS:
            record["details"] = assets.LABELS[kind.asset][asset]
        return record


__all__ = [
    "ACTIVITIES_A_PERSON",
    "FIRST_ACTIVITY",
    "FIRST_VISITOR",
    "KINDS",
    "Activities",
    "ActivityKind",
]
