"""The account around the people: campaigns, users, lists, custom fields and marketing assets.

Small literal tables in the API's own field names; the same for every seed and size.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pardot_odoo_pipeline.sandbox.population.times import BEGINNING

FIRST_CAMPAIGN = 1_501
FIRST_USER = 2_101
FIRST_LIST = 4_201
FIRST_CUSTOM_FIELD = 6_301

_CAMPAIGNS = (
    "Website Tracking",
    "Spring Webinar Series",
    "Frühjahrskampagne 2025",
    "Salon de Lyon 2024",
    "Trade Fair Follow-up",
    "Partner Referrals",
    "Winter Newsletter",
    "Catálogo 2026",
    "春のキャンペーン",
    "Customer Reactivation",
    "White Paper: Spare Parts",
    "Списки партнёров",
)
_USERS = (
    ("Ada", "Thornwick", "Administrator"),
    ("Bruno", "Quillon", "Marketing"),
    ("Carla", "Sandbeck", "Marketing"),
    ("Dorte", "Larchmere", "Sales Manager"),
    ("Edwin", "Dunholm", "Sales"),
    ("Fadila", "Kestrelby", "Sales"),
    ("Goran", "Mossbridge", "Sales"),
    ("Hana", "Fallow", "Sales"),
    ("Integration", "User", "Administrator"),
)
# name, title, isDynamic, isPublic, isDeleted
_LISTS = (
    ("Newsletter", "Monthly newsletter", False, True, False),
    ("Product news", "Product news", False, True, False),
    ("Event invitations", "Invitations", False, True, False),
    ("Customers", None, True, False, False),
    ("Hot leads", None, True, False, False),
    ("Trade fair 2024", None, False, False, False),
    ("Trade fair 2025", None, False, False, False),
    ("Suppression: competitors", None, False, False, False),
    ("Nurture: getting started", None, False, False, False),
    ("Import of the old CRM", None, False, False, False),
    ("Wartungskunden DACH", None, True, False, False),
    ("Old test list", None, False, False, True),
)
IMPORT_LIST = FIRST_LIST + 9  # every list import puts its people here

# fieldId, name, type
_CUSTOM_FIELDS = (
    ("productInterest", "Product interest", "dropdown"),
    ("budgetAmount", "Budget", "number"),
    ("renewalDate", "Renewal date", "date"),
    ("referralCode", "Referral code", "text"),
    ("projectNotes", "Project notes", "textarea"),
    ("companySizeBand", "Company size", "radio button"),
    ("contactChannels", "Contact channels", "checkbox"),
    ("newsletterTopics", "Newsletter topics", "multi-select"),
    ("oldCrmKey", "Key in the old CRM", "hidden"),
    ("accountManager", "Account manager", "crm user"),
    ("eventAnswers", "Answers at events", "text"),
)
_SEVERAL_RESPONSES = "eventAnswers"

PRODUCTS = ("Valves", "Pumps", "Spare parts", "Training", "Ersatzteile")
SIZE_BANDS = ("1-9", "10-49", "50-249", "250+")
CHANNELS = ("E-mail", "Telephone", "Post")
ANSWERS = ("Yes", "Not yet", "Ask again in autumn")
TOPICS = ("News", "Events", "Tips & tricks", "Jobs", "Prices")

# Marketing assets that activities point at: (first id, how many).
EMAILS = (70_001, 60)
LIST_EMAILS = (72_001, 40)
FORMS = (74_001, 8)
FORM_HANDLERS = (75_001, 4)
LANDING_PAGES = (76_001, 10)
FILES = (77_001, 12)
CUSTOM_REDIRECTS = (78_001, 9)

SITE = "https://www.acme-works.example"
# path, title
PAGES = (
    ("/", "Acme Works"),
    ("/products/valves", "Valves"),
    ("/products/pumps", "Pumps"),
    ("/products/spare-parts", "Spare parts"),
    ("/prices", "Prices"),
    ("/contact", "Contact"),
    ("/training", "Training"),
    ("/de/ersatzteile", "Ersatzteile für Pumpen"),
    ("/jobs", "Jobs"),
    ("/references/water-works", "Water works of Wörgl"),
)


def campaigns() -> list[dict[str, Any]]:
    """Return the campaigns; the first one is the account's oldest."""
    return [
        stamped(
            {
                "id": FIRST_CAMPAIGN + number,
                "name": name,
                "cost": 250.5 * number,
                "parentCampaignId": None,
                "folderId": None,
                "salesforceId": None,
                "isDeleted": False,
            },
            number,
        )
        for number, name in enumerate(_CAMPAIGNS)
    ]


