"""The names of fields: Pardot's, and the columns of the normalised frame.

What lives here: the one table between the two spellings, and what the API says of each prospect
field. What does not: where a value goes in Odoo and how it is converted; that is the rules file
(``default_rules.yaml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "DERIVED_FIELDS",
    "FLAGS",
    "OTHER_FIELDS",
    "READ_ONLY",
    "STANDARD_COLUMNS",
    "TIMES",
    "column_of",
    "is_custom_field",
    "is_prospect_field",
    "pardot_fields",
]

STANDARD_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "id": "prospect_id",
        "email": "email",
        "firstName": "first_name",
        "lastName": "last_name",
        "jobTitle": "job_title",
        "company": "company",
        "phone": "phone",
        "addressOne": "street",
        "addressTwo": "street2",
        "city": "city",
        "zip": "zip",
        "state": "state",
        "country": "country",
        "website": "website",
        "industry": "industry",
        "score": "score",
        "grade": "grade",
        "source": "source",
        "campaign.name": "campaign",
        "comments": "comments",
        "lastActivityAt": "last_activity_at",
        "isDeleted": "is_deleted",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
    }
)
"""Pardot's API name -> column of the normalised frame."""

DERIVED_FIELDS: Mapping[str, str] = MappingProxyType(
    {"full_name": "full_name", "lead_title": "lead_title"}
)
"""Columns that are made from others, and can be mapped like fields."""


OTHER_FIELDS: frozenset[str] = frozenset(
    (
        *("salutation", "department", "territory", "fax", "notes"),
        *("annualRevenue", "employees", "yearsInBusiness"),
        *("userId", "assignedToId", "assignedTo.email", "campaignId", "profileId"),
        *("prospectAccountId", "lifecycleStageId", "createdById", "updatedById"),
        *("salesforceId", "salesforceOwnerId", "salesforceAccountId", "salesforceCampaignId"),
        *("salesforceContactId", "salesforceLeadId", "salesforceUrl", "salesforceLastSync"),
        *("optedOut", "isDoNotEmail", "isDoNotCall", "doNotSell", "isReviewed", "isStarred"),
        *("isEmailHardBounced", "emailBouncedAt", "emailBouncedReason"),
        *("firstActivityAt", "firstAssignedAt", "convertedAt"),
        *("convertedFromObjectName", "convertedFromObjectType", "recentInteraction"),
        *("campaignParameter", "mediumParameter", "sourceParameter", "termParameter"),
        *("contentParameter", "firstReferrerQuery", "firstReferrerType", "firstReferrerUrl"),
    )
)
"""Standard prospect fields that are read only where the rules map them."""

READ_ONLY: frozenset[str] = frozenset(
    (
        *("id", "grade", "isDeleted", "createdAt", "updatedAt", "createdById", "updatedById"),
        *("assignedToId", "assignedTo.email", "campaign.name", "lifecycleStageId"),
        *("salesforceAccountId", "salesforceCampaignId", "salesforceContactId"),
        *("salesforceLeadId", "salesforceUrl", "salesforceLastSync"),
        *("doNotSell", "isEmailHardBounced", "emailBouncedAt", "emailBouncedReason"),
        *("firstActivityAt", "lastActivityAt", "firstAssignedAt", "convertedAt"),
        *("convertedFromObjectName", "convertedFromObjectType", "recentInteraction"),
        *("campaignParameter", "mediumParameter", "sourceParameter", "termParameter"),
        *("contentParameter", "firstReferrerQuery", "firstReferrerType", "firstReferrerUrl"),
    )
)
"""Fields that Pardot sets itself, and names of other objects' fields: they are never written."""

TIMES: frozenset[str] = frozenset(
    ("salesforceLastSync", "emailBouncedAt", "firstActivityAt", "firstAssignedAt", "convertedAt")
)
"""Among the other fields, those that are points in time."""

FLAGS: frozenset[str] = frozenset(
    (
        *("optedOut", "isDoNotEmail", "isDoNotCall", "doNotSell", "isReviewed", "isStarred"),
        "isEmailHardBounced",
    )
)
"""Among the other fields, those that are true or false."""


def column_of(field: str) -> str:
    """The normalised column of a Pardot field; one without an own name keeps its API name."""
    return STANDARD_COLUMNS.get(field) or DERIVED_FIELDS.get(field) or field


def is_custom_field(field: str) -> bool:
    """Whether it is a custom prospect field by the form of its name."""
    return field.endswith("__c") and len(field) > len("__c")


def is_prospect_field(field: str) -> bool:
    """Whether the API has a prospect field of this name, as far as names can tell."""
    return field in STANDARD_COLUMNS or field in OTHER_FIELDS or is_custom_field(field)


def pardot_fields(mapped: Mapping[str, object]) -> tuple[str, ...]:
    """The fields to ask Pardot for: the standard ones, and the others among those mapped."""
    return (
        *STANDARD_COLUMNS,
        *(field for field in mapped if is_prospect_field(field) and field not in STANDARD_COLUMNS),
    )
