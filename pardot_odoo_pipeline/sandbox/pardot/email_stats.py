"""Statistics of a list e-mail, counted from what its readers did.

What lives here: `GET /objects/list-emails/{id}/stats`. What does not: the activities.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.http import Response, json_response
from pardot_odoo_pipeline.sandbox.pardot.context import Context
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.parameters import parse_fields

__all__ = ["answer_stats"]

_CLICK, _SENT, _OPEN, _UNSUBSCRIBED, _BOUNCED, _COMPLAINT, _SOFT = 1, 6, 11, 12, 13, 14, 36


def answer_stats(context: Context, list_email: int) -> Response:
    """Answer a request for one list e-mail's statistics.

    Raises:
        ApiError: 109 when there is no such list e-mail, 180 for an unknown figure.
    """
    context.store.ensure_full("visitor-activities")
    with context.store.reading() as connection:
        known = connection.execute("SELECT 1 FROM list_emails WHERE id = ?", (list_email,))
        if known.fetchone() is None:
            raise ApiError(109)
        rows = connection.execute(
            'SELECT "type", count(*), count(DISTINCT "prospectId") FROM visitor_activities '
            'WHERE "listEmailId" = ? GROUP BY "type"',
            (list_email,),
        ).fetchall()
    every = {kind: number for kind, number, _ in rows}
    people = {kind: number for kind, _, number in rows}
    sent, bounced = every.get(_SENT, 0), every.get(_BOUNCED, 0) + every.get(_SOFT, 0)
    delivered = max(sent - bounced, 0)
    figures: dict[str, float] = {
        "sent": sent,
        "delivered": delivered,
        "opens": every.get(_OPEN, 0),
        "uniqueOpens": people.get(_OPEN, 0),
        "totalClicks": every.get(_CLICK, 0),
        "uniqueClicks": people.get(_CLICK, 0),
        "hardBounced": every.get(_BOUNCED, 0),
        "softBounced": every.get(_SOFT, 0),
        "optOuts": every.get(_UNSUBSCRIBED, 0),
        "spamComplaints": every.get(_COMPLAINT, 0),
        "deliveryRate": _share(delivered, sent),
        "opensRate": _share(people.get(_OPEN, 0), delivered),
        "clickThroughRate": _share(every.get(_CLICK, 0), delivered),
        "uniqueClickThroughRate": _share(people.get(_CLICK, 0), delivered),
        "clickOpenRatio": _share(people.get(_CLICK, 0), people.get(_OPEN, 0)),
        "optOutRate": _share(every.get(_UNSUBSCRIBED, 0), delivered),
        "spamComplaintRate": _share(every.get(_COMPLAINT, 0), delivered),
    }
    # Whether this read needs `fields` is not documented: both do here.
    names = parse_fields(context.query) if "fields" in context.query else list(figures)
    unknown = [name for name in names if name not in figures]
    if unknown:
        raise ApiError(180, ", ".join(unknown))
    return json_response({name: figures[name] for name in names}, rows=1)


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