def users() -> list[dict[str, Any]]:
    """Return the account's users; the last one is an API user."""
    return [
        stamped(
            {
                "id": FIRST_USER + number,
                "email": f"{first}.{last}@example.com".lower(),
                "username": f"{first}.{last}@example.com".lower(),
                "firstName": first,
                "lastName": last,
                "jobTitle": role,
                "role": role,
                "roleName": role,
                "salesforceId": salesforce_id_of(FIRST_USER + number),
                "isDeleted": number == 7,
                "tagReplacementLanguage": "HML",
            },
            number,
        )
        for number, (first, last, role) in enumerate(_USERS)
    ]


def salesforce_id_of(user: int) -> str:
    """Return the Salesforce id of a user."""
    return f"005Zz{user - FIRST_USER:013d}"


def lists() -> list[dict[str, Any]]:
    """Return the lists, one of them in the recycle bin."""
    return [
        stamped(
            {
                "id": FIRST_LIST + number,
                "name": name,
                "title": title,
                "description": None,
                "isPublic": public,
                "isDynamic": dynamic,
                "isDeleted": deleted,
                "folderId": None,
                "campaignId": FIRST_CAMPAIGN,
            },
            number,
        )
        for number, (name, title, dynamic, public, deleted) in enumerate(_LISTS)
    ]


def custom_fields() -> list[dict[str, Any]]:
    """Return the definitions of the prospects' own fields."""
    return [
        stamped(
            {
                "id": FIRST_CUSTOM_FIELD + number,
                "name": name,
                "fieldId": field,
                "type": kind,
                "salesforceId": None,
                "isRequired": False,
                "isRecordMultipleResponses": field == _SEVERAL_RESPONSES,
                "isUseValues": kind in {"dropdown", "radio button", "checkbox", "multi-select"},
                "isAnalyticsSynced": False,
            },
            number,
        )
        for number, (field, name, kind) in enumerate(_CUSTOM_FIELDS)
    ]


def stamped(record: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a record with its audit fields; each is a day younger than the one before."""
    created = BEGINNING - timedelta(days=40 - number, minutes=7 * number)
    return {
        **record,
        "createdAt": created,
        "updatedAt": created + timedelta(days=number, hours=3),
        "createdById": FIRST_USER,
        "updatedById": FIRST_USER + number % 3,
    }


CAMPAIGN_NAMES: dict[int, str] = {FIRST_CAMPAIGN + n: name for n, name in enumerate(_CAMPAIGNS)}
LIST_IDS: tuple[int, ...] = tuple(
    FIRST_LIST + number for number, row in enumerate(_LISTS) if not row[4]
)
SALES_USERS: tuple[int, ...] = tuple(
    FIRST_USER + number for number, (_, _, role) in enumerate(_USERS) if role == "Sales"
)

__all__ = [
    "ANSWERS",
    "CAMPAIGN_NAMES",
    "CHANNELS",
    "CUSTOM_REDIRECTS",
    "EMAILS",
    "FILES",
    "FIRST_CAMPAIGN",
    "FIRST_USER",
    "FORMS",
    "FORM_HANDLERS",
    "IMPORT_LIST",
    "LANDING_PAGES",
    "LIST_EMAILS",
    "LIST_IDS",
    "PAGES",
    "PRODUCTS",
    "SALES_USERS",
    "SITE",
    "SIZE_BANDS",
    "TOPICS",
    "campaigns",
    "custom_fields",
    "lists",
    "salesforce_id_of",
    "stamped",
    "users",
]
