"""The fields of a prospect that the mapping leaves alone: consent, origin, own fields, audit.

They are there so that a query for any documented field has something to answer with.
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.population import catalogue, rates
from pardot_odoo_pipeline.sandbox.population.identity import Identity
from pardot_odoo_pipeline.sandbox.population.sales import (
    ACCOUNTS,
    FIRST_ACCOUNT,
    FIRST_STAGE,
    STAGES,
)
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Draw
from pardot_odoo_pipeline.sandbox.population.texts import DEPARTMENTS
from pardot_odoo_pipeline.sandbox.population.timeline import Moments
from pardot_odoo_pipeline.sandbox.population.times import EPOCH_SECONDS, at

_SALUTATIONS = {"de": ("Frau", "Herr"), "fr": ("Mme", "M."), "es": ("Sra.", "Sr.")}
_BANDS = ("10", "50", "250", "1.000", "5,000", "ca. 80", None, None)
_REVENUES = ("250000", "1.2 Mio", "€ 5,000,000", "10-50M", None, None, None)
_BOUNCES = ("550 5.1.1 User unknown", "550 5.7.1 Rejected by policy", "554 5.4.4 No such domain")
_MEDIA = ("email", "cpc", "social", "referral")
_RENEWALS = tuple(f"20{year}-{month:02d}-28" for year in (26, 27) for month in range(1, 13))


def extra_fields(identity: Identity, moments: Moments, draw: Draw) -> dict[str, Any]:
    """Return the remaining fields of a row."""
    consent = draw()
    left = EPOCH_SECONDS - moments.created
    bounced_at = reason = None
    if draw() % ONE_HUNDRED_PERCENT < rates.HARD_BOUNCED:
        choice = draw()
        bounced_at = at(moments.created + choice % left)
        reason = _BOUNCES[choice % len(_BOUNCES)]
    assigned = draw()
    user = catalogue.SALES_USERS[assigned // 4 % len(catalogue.SALES_USERS)]
    user_id = user if assigned % 4 == 0 else None
    origin = draw()
    medium = _MEDIA[origin // 8 % len(_MEDIA)] if origin % 8 == 0 else None
    misc = draw()
    salutations = _SALUTATIONS.get(identity.language, ("Ms.", "Mr."))
    return {
        "salutation": salutations[not identity.woman] if misc % 3 else None,
        "department": DEPARTMENTS[misc // 3 % len(DEPARTMENTS)],
        "territory": None,
        "fax": None,
        "annualRevenue": _REVENUES[misc // 24 % len(_REVENUES)],
        "employees": _BANDS[misc // 168 % len(_BANDS)],
        "yearsInBusiness": str(misc // 1344 % 80) if misc % 5 == 0 else None,
        "notes": None,
        "profileId": 1,
        "prospectAccountId": FIRST_ACCOUNT + misc // 11 % ACCOUNTS if misc % 4 == 1 else None,
        "userId": user_id,
        "assignedToId": user_id,
        "firstAssignedAt": at(moments.created) if user_id else None,
        "salesforceOwnerId": catalogue.salesforce_id_of(user_id) if user_id else None,
        "salesforceId": None,
        "salesforceAccountId": None,
        "salesforceCampaignId": None,
        "salesforceContactId": None,
        "salesforceLeadId": None,
        "salesforceUrl": None,
        "salesforceLastSync": None,
        "optedOut": opted_out(consent),
        "isDoNotEmail": consent // 10_000 % ONE_HUNDRED_PERCENT < rates.DO_NOT_EMAIL,
        "isDoNotCall": consent // 17 % ONE_HUNDRED_PERCENT < rates.DO_NOT_CALL,
        "doNotSell": consent // 257 % ONE_HUNDRED_PERCENT < rates.DO_NOT_SELL,
        "isReviewed": misc % 2 == 0,
        "isStarred": misc % 50 == 0,
        "isEmailHardBounced": bounced_at is not None,
        "emailBouncedAt": bounced_at,
        "emailBouncedReason": reason,
        "convertedAt": at(moments.created) if moments.activities else None,
        "convertedFromObjectName": None,
        "convertedFromObjectType": None,
        "recentInteraction": None,
        "campaignParameter": "spring" if medium else None,
        "mediumParameter": medium,
        "sourceParameter": "newsletter" if medium else None,
        "termParameter": None,
        "contentParameter": None,
        "firstReferrerQuery": None,
        "firstReferrerType": None,
        "firstReferrerUrl": None,
        "lifecycleStageId": FIRST_STAGE + misc // 97 % len(STAGES) if misc % 3 == 2 else None,
        "createdById": catalogue.FIRST_USER,
        "updatedById": catalogue.FIRST_USER + misc % 3,
        **_own_fields(draw),
    }


def opted_out(consent: int) -> bool:
    """Read the global opt-out off the consent draw."""
    return consent % ONE_HUNDRED_PERCENT < rates.OPTED_OUT


_NO_OWN_FIELDS: dict[str, Any] = {f"{f['fieldId']}__c": None for f in catalogue.custom_fields()}


def _own_fields(draw: Draw) -> dict[str, Any]:
    fields = dict(_NO_OWN_FIELDS)
    for name in fields:
        choice = draw()
        if choice % ONE_HUNDRED_PERCENT < rates.CUSTOM_FIELD_SET:
            fields[name] = _own_value(name, choice // ONE_HUNDRED_PERCENT)
    return fields


def _own_value(name: str, choice: int) -> Any:
    match name:
        case "productInterest__c":
            if choice % ONE_HUNDRED_PERCENT < rates.CUSTOM_PICKLIST_UNKNOWN:
                return "Hot air (old value)"
            return catalogue.PRODUCTS[choice % len(catalogue.PRODUCTS)]
        case "budgetAmount__c":
            return choice % 900 * 250
        case "renewalDate__c":
            return _RENEWALS[choice % len(_RENEWALS)]
        case "referralCode__c":
            return f"R-{choice % 9000 + 1000}"
        case "projectNotes__c":
            return f"Phase {choice % 4 + 1}\nnext step: offer"
        case "companySizeBand__c":
            return catalogue.SIZE_BANDS[choice % len(catalogue.SIZE_BANDS)]
        case "contactChannels__c":
            return _some(catalogue.CHANNELS, choice)
        case "newsletterTopics__c":
            return _some(catalogue.TOPICS, choice)
        case "accountManager__c":
            user = catalogue.SALES_USERS[choice % len(catalogue.SALES_USERS)]
            return catalogue.salesforce_id_of(user)
        case "eventAnswers__c":
            return _some(catalogue.ANSWERS, choice)
        case _:
            return f"OLD-{choice % 100_000:05d}"


def _some(values: tuple[str, ...], choice: int) -> list[str]:
    mask = choice % (2 ** len(values) - 1) + 1
    return [value for bit, value in enumerate(values) if mask >> bit & 1]


__all__ = ["extra_fields", "opted_out"]
