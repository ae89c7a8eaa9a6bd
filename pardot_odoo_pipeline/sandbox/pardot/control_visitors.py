"""Control routes: what visitors and readers of e-mails do.

What lives here: activities, page views, visitors nobody knows, and their identification. What does
not: what these bring about (`tracking.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.control import Route
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot import tracking
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.control_records import accepted

__all__ = ["Visitors", "visitor_routes"]

# Read in a mail program or noted in the CRM: no browser, so no visitor.
_WITHOUT_BROWSER = ("emailId", "listEmailId", "emailTemplateId", "opportunityId")
_PAGE = ("url", "title")


def visitor_routes(app: PardotApp) -> tuple[Route, ...]:
    """The routes over one app."""
    acts = Visitors(app)
    return (
        Route("POST", "/activity", acts.act),
        Route("POST", "/visitors", acts.arrive),
        Route("POST", r"/visitors/(\d+)/identify", acts.identify),
    )


class Visitors:
    """What happens on the customer's web site and in mailboxes."""

    def __init__(self, app: PardotApp) -> None:
        self._app = app

    def act(self, request: Request) -> dict[str, Any]:
        """Add an activity.

        An activity's fields with `prospectId` or `visitorId`; class and details come from the
        asset. `url` and `title` make it a page view, `points` sets what it scores.
        """
        given = request.json()
        page = {name: given.pop(name) for name in _PAGE if name in given}
        points = given.pop("points", None)
        store = self._app.store
        target = store.catalogue["visitor-activities"]
        values = accepted(target, given)
        for collection in ("visitor-activities", "visitors", "visits", "visitor-page-views"):
            if page or values.get("visitorId") is not None or collection == target.collection:
                store.ensure_full(collection)
        now = int(self._app.clock.timestamp())
        with store.writing() as connection:
            if page:
                values.setdefault("type", 2)
                if values.get("visitorId") is None:
                    values["visitorId"] = self._visitor_of(
                        connection, values.get("prospectId"), now
                    )
                when = {"createdAt": values.get("createdAt", now)}
                seen = tracking.record_page_view(
                    connection, store, {**page, **when, "visitorId": values["visitorId"]}, now
                )
                values["visitorPageViewId"] = seen["visitorPageViewId"]
                values.setdefault("details", page.get("url"))
            elif values.get("prospectId") is not None and values.get("visitorId") is None:
                values["visitorId"] = self._known_browser(connection, values)
            added = tracking.record_activity(
                connection, store, self._app.switches, values, now, points
            )
        named = ("visitorId", "visitorPageViewId")
        return {"id": added, **{name: values[name] for name in named if values.get(name)}}

    def arrive(self, request: Request) -> dict[str, int]:
        """`{"prospectId": n}` or `{}`: a new visitor, whom nobody knows without a prospect."""
        store = self._app.store
        store.ensure_full("visitors")
        values = accepted(store.catalogue["visitors"], request.json() if request.body else {})
        with store.writing() as connection:
            now = int(self._app.clock.timestamp())
            return {"id": tracking.new_visitor(connection, store, values, now)}

    def identify(self, request: Request, visitor: str) -> dict[str, int]:
        """`{"prospectId": n}`: the visitor's earlier acts become the prospect's."""
        store = self._app.store
        for collection in ("visitors", "visits", "visitor-activities"):
            store.ensure_full(collection)
        prospect = int(request.json()["prospectId"])
        with store.writing() as connection:
            now = int(self._app.clock.timestamp())
            tracking.identify(connection, self._app.switches, int(visitor), prospect, now)
        return {"id": int(visitor)}

    def _visitor_of(self, connection: Any, prospect: int | None, now: int) -> int:
        """The browser of a prospect, new where none is known."""
        if prospect is None:
            raise ValueError("prospectId or visitorId is needed")
        found = self._browser(connection, prospect)
        if found is not None:
            return found
        known = {"prospectId": prospect, "isIdentified": 1}
        return tracking.new_visitor(connection, self._app.store, known, now)

    def _known_browser(self, connection: Any, values: dict[str, Any]) -> int | None:
        if any(values.get(name) is not None for name in _WITHOUT_BROWSER):
            return None
        return self._browser(connection, values["prospectId"])

    @staticmethod
    def _browser(connection: Any, prospect: int) -> int | None:
        row = connection.execute(
            'SELECT max(id) FROM visitors WHERE "prospectId" = ?', (prospect,)
        ).fetchone()
        return None if row[0] is None else int(row[0])
