"""Tags, life cycles, opportunities and prospect accounts: what stands beside the people.

Stages, accounts and tags are literal tables; histories, opportunities and tagged people follow
from the people's numbers and rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pardot_odoo_pipeline.sandbox.population import catalogue
from pardot_odoo_pipeline.sandbox.population.catalogue import stamped
from pardot_odoo_pipeline.sandbox.population.times import BEGINNING, EPOCH_SECONDS, at

FIRST_STAGE = 66_001
FIRST_ACCOUNT = 67_001
FIRST_TAG = 68_001
FIRST_OPPORTUNITY = 80_000_001
FIRST_TAGGED = 81_000_001
FIRST_HISTORY = 110_000_000
ACCOUNTS = 40
OPPORTUNITY_SHARE = 30  # one opportunity for so many people
TAGGED_SHARE = 20  # one tagged person of so many

STAGES = ("Prospect", "Marketing qualified", "Sales accepted", "Sales qualified", "Won")
_TAGS = ("VIP", "Partner", "Press", "Messe 2025", "Do not call before noon", "Возвращённый")
_NOT_KNOWN = (
    "annualRevenue",
    "description",
    "fax",
    "number",
    "ownership",
    "phone",
    "rating",
    "sic",
    "site",
    "tickerSymbol",
)
_DAY = 86_400
NEW, WON, LOST = 8, 9, 10


def lifecycle_stages() -> list[dict[str, Any]]:
    """Return the stages in order."""
    return [
        {
            "id": FIRST_STAGE + number,
            "position": number + 1,
            "name": name,
            "matchType": "match all",
            "isLocked": False,
            "isDeleted": False,
            "createdAt": BEGINNING - timedelta(days=30),
            "updatedAt": BEGINNING - timedelta(days=30 - number),
        }
        for number, name in enumerate(STAGES)
    ]


def histories_of(number: int, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield how one person came to the present stage."""
    if row["lifecycleStageId"] is None:
        return
    reached = row["lifecycleStageId"] - FIRST_STAGE
    created = int(row["createdAt"].timestamp())
    step = max((EPOCH_SECONDS - created) // (len(STAGES) + 1), 1)
    for stage in range(reached + 1):
        yield {
            "id": FIRST_HISTORY + number * len(STAGES) + stage,
            "prospectId": row["id"],
            "previousStageId": FIRST_STAGE + stage - 1 if stage else None,
            "nextStageId": FIRST_STAGE + stage,
            "secondsElapsed": step if stage else 0,
            "createdAt": at(created + stage * step),
        }


def prospect_accounts() -> list[dict[str, Any]]:
    """Return the accounts that some people belong to."""
    sides = {
        f"{side}{part}": None
        for side in ("billing", "shipping")
        for part in ("AddressOne", "AddressTwo", "City", "Country", "State", "Zip")
    }
    blank = dict.fromkeys(_NOT_KNOWN)
    return [
        stamped(
            {
                "id": FIRST_ACCOUNT + number,
                "name": f"Sample Holding {number + 1}",
                "salesforceId": f"001Zz{number:013d}",
                "employees": str(20 * number),
                "industry": "Machinery" if number % 2 else "Water supply",
                "type": "Customer",
                "website": f"https://holding-{number + 1}.example",
                "assignedToId": catalogue.SALES_USERS[number % len(catalogue.SALES_USERS)],
                "isDeleted": False,
                **blank,
                **sides,
            },
            number,
        )
        for number in range(ACCOUNTS)
    ]


def opportunity_of(number: int, campaign: int, created: int) -> dict[str, Any] | None:
    """Return the opportunity of one person, if the person has one."""
    if number % OPPORTUNITY_SHARE:
        return None
    turn = number // OPPORTUNITY_SHARE
    status = ("open", "won", "lost")[turn % 3]
    begun, ended = opportunity_times(created)
    return {
        "id": FIRST_OPPORTUNITY + turn,
        "name": f"Offer {2000 + turn}",
        "value": 1250.5 * (turn % 40 + 1),
        "probability": {"open": 10 * (turn % 9 + 1), "won": 100, "lost": 0}[status],
        "stage": {"open": "Proposal", "won": "Closed Won", "lost": "Closed Lost"}[status],
        "status": status,
        "type": None,
        "salesforceId": f"006Zz{turn:013d}",
        "campaignId": campaign,
        "closedAt": None if status == "open" else at(ended),
        "createdAt": at(begun),
        "updatedAt": at(begun if status == "open" else ended),
        "createdById": catalogue.FIRST_USER,
        "updatedById": catalogue.FIRST_USER,
    }


def opportunity_times(created: int) -> tuple[int, int]:
    """Return when an opportunity of somebody created then began and ended."""
    left = EPOCH_SECONDS - created
    begun = created + left // 3
    return begun, begun + min(left // 3, 90 * _DAY)


def tags(size: int) -> list[dict[str, Any]]:
    """Return the tags of an account with so many people."""
    taggings = range(-(-size // TAGGED_SHARE))
    return [
        stamped(
            {
                "id": FIRST_TAG + number,
                "name": name,
                "objectCount": sum(turn % len(_TAGS) == number for turn in taggings),
            },
            number,
        )
        for number, name in enumerate(_TAGS)
    ]


def tagging_of(number: int, prospect_id: int, email: str | None, created: Any) -> dict[str, Any]:
    """Return the tagging of person `number`, who must be a multiple of `TAGGED_SHARE`."""
    turn = number // TAGGED_SHARE
    return {
        "id": FIRST_TAGGED + turn,
        "tagId": FIRST_TAG + turn % len(_TAGS),
        "objectType": "Prospect",
        "objectName": email,
        "objectId": prospect_id,
        "createdAt": created,
        "createdById": catalogue.FIRST_USER,
    }


__all__ = [
    "ACCOUNTS",
    "FIRST_ACCOUNT",
    "FIRST_STAGE",
    "LOST",
    "NEW",
    "OPPORTUNITY_SHARE",
    "STAGES",
    "TAGGED_SHARE",
    "WON",
    "histories_of",
    "lifecycle_stages",
    "opportunity_of",
    "opportunity_times",
    "prospect_accounts",
    "tagging_of",
    "tags",
]
