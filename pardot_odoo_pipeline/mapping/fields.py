"""The names of fields: Pardot's, and the columns of the normalised frame.

What lives here: the one table between the two spellings. What does not: where a value goes in Odoo
and how it is converted; that is the rules file (``default_rules.yaml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "DERIVED_FIELDS",
    "STANDARD_COLUMNS",
    "column_of",
    "is_custom_field",
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


def column_of(field: str) -> str:
    """The normalised column of a Pardot field; a custom field keeps its API name."""
    return STANDARD_COLUMNS.get(field) or DERIVED_FIELDS.get(field) or field


def is_custom_field(field: str) -> bool:
    """Whether it is a custom prospect field by the form of its name."""
    return field.endswith("__c") and len(field) > len("__c")


def pardot_fields(mapped: Mapping[str, object]) -> tuple[str, ...]:
    """The fields to ask Pardot for: the standard ones, and the custom ones among those mapped."""
    return (*STANDARD_COLUMNS, *(field for field in mapped if is_custom_field(field)))
