"""Raw prospects for the tests of this folder."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pardot_odoo_pipeline.mapping.canonical import canonical_raw

ADA: dict[str, Any] = {
    "id": 7,
    "email": "Ada.Byron@Example.com",
    "firstName": "Ada",
    "lastName": "Byron",
    "jobTitle": "Countess",
    "company": "Analytical Engines Ltd",
    "phone": "020 7946 0018",
    "addressOne": "12 St James's Square",
    "addressTwo": None,
    "city": "London",
    "zip": "SW1Y 4JH",
    "state": None,
    "country": "United Kingdom",
    "website": "www.example.com",
    "industry": "Scientific",
    "score": 120,
    "grade": "A-",
    "source": "Webinar",
    "campaign": {"id": 3, "name": "Spring 2025"},
    "comments": "first line\nsecond line",
    "lastActivityAt": "2025-05-16T11:27:08-07:00",
    "isDeleted": False,
    "createdAt": "2024-01-02T03:04:05+00:00",
    "updatedAt": "2025-05-16T18:27:08Z",
}


def person(**changes: Any) -> dict[str, Any]:
    return {**ADA, **changes}


def frame_of(*people: dict[str, Any]) -> pd.DataFrame:
    return canonical_raw(list(people))
