"""The numbers of a person: how often, and whether more or less than before.

What lives here: from counts by day to the fields of lead and contact, pure. What does not: counting
(``ledger/store/activity_numbers.py``) and writing (``steps/activities``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from pardot_odoo_pipeline.mapping.activity_table import Counter

__all__ = ["NUMBER_FIELDS", "numbers"]

_WINDOW = timedelta(days=30)

NUMBER_FIELDS = (
    "x_pardot_email_opens",
    "x_pardot_email_clicks",
    "x_pardot_form_submissions",
    "x_pardot_page_views",
    "x_pardot_activities_30d",
    "x_pardot_trend_30d",
)
"""The fields of lead and contact that hold a person's numbers."""

_COUNTED_IN = {
    Counter.OPENS: "x_pardot_email_opens",
    Counter.CLICKS: "x_pardot_email_clicks",
    Counter.FORMS: "x_pardot_form_submissions",
    Counter.PAGES: "x_pardot_page_views",
}


def numbers(days: Iterable[tuple[str, str, int]], today: date) -> dict[str, int]:
    """A person's numbers from ``(day, counter, count)``; the day '' is long past.

    The trend compares the last 30 days, today included, with the 30 before.
    """
    found = dict.fromkeys(NUMBER_FIELDS, 0)
    recent = before = 0
    for day, counter, count in days:
        name = _COUNTED_IN.get(Counter(counter))
        if name is not None:
            found[name] += count
        age = today - date.fromisoformat(day) if day else 2 * _WINDOW
        if age < _WINDOW:
            recent += count
        elif age < 2 * _WINDOW:
            before += count
    found["x_pardot_activities_30d"] = recent
    found["x_pardot_trend_30d"] = recent - before
    return found
