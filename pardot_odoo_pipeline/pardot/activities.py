"""What people did: visitor activities, and what visitors looked at before they had a name.

What lives here: the bounded read of activities, a prospect's visits and earlier page views. What
does not: what an activity means, and the names behind its ids (``assets.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pardot_odoo_pipeline.pardot.bounded import BoundedRows
from pardot_odoo_pipeline.pardot.paging import Position, Queries, Row, iter_pages
from pardot_odoo_pipeline.pardot.stretches import row_time

__all__ = [
    "ACTIVITY_FIELDS",
    "PAGE_VIEW_FIELDS",
    "changed_activities",
    "earlier_page_views",
    "visits_of",
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
_VISIT_FIELDS = (
    "id",
    "visitorId",
    "prospectId",
    "visitorPageViewCount",
    "firstVisitorPageViewAt",
    "lastVisitorPageViewAt",
    "durationInSeconds",
    "campaignParameter",
    "mediumParameter",
    "sourceParameter",
    "termParameter",
    "contentParameter",
    "createdAt",
    "updatedAt",
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


def visits_of(client: Queries, prospect_id: int) -> Iterator[list[Row]]:
    """The visits of a prospect to the tracked pages, oldest first."""
    return iter_pages(client, "visits", _VISIT_FIELDS, filters={"prospectId": prospect_id})


def earlier_page_views(
    client: Queries, prospect_id: int, *, before: datetime | None = None
) -> list[Row]:
    """What a prospect's visitors looked at, oldest first: also before they had a name.

    An account keeps anonymous page views by visitor; once a visitor fills in a form they are the
    prospect's. One call for the visitors and one for each of them.

    Args:
        client: Makes the calls.
        prospect_id: Whose.
        before: Only what happened earlier, such as before the prospect's first activity.
    """
    filters: dict[str, int | datetime] = {} if before is None else {"createdAtBefore": before}
    visitors = iter_pages(client, "visitors", ("id",), filters={"prospectId": prospect_id})
    views: list[Row] = []
    for page in visitors:
        for visitor in page:
            pages = iter_pages(
                client,
                "visitor-page-views",
                PAGE_VIEW_FIELDS,
                filters={**filters, "visitorId": int(visitor["id"])},
            )
            views += [row for rows in pages for row in rows]
    return sorted(views, key=lambda row: (row_time(row, "createdAt"), int(row["id"])))
