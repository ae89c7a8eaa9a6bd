"""What people did: visitor activities.

What lives here: the bounded read of activities, and the fields of page views. What does not: what
an activity means, and the names behind its ids (``assets.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pardot_odoo_pipeline.pardot.bounded import BoundedRows
from pardot_odoo_pipeline.pardot.paging import Position, Queries

__all__ = [
    "ACTIVITY_FIELDS",
    "PAGE_VIEW_FIELDS",
    "changed_activities",
]

ACTIVITY_FIELDS = (
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
PAGE_VIEW_FIELDS = (
    "id",
    "url",
    "title",
    "visitorId",
    "visitId",
    "campaignId",
    "durationInSeconds",
    "createdAt",
)


def changed_activities(
    client: Queries,
    since: datetime | Position,
    until: datetime,
    max_rows: int,
    *,
    fields: Sequence[str] = ACTIVITY_FIELDS,
    by: str = "createdAt",
) -> BoundedRows:
    """Activities in ``[since, until)``, oldest first, at most so many.

    Anonymous visitors' are among them, with no ``prospectId``. Reads lag behind writes by up to 60
    seconds: the caller lets ``since`` overlap by that much.

    Args:
        client: Makes the calls.
        since: Where to begin.
        until: End, exclusive.
        max_rows: Stop after so many.
        fields: Fields to read; accounts in which ``details`` make queries time out leave them out.
        by: ``createdAt``, when it happened; or ``updatedAt``, which an activity also gets anew when
            its visitor becomes a prospect.
    """
    return BoundedRows(
        client,
        "visitor-activities",
        fields,
        by,
        since=since,
        until=until,
        max_rows=max_rows,
    )
