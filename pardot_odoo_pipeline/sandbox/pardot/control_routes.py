"""What the Pardot sandbox adds to its control port.

What lives here: counts, quota, tokens, and the routes of people's and visitors' acts put together.
What does not: those acts (`control_records.py`, `control_visitors.py`), the routes that every
server has (`sandbox/control.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Route
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot.actors import Actor, acting_as
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.control_records import record_routes
from pardot_odoo_pipeline.sandbox.pardot.control_visitors import visitor_routes

__all__ = ["pardot_routes"]


def pardot_routes(app: PardotApp) -> tuple[Route, ...]:
    """The routes over one app."""
    acts = _Account(app)
    return (
        *(_by_people(route) for route in (*record_routes(app), *visitor_routes(app))),
        Route("GET", "/counts", acts.counts),
        Route("GET", "/quota", acts.quota),
        Route("PUT", "/quota", acts.set_quota),
        Route("DELETE", "/tokens", lambda request: app.tokens.revoke_all()),
        Route("GET", "/credentials", lambda request: app.tokens.credentials),
        Route("PUT", "/credentials", lambda request: app.tokens.replace(request.json())),
    )


def _by_people(route: Route) -> Route:
    def handler(*arguments: Any) -> Any:
        with acting_as(Actor.PERSON):
            return route.handler(*arguments)

    return replace(route, handler=handler)


class _Account:
    """What the account tells about itself."""

    def __init__(self, app: PardotApp) -> None:
        self._app = app

    def counts(self, request: Request) -> dict[str, int]:
        """Records per collection, the recycle bin included."""
        store = self._app.store
        for item in store.catalogue.all():
            store.ensure_full(item.collection)
        return {item.collection: store.count(item) for item in store.catalogue.all()}

    def quota(self, request: Request) -> dict[str, int]:
        """The day's calls."""
        quota = self._app.quota
        return {
            "used": quota.used(self._app.clock.timestamp()),
            "maximum": quota.maximum,
            "most_in_flight": quota.most_in_flight,
        }

    def set_quota(self, request: Request) -> dict[str, int]:
        """`{"used": n}`."""
        self._app.quota.set_used(self._app.clock.timestamp(), int(request.json()["used"]))
        return self.quota(request)
